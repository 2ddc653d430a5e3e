"""Sends letters again: each record and the mark that says so commit in one transaction, so that twice is once."""

import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from driftline.dlq.letters import MARK, Box, Id, letters, settle
from driftline.dlq.originals import Lost
from driftline.dlq.plan import Record, headers_of, partition_for
from stream.faults import Abort, Indefinite, Stopped
from stream.kafka.clients import client_config
from stream.kafka.producer import TransactionalProducer
from stream.records import Writes

CALL_SECONDS, TRANSACTION_SECONDS = 20.0, 45.0
"""All calls of a transaction together stay below its time-out, 60 s: later the broker would call us fenced."""
MOST_RECORDS, MOST_BYTES, LARGE = 500, 8_000_000, 500_000
TOO_LARGE = "size too large"


@dataclass
class Sent:
    """What became of it: how many were sent, which could not be, whether it was asked to stop before the end."""

    count: int = 0
    lost: list[Lost] = field(default_factory=list)
    is_stopped: bool = False


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """True once Ctrl-C was pressed; the second one ends the process as usual."""
    came: list[int] = []

    def hear(number: int, _frame: object) -> None:
        came.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGINT, before)


class Sender:
    """The one redrive of a topic at a time: a second one takes its place, then sees all that it marked."""

    def __init__(self, box: Box, partitions: int) -> None:
        self._box, self._partitions = box, partitions
        self._redriven: dict[Id, int | None] = {}
        self._producer = self._claimed()

    def _claimed(self) -> TransactionalProducer:
        config = client_config(self._box.brokers) | {
            "transactional.id": f"{self._box.topic}.redrive",
            "transaction.timeout.ms": 60_000,
            "message.timeout.ms": 30_000,
            "message.max.bytes": 1_000_000_000,  # what the topic took once it may take again
            "compression.type": "zstd",
            "partitioner": "murmur2_random",
            "retry.backoff.ms": 5,
        }
        producer = TransactionalProducer(config)
        try:
            producer.init(*self._deadline())
        except (Abort, Indefinite) as error:
            raise Stopped(f"no transaction can be begun: {error}", fix="look at the broker's log") from error
        return producer

    @staticmethod
    def _deadline() -> tuple[float, Callable[[], float]]:
        return time.monotonic() + CALL_SECONDS, time.monotonic

    def send(
        self, found: Iterable[Record | Lost], asked: Callable[[], bool], tell: Callable[[int], None] = lambda _n: None
    ) -> Sent:
        """Send what was found, some hundred records a transaction; `tell` hears how many are done.

        Raises Stopped when Kafka does not take them; what was committed before stays sent, and is marked so.
        """
        sent = Sent()
        chunk: list[Record] = []
        for one in found:
            if isinstance(one, Lost):
                sent.lost.append(one)
                continue
            if chunk and not _fits(chunk, one):
                self._commit(chunk, sent, asked)
                tell(sent.count)
                chunk = []
            if sent.is_stopped or asked():
                break
            chunk.append(one)
        self._commit(chunk, sent, asked)
        tell(sent.count)
        return sent

    def close(self) -> None:
        """Let go of the client."""
        self._producer.drop()

    def _commit(self, chunk: Sequence[Record], sent: Sent, asked: Callable[[], bool]) -> None:
        """One transaction for the chunk; where Kafka refuses it, one for each record."""
        chunk = [one for one in chunk if self._is_untouched(one)]
        if not chunk:
            sent.is_stopped |= asked()
            return
        try:
            sent.is_stopped = not self._transact(chunk, asked)
            sent.count += 0 if sent.is_stopped else len(chunk)
        except Abort as refused:
            self._claim_again()
            if len(chunk) == 1:
                if TOO_LARGE not in str(refused).lower():
                    raise Stopped(f"Kafka takes no more: {refused}", fix=AGAIN.format(count=sent.count)) from refused
                sent.lost.append(Lost(letter=chunk[0].letter, why=f"{self._box.source} does not take it: {refused}"))
                return
            for one in chunk:
                if not sent.is_stopped:
                    self._commit([one], sent, asked)
        except Stopped as stopped:
            if "fenced" not in stopped.what:
                raise
            what = f"another redrive of {self._box.topic} was started, which goes on in this one's place"
            raise Stopped(what, fix=AGAIN.format(count=sent.count)) from stopped
        except Indefinite as unknown:
            what = f"nobody knows whether the last {len(chunk)} were sent: {unknown}"
            raise Stopped(what, fix=AGAIN.format(count=sent.count)) from unknown

    def _claim_again(self) -> None:
        """Begin anew with a fresh producer; between the two claims another redrive may have been at work."""
        self._producer.drop()
        self._producer = self._claimed()
        settle(self._box)
        self._redriven = {one.id: one.redriven_millis for one in letters(self._box)}

    def _is_untouched(self, one: Record) -> bool:
        """Whether nobody sent the record meanwhile."""
        before = one.letter.redriven_millis
        return self._redriven.get(one.letter.id, before) == before

    def _transact(self, chunk: Sequence[Record], asked: Callable[[], bool]) -> bool:
        """Whether it was committed; not when we were asked to stop meanwhile. Raises Abort, Indefinite, Stopped."""
        producer, box = self._producer, self._box
        deadline, clock = time.monotonic() + TRANSACTION_SECONDS, time.monotonic
        producer.begin(deadline, clock)
        # Apart: why a record is refused the client tells at the commit, and only when nothing else was under way.
        for writes in (_marks(chunk, box.topic), self._records(chunk)):
            producer.write(writes, deadline, clock)
            producer.flush(deadline, clock)
        if asked():
            producer.abort(deadline, clock)
            return False
        producer.commit(deadline, clock)
        return True

    def _records(self, chunk: Sequence[Record]) -> Writes:
        return Writes(
            topic=self._box.source,
            values=[one.value for one in chunk],
            keys=[one.key for one in chunk],
            partitions=[partition_for(one, self._partitions) for one in chunk],
            headers=[headers_of(one) for one in chunk],
        )


def _fits(chunk: Sequence[Record], one: Record) -> bool:
    """Whether one more goes into the transaction; a large one, which the topic may refuse, goes alone."""
    sizes = [len(record.value or b"") + len(record.key or b"") for record in (*chunk, one)]
    return len(chunk) < MOST_RECORDS and sum(sizes) < MOST_BYTES and sizes[0] < LARGE and sizes[-1] < LARGE


AGAIN = "{count:,} were sent before, and are marked as sent: run the same command again for the rest"


def _marks(chunk: Sequence[Record], topic: str) -> Writes:
    """A record without a value beside each letter."""
    return Writes(
        topic=topic,
        values=[None] * len(chunk),
        keys=[one.key for one in chunk],
        partitions=[one.letter.partition for one in chunk],
        headers=[[(MARK, f"{one.letter.partition}/{one.letter.offset}".encode())] for one in chunk],
    )
