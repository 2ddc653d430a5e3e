"""What Kafka keeps of a sidecar, read outside of any group."""

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.drift.wire import read_report
from stream.kafka.scan import edges, edges_since, scan
from stream.records import Batch, Place

LATEST = 1_000
"""So many positions at the end of the reports are looked at."""


class KafkaKept:
    """The snapshot topic and the profile log of one model."""

    def __init__(
        self,
        brokers: str,
        *,
        state: str,
        profiles: str,
        reports: str,
        file: Path | None = None,
        back: timedelta | None = None,
    ) -> None:
        """Of the log what came within `back` is read, by default all that is kept."""
        self._brokers, self._state, self._profiles, self._reports = brokers, state, profiles, reports
        self._file, self._back = file, back

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

    def reported(self) -> int:
        """Up to which offset of the profile log the latest reports go; 0 without any. Raises Stopped."""
        return max((one.get("profile_to", 0) for one in self.latest(LATEST)), default=0)

    def latest(self, most: int) -> Iterator[Mapping[str, Any]]:
        """The reports in the last positions, `most` of them, in their order. Raises Stopped."""
        place = Place(self._reports, 0)
        first, end = edges(self._brokers, [self._reports], file=self._file)[place]
        latest = {place: max(first, end - most)}
        for batch in scan(self._brokers, [self._reports], start=latest, end={place: end}, file=self._file):
            yield from (read_report(value or b"") for value in batch.values)

    def profiles(self, end: int) -> Iterator[Batch]:
        """The profile log from its first kept record up to `end`. Raises Stopped."""
        place = Place(self._profiles, 0)
        if self._back is None:
            first, _ = edges(self._brokers, [self._profiles], file=self._file)[place]
        else:
            since = round((time.time() - self._back.total_seconds()) * 1000)
            first, _ = edges_since(self._brokers, [self._profiles], since, file=self._file)[place]
        yield from scan(self._brokers, [self._profiles], start={place: first}, end={place: end}, file=self._file)
