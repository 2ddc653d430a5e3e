"""What Kafka keeps of a labeler's topics, read outside of any group."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from stream.kafka.scan import edges_of, scan
from stream.records import Batch, Place


class KafkaKept:
    """Reads committed records of the brokers' topics."""

    def __init__(self, brokers: str, file: Path | None) -> None:
        self._brokers, self._file = brokers, file

    def edges(self, places: Sequence[Place]) -> Mapping[Place, tuple[int, int]]:
        """The first offset that is kept of each place, where it ends."""
        return edges_of(self._brokers, places, file=self._file)

    def read(self, place: Place, start: int, end: int) -> Iterator[Batch]:
        """Committed records in [start, end)."""
        return scan(self._brokers, [place.topic], start={place: start}, end={place: end}, file=self._file)
