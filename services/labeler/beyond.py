"""How far time has come beyond this process's partitions, as the profile log tells it."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from schemas.records import RecordRefused, read_record
from stream.records import Batch
from stream.watermark import NEVER

NEEDED = ("group", "ranges")
LOOK_SECONDS = 1.0
MILLI = 1_000


class Beyond:
    """Reads what the labelers of `group` say of their partitions: whoever has no records follows who has.

    `tail` gives what has come into the profile log since it was last asked, the broker's time on every record. By a
    `wall` clock that time counts too, so that those who wait in a topic without records are answered; ours does not,
    for it may be wrong.
    """

    def __init__(
        self,
        tail: Callable[[], Iterable[Batch]],
        group: str,
        *,
        wall: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tail, self._group, self._wall, self._clock = tail, group, wall, clock
        self._marks: dict[str, int] = {}
        self._now, self._looked = NEVER, clock() - LOOK_SECONDS

    def reached(self, topic: str) -> int:
        """How far event time has come in any partition of a topic, µs. Raises Stopped where the log may not be read."""
        if self._clock() - self._looked >= LOOK_SECONDS:
            self._looked = self._clock()
            for batch in self._tail():
                self._read(batch)
        return max(self._marks.get(topic, NEVER), self._now if self._wall else NEVER)

    def _read(self, batch: Batch) -> None:
        for value in batch.values:
            with suppress(RecordRefused):  # what is no profile says nothing
                profile = read_record("profile", value or b"", fields=NEEDED)
                if profile["group"] == self._group:
                    for one in profile["ranges"]:
                        known = self._marks.get(one["topic"], NEVER)
                        self._marks[one["topic"]] = max(known, NEVER if one["watermark"] is None else one["watermark"])
        self._now = max(self._now, int(batch.timestamps.max()) * MILLI)
