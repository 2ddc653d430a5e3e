"""Where to go on when the group has no offset: the profile log remembers."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.records import RecordRefused, read_record
from stream.kafka.scan import edges, scan
from stream.records import Place

CHUNK = 5_000
NEEDED = ("group", "ranges")


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The accounts of `group` in the profile log `topic`."""

    brokers: str
    topic: str
    group: str
    file: Path | None = None

    def last_positions(self, places: Sequence[Place]) -> dict[Place, int]:
        """The end of the last range that the group accounted for, for each of `places` it ever read.

        The log is read from its end backwards, only as far as need be: a live group's last accounts name every
        partition.
        """
        found: dict[Place, int] = {}
        log = Place(self.topic, 0)
        first, end = edges(self.brokers, [self.topic], file=self.file)[log]
        while end > first and not found.keys() >= set(places):
            start = max(first, end - CHUNK)
            newer = {}
            for one in self._ranges(log, start, end):
                newer[Place(one["topic"], one["partition"])] = one["to"]
            found = {**newer, **found}
            end = start
        return {place: found[place] for place in places if place in found}

    def _ranges(self, log: Place, start: int, end: int) -> Iterator[dict[str, Any]]:
        """The group's ranges in a stretch of the profile log; what is no profile says nothing."""
        for batch in scan(self.brokers, [log.topic], start={log: start}, end={log: end}, file=self.file):
            for value in batch.values:
                with suppress(RecordRefused):
                    profile = read_record("profile", value or b"", fields=NEEDED)
                    if profile["group"] == self.group:
                        yield from profile["ranges"]
