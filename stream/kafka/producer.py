"""The door to Kafka for writing in transactions."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import repeat
from operator import length_hint
from typing import Any, NoReturn

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from stream.faults import Abort, Indefinite, Raised, Stopped, verdict
from stream.kafka.clients import Config, made
from stream.kafka.overdue import within
from stream.records import Place, Start, Writes

GRACE_SECONDS, AGAIN_SECONDS = 1.0, 0.1


def raised(error: Any) -> Raised:
    """What a KafkaError says, in our words."""
    return Raised(error.code(), error.str(), error.fatal(), error.txn_requires_abort(), error.retriable())


class TransactionalProducer:
    """A producer whose every call has a deadline, its errors sorted by what to do about them."""

    def __init__(self, config: Config, *, shared: bool = True) -> None:
        self._producer = made(Producer, {**config, "error_cb": lambda _error: None})
        self._shared = shared

    def _call(self, call: Callable[[float], Any], deadline: float, clock: Callable[[], float]) -> Any:
        while True:
            try:
                return call(max(0.1, deadline - clock()))
            except KafkaException as error:
                found = raised(error.args[0])
                if self._judged(found, error) == "restart" or clock() >= deadline:
                    raise Indefinite(found.text) from error
                self.serve(0.05)
            except Indefinite:
                raise
            except Exception as error:
                # What a callback raises takes the place of the call's own result: a commit may well have succeeded.
                raise Indefinite(f"a callback hid the result: {type(error).__name__}: {error}") from error

    def _judged(self, found: Raised, error: BaseException) -> str:
        """Whether to call again or make a new producer. Raises Abort, Stopped where that is the answer."""
        what = verdict(found, shared=self._shared)
        if what == "stop":
            raise Stopped(
                f"fenced: another process uses this transactional.id ({found.text})",
                cause="two live processes share one slot, or this one slept longer than a transaction may last",
                fix="give each process its own slot, or none, then start it again",
            ) from error
        if what == "abort":
            raise Abort(found.text) from error
        return what

    def begin(self, deadline: float, clock: Callable[[], float]) -> None:
        """Open a transaction on this side; the broker hears of it with the first record."""
        self._call(lambda _left: self._producer.begin_transaction(), deadline, clock)

    def init(self, deadline: float, clock: Callable[[], float]) -> None:
        """Claim the transactional.id: an older owner is fenced, its open transaction aborted."""
        self._call(self._producer.init_transactions, deadline, clock)

    def write(self, writes: Writes, deadline: float, clock: Callable[[], float]) -> None:
        """Queue records in order; a full queue waits. Raises Abort, Indefinite, Stopped."""
        done = 0
        while done < len(writes.values):
            done = self._queue(writes, done)
            if done < len(writes.values):
                self._wait_for_room(deadline, clock)

    def _queue(self, writes: Writes, first: int) -> int:
        """Queue records from `first` on; returns the first that the full queue does not take, their number when none.

        No bytecode of ours runs between two records.
        """
        # A tuple's iterator tells how many are left, which not every sequence's does.
        values = iter(tuple(writes.values[first:]))
        rows: list[Iterable[Any]] = [repeat(writes.topic), values, writes.keys[first:], writes.partitions[first:]]
        if writes.headers is not None:
            rows += [repeat(None), repeat(None), repeat(0), writes.headers[first:]]
        try:
            deque(map(self._producer.produce, *rows), maxlen=0)
        except BufferError:
            return len(writes.values) - length_hint(values) - 1
        except KafkaException as error:
            # confluent-kafka 2.16 leaks the exceptions of produce(): without this, each keeps our frames,
            # and with them the producer, its threads, its connections.
            error.__traceback__ = None
            self._refuse(raised(error.args[0]), writes.topic, error)
        return len(writes.values)

    def _wait_for_room(self, deadline: float, clock: Callable[[], float]) -> None:
        if clock() >= deadline:
            raise Abort("the broker took no records: the producer's queue stayed full")
        self.serve(0.05)

    def _refuse(self, found: Raised, topic: str, error: BaseException) -> NoReturn:
        """A record was not even queued: say why in the same words as every other call."""
        if found.code in (KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION):
            raise Abort(f"{topic}: {found.text}") from error
        if found.code == KafkaError.MSG_SIZE_TOO_LARGE:
            raise Stopped(
                f"{topic}: a record is larger than the producer allows: {found.text}",
                cause="an event near the size limit, with a long key",
                fix="report it; the events are still where they were",
            ) from error
        if found.code in (KafkaError._FATAL, KafkaError._STATE):
            # The client only says that it is dead; asked to abort, it says of what.
            try:
                self._producer.abort_transaction(1)
            except KafkaException as reason:
                found = raised(reason.args[0])
        self._judged(found, error)
        raise Indefinite(found.text) from error

    def flush(self, deadline: float, clock: Callable[[], float]) -> None:
        """Wait until the broker has every record. Raises Abort when it has not in time, Indefinite, Stopped."""
        left = self._call(self._producer.flush, deadline, clock)
        if left:
            raise Abort(f"{left} records were not taken by the broker in time")

    def offsets(self, ends: Mapping[Place, Start], group: Any, deadline: float, clock: Callable[[], float]) -> None:
        """Add the input positions, each with its metadata, to the transaction.

        librdkafka 2.16 never looks at this call's own time-out while the group's coordinator is away, and may not
        notice when it is back (its issue 5456): we give the call up, and with it the producer.
        """
        wanted = [TopicPartition(p.topic, p.partition, s.offset, s.metadata) for p, s in ends.items()]
        add = self._producer.send_offsets_to_transaction

        def bounded(left: float) -> None:
            try:
                within(left + GRACE_SECONDS, lambda: add(wanted, group, left))
            except TimeoutError:
                raise Indefinite("the group's coordinator did not take the offsets in time") from None

        self._call(bounded, deadline, clock)

    def commit(self, deadline: float, clock: Callable[[], float]) -> None:
        """Commit. Raises Indefinite when the answer was lost."""
        self._call(self._producer.commit_transaction, deadline, clock)

    def abort(self, deadline: float, clock: Callable[[], float]) -> None:
        """Abort the open transaction."""
        self._call(self._producer.abort_transaction, deadline, clock)

    def serve(self, seconds: float = 0) -> None:
        """Let the client's callbacks run. Raises what became of a producer that was fenced meanwhile."""
        try:
            self._producer.poll(seconds)
        except KafkaException as error:
            found = raised(error.args[0])
            self._judged(found, error)
            raise Indefinite(found.text) from error

    def drop(self) -> None:
        """Forget what is queued, commit nothing, let go of the client."""
        if self._producer is not None:
            with suppress(KafkaException):
                self._producer.purge()
        self._producer = None


def claimed(
    make: Callable[[], TransactionalProducer], brokers: str, deadline: float, clock: Callable[[], float]
) -> TransactionalProducer:
    """A producer with its transactional.id claimed, when the process starts; who does not answer in time stops it.

    A coordinator that has just moved refuses the first who ask, which ends their producer: another one asks again.
    """
    while True:
        producer = make()
        try:
            producer.init(deadline, clock)
        except (Abort, Indefinite) as error:
            producer.drop()
            if clock() >= deadline:
                raise Stopped(
                    f"no transaction coordinator answers at {brokers}: {error}",
                    cause="the brokers are starting, are down, or refuse this transactional.id",
                    fix="bring them up or allow it, then start again",
                ) from error
            time.sleep(AGAIN_SECONDS)
        else:
            return producer
