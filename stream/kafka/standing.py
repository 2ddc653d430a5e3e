"""What a consumer can be asked about its partitions: where its group stands, where they begin and end."""

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import OFFSET_INVALID, KafkaException, TopicPartition

from stream.faults import Abort, Stopped
from stream.kafka.settings import LogSettings
from stream.records import Place, Start


class Standing:
    """Asks through `_consumer`; every question that cannot be answered now is an Abort."""

    _consumer: Any

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

    def lag(self, ends: Mapping[Place, int]) -> dict[Place, int]:
        """Records beyond each place's end, as of the last fetch; empty when that cannot be told."""
        try:
            edges = {place: self.edges(place, cached=True) for place in ends}
        except Abort:
            return {}
        return {place: max(0, found[1] - ends[place]) for place, found in edges.items() if found is not None}

    def high(self, place: Place) -> int:
        """Where a place ends now. Raises Abort."""
        return (self.edges(place) or (0, 0))[1]

    def beginning(self, place: Place, settings: LogSettings) -> Start:
        """Where reading begins in a place that the group has never read. Raises Stopped where that is not said."""
        edges = self.edges(place)
        if edges is None or settings.begin == "refuse":
            raise Stopped(
                f"{place.topic}[{place.partition}] was never read by group {settings.group}",
                cause="where to begin is not said",
                fix="set begin to earliest or latest",
                configuration=True,
            )
        return Start(edges[0] if settings.begin == "earliest" else edges[1])
