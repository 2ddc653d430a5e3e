"""The door to Kafka for reading as a member of a group."""

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, TopicPartition

from stream.faults import Abort, Disturbed, Stopped
from stream.kafka.clients import Config, made
from stream.kafka.reading import PASSING
from stream.records import Place, Start

FATAL_CAUSE = "the client cannot go on: often two live processes share one slot"
FATAL_FIX = "give each process its own slot, or none, then start it again"


class GroupConsumer:
    """A consumer in a group that reads committed records only; its callbacks set flags, do nothing else.

    After an assignment nothing is read until `rewind` says from where: `pending` holds its places meanwhile.
    """

    def __init__(self, config: Config, topics: Sequence[str]) -> None:
        self._consumer = made(Consumer, {**config, "error_cb": self._on_error})
        self._fatal: str | None = None
        self._changed: list[str] = []
        self.pending: list[Place] | None = None
        self._consumer.subscribe(
            list(topics), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def _on_error(self, error: Any) -> None:
        if error.fatal():
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

    def read(self, rows: int, timeout_seconds: float) -> list[Any]:
        """Up to `rows` messages, at once when the first is there.

        Raises Disturbed when the assignment changed meanwhile (nothing that was read counts), Stopped.
        """
        messages = self._fetch(rows, timeout_seconds)
        if self._changed:
            changes, self._changed = self._changed, []
            raise Disturbed(*changes)
        if self._fatal is not None:
            raise Stopped(f"Kafka consumer: {self._fatal}", cause=FATAL_CAUSE, fix=FATAL_FIX)
        good = [m for m in messages if m.error() is None]
        for message in messages if len(good) < len(messages) else ():
            self._judge(message.error())
        return good

    def _fetch(self, rows: int, timeout_seconds: float) -> list[Any]:
        try:
            first = self._consumer.poll(timeout_seconds)
            more = [] if first is None or rows == 1 else self._consumer.consume(rows - 1, 0)
        except KafkaException as error:
            self._judge(error.args[0])
            return []
        return [] if first is None else [first, *more]

    def _judge(self, error: Any) -> None:
        if error is None or (error.code() in PASSING and not error.fatal()):
            return
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            raise Stopped(
                f"the next position is no longer on the broker: {error.str()}",
                cause="retention passed the committed offset, or the topic was made anew",
                fix="nothing was skipped; restore the records, or reset the group's offsets on purpose",
            )
        if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise Stopped(
                f"a topic is missing: {error.str()}",
                fix="create it (`driftline up` does, from schemas/topics.yaml)",
                configuration=True,
            )
        fix = FATAL_FIX if error.fatal() else "the broker's log says more; nothing was skipped"
        raise Stopped(f"Kafka consumer: {error.name()}: {error.str()}", cause=FATAL_CAUSE, fix=fix)

    def rewind(self, positions: Mapping[Place, int]) -> None:
        """Read every assigned place again from `positions`; what was fetched is dropped."""
        try:
            self._consumer.assign([TopicPartition(*place, offset) for place, offset in positions.items()])
        except KafkaException as error:
            self._judge(error.args[0])

    def committed(self, places: Sequence[Place], timeout_seconds: float = 10) -> dict[Place, Start | None]:
        """The group's committed offsets with their metadata; None where there is none.

        Raises Abort when the group cannot be asked now.
        """
        try:
            found = self._consumer.committed([TopicPartition(*place) for place in places], timeout_seconds)
        except KafkaException as error:
            raise Abort(f"the group's offsets cannot be read: {error.args[0].str()}") from error
        for one in found:
            if one.error is not None:
                raise Abort(f"the group's offset in {one.topic}[{one.partition}]: {one.error.str()}")
        return {
            Place(p.topic, p.partition): None if p.offset == OFFSET_INVALID else Start(p.offset, p.metadata or "")
            for p in found
        }

    def edges(self, place: Place, *, cached: bool = False) -> tuple[int, int] | None:
        """First and next offset of a place; from the last fetch when `cached` (None before the first)."""
        try:
            found = self._consumer.get_watermark_offsets(TopicPartition(*place), 10, cached)
        except KafkaException as error:
            raise Abort(f"{place.topic}[{place.partition}] cannot be asked: {error.args[0].str()}") from error
        return None if found is None or found[1] < 0 else (int(found[0]), int(found[1]))

    def group(self) -> Any:
        """The group metadata that binds a transaction to this membership."""
        return self._consumer.consumer_group_metadata()

    def close(self) -> None:
        """Leave the group (a static member stays until its session ends)."""
        self._consumer.close()
