"""Follows the end of one partition outside of any group, without ever waiting for the brokers."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stream.kafka.reading import assign_reader, errors_of, open_reader, to_batch
from stream.records import Batch, Place

FROM_THE_END = -2_000
"""A librdkafka offset below this one is so many positions before the partition's end."""
ROWS = 2_000
STALE_SECONDS = 10.0


class Tail:
    """What comes into `place`, from `back` positions before its end on; whoever looks seldom misses what lies between.

    The reader is made at the first look. An offset that is gone, and a partition of which nothing is known yet, are
    no error: the next look finds what there is.
    """

    def __init__(
        self,
        brokers: str,
        place: Place,
        *,
        back: int,
        file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._brokers, self._place, self._back, self._file, self._clock = brokers, place, back, file, clock
        self._reader: Any = None
        self._looked = 0.0

    def __call__(self) -> Iterator[Batch]:
        """What has come since the last look. Raises Stopped where it may not be read."""
        now = self._clock()
        if self._reader is None:
            self._reader = open_reader(
                self._brokers, file=self._file, auto_offset_reset="latest", queued_max_messages_kbytes=8_192
            )
            self._looked = now - 2 * STALE_SECONDS
        if now - self._looked > STALE_SECONDS:
            assign_reader(self._reader, {self._place: FROM_THE_END - self._back})
        self._looked = now
        while messages := self._reader.consume(ROWS, 0):
            good, _ = errors_of(messages)
            if good:
                yield to_batch(good)

    def close(self) -> None:
        """Let go of the reader."""
        if self._reader is not None:
            self._reader.close()
