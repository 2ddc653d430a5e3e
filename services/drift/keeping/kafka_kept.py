"""What Kafka keeps of a sidecar, read outside of any group."""

from collections.abc import Iterator
from pathlib import Path

from stream.kafka.scan import edges, scan
from stream.records import Batch, Place


class KafkaKept:
    """The snapshot topic and the profile log of one model."""

    def __init__(self, brokers: str, *, state: str, profiles: str, file: Path | None = None) -> None:
        self._brokers, self._state, self._profiles, self._file = brokers, state, profiles, file

    def state(self) -> dict[bytes, bytes]:
        """The latest committed value of every key. Raises Stopped."""
        found: dict[bytes, bytes] = {}
        for batch in scan(self._brokers, [self._state], file=self._file):
            for key, value in zip(batch.keys, batch.values, strict=True):
                if key is not None and value is not None:
                    found[key] = value
                elif key is not None:
                    found.pop(key, None)
        return found

    def profiles(self, end: int) -> Iterator[Batch]:
        """The profile log from its first kept record up to `end`. Raises Stopped."""
        place = Place(self._profiles, 0)
        first, _ = edges(self._brokers, [self._profiles], file=self._file)[place]
        yield from scan(self._brokers, [self._profiles], start={place: first}, end={place: end}, file=self._file)
