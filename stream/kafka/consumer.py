"""The door to Kafka for reading as a member of a group."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from stream.faults import Abort, Disturbed, Stopped
from stream.kafka.broken import is_broken
from stream.kafka.clients import Config, made
from stream.kafka.overdue import within
from stream.kafka.standing import Standing
from stream.kafka.verdicts import FATAL_CAUSE, FATAL_FIX, is_end, is_fenced, stopping
from stream.records import Place, Start


class GroupConsumer(Standing):
    """A consumer in a group that reads committed records only; its callbacks set flags, do nothing else.

    After an assignment nothing is read until `rewind` says from where: `pending` holds its places meanwhile.
    A callback that fails is told by the next `read`: raised, it would take the place of whatever call ran it.
    """

    def __init__(self, config: Config, topics: Sequence[str]) -> None:
        self._config, self._topics = config, list(topics)
        self._fatal: str | None = None
        self._changed: list[str] = []
        self._fenced = False
        self.pending: list[Place] | None = None
        self._held: set[Place] = set()
        self.ended: set[Place] = set()
        self._consumer = self._joined()

    def _joined(self) -> Any:
        safe = self._sheltered
        consumer = made(Consumer, {**self._config, "error_cb": safe(self._on_error)})
        consumer.subscribe(
            self._topics,
            on_assign=safe(self._on_assign),
            on_revoke=safe(self._on_revoke),
            on_lost=safe(self._on_lost),
        )
        return consumer

    def _join_again(self) -> None:
        """Become a new member under the same slot.

        A static member may be fenced by itself: the broker died before it answered its JoinGroup. If it was another
        process, that one has fenced our producer, and the abort that follows stops us.
        """
        self._consumer.close()
        self._fenced, self.pending = False, None
        self._held.clear()
        self._consumer = self._joined()
        self._changed.append("lost")

    def _sheltered(self, callback: Callable[..., None]) -> Callable[..., None]:
        def run(*given: Any) -> None:
            try:
                callback(*given)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not reach librdkafka
                self._fatal = f"a callback of ours failed: {type(error).__name__}: {error}"

        return run

    def _on_error(self, error: Any) -> None:
        if is_fenced(error):
            self._fenced = True
        elif error.fatal():
            self._fatal = str(error.str())

    def _on_assign(self, consumer: Any, partitions: Sequence[Any]) -> None:
        self.pending = [Place(p.topic, p.partition) for p in partitions]
        self._changed.append("assigned")
        consumer.assign([])

    def _on_revoke(self, _consumer: Any, _partitions: Sequence[Any]) -> None:
        self.pending = None
        self._changed.append("revoked")

    def _on_lost(self, _consumer: Any, _partitions: Sequence[Any]) -> None:
        self.pending = None
        self._changed.append("lost")

    def read(self, rows: int, timeout_seconds: float) -> tuple[list[Any], list[Any]]:
        """Up to `rows` messages, at once when the first is there; apart, what is said of batches nobody can read.

        Raises Disturbed when the assignment changed meanwhile (nothing that was read counts), Stopped.
        """
        messages = self._fetch(rows, timeout_seconds)
        if self._fatal is not None:
            raise Stopped(f"Kafka consumer: {self._fatal}", cause=FATAL_CAUSE, fix=FATAL_FIX)
        # By identity: confluent-kafka 2.16 raises where an error is compared with None.
        good = [m for m in messages if m.error() is None] if any(map(Message.error, messages)) else messages
        broken = [m for m in messages if is_broken(m)] if len(good) < len(messages) else []
        self._note_ends(messages, good)
        # Before the changes: a deleted topic is told once, beside the revocation that it causes.
        for message in messages if len(good) < len(messages) else ():
            if not is_broken(message):
                self._judge(message.error())
        if self._fenced:
            self._join_again()
        if self._changed:
            changes, self._changed = self._changed, []
            raise Disturbed(*changes)
        return good, broken

    def _fetch(self, rows: int, timeout_seconds: float) -> list[Any]:
        found: list[Any] = []
        try:
            first = self._consumer.poll(timeout_seconds)
            found += [] if first is None else [first]
            found += [] if first is None or rows == 1 else self._consumer.consume(rows - 1, 0)
        except KafkaException as error:
            self._judge(error.args[0])
        return found

    def _note_ends(self, messages: Sequence[Any], good: Sequence[Any]) -> None:
        """Which places were read to their end; told by the client where its configuration asks for it."""
        if self.ended:
            # Plain pairs, equal to the places they name: a Place for each message took as long as decoding it.
            self.ended.difference_update(zip(map(Message.topic, good), map(Message.partition, good), strict=True))
        if len(good) < len(messages):
            self.ended |= {Place(m.topic(), m.partition()) for m in messages if is_end(m)}

    def _judge(self, error: Any) -> None:
        if error is None:
            return
        if is_fenced(error):
            self._fenced = True
        elif (stopped := stopping(error)) is not None:
            raise stopped

    def rewind(self, positions: Mapping[Place, int]) -> None:
        """Read every assigned place again from `positions`, held or not; what was fetched is dropped."""
        try:
            # A pause outlives assignments, also those that were without the place.
            self._consumer.resume([TopicPartition(*place) for place in self._held])
            self._held.clear()
        except KafkaException as error:
            self._judge(error.args[0])
        self.stand(positions)

    def stand(self, positions: Mapping[Place, int]) -> None:
        """Read from `positions`, nothing elsewhere; held places stay held."""
        self.ended.clear()
        try:
            self._consumer.assign([TopicPartition(*place, offset) for place, offset in positions.items()])
        except KafkaException as error:
            self._judge(error.args[0])

    def hold(self, places: Iterable[Place]) -> None:
        """Read nothing more of these assigned places; what was fetched of them is dropped. Raises Abort."""
        wanted = list(places)
        self._held.update(wanted)
        try:
            self._consumer.pause([TopicPartition(*place) for place in wanted])
        except KafkaException as error:
            raise Abort(f"a partition cannot be held: {error.args[0].str()}") from error

    def release(self, positions: Mapping[Place, int], *, assigned: bool = True) -> None:
        """Read held places again, each from its position; those not `assigned` once they are. Raises Abort."""
        wanted = [TopicPartition(*place, offset) for place, offset in positions.items() if place in self._held]
        try:
            # In this order nothing fetched from elsewhere can come in between.
            for one in wanted if assigned else ():
                self._consumer.seek(one)
            self._consumer.resume(wanted)
        except KafkaException as error:
            raise Abort(f"a held partition cannot be read again: {error.args[0].str()}") from error
        self._held.difference_update(positions)

    def commit(self, ends: Mapping[Place, Start], seconds: float) -> None:
        """Commit positions without a transaction. Raises Abort: what was read may then come again."""
        wanted = [TopicPartition(p.topic, p.partition, s.offset, s.metadata) for p, s in ends.items()]
        try:
            done = within(seconds, lambda: self._consumer.commit(offsets=wanted, asynchronous=False))
        except TimeoutError:
            raise Abort("the group's coordinator did not take the positions in time") from None
        except KafkaException as error:
            raise Abort(f"the positions were not committed: {error.args[0].str()}") from error
        for one in done or ():
            if one.error is not None:
                raise Abort(f"the position of {one.topic}[{one.partition}] was not committed: {one.error.str()}")

    def group(self) -> Any:
        """The group metadata that binds a transaction to this membership."""
        return self._consumer.consumer_group_metadata()

    def close(self) -> None:
        """Leave the group (a static member stays until its session ends)."""
        self._consumer.close()
