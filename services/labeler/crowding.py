"""When the store fills up: predictions wait, then labels too; what would be needed instead."""

import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from services.labeler.core import Terms
from services.labeler.room.room import Gauge
from services.labeler.room.sizing import FILL, bytes_each, bytes_needed, share_that_fits
from stream.records import Batch
from stream.store import StoreRefused, StoreUnavailable

PREDICTIONS_WAIT, LABELS_WAIT = FILL, 0.9
LOOK_SECONDS = 1.0
STUCK_SECONDS = 60.0
NOTICEABLE = 0.001
"""A store is emptier once it holds less by this share of its memory: what its buffers take moves by less."""
MICROS, GIGA = 1_000_000, 1 << 30


class Crowding:
    """Looks at how full the store is, once a second, and tells; `share` is the join_share now.

    Who waits in the store leaves as time passes; new predictions wait outside of it meanwhile, so that nothing that was
    committed is refused there. Where nothing leaves for a minute only more memory or a smaller share helps.
    """

    def __init__(
        self,
        gauge: Callable[[], Gauge],
        terms: Terms,
        *,
        tell: Callable[[bool, str], None],
        predictions: str,
        partitions: int,
        share: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gauge, self._terms, self._tell, self._predictions = gauge, terms, tell, predictions
        self._partitions, self._share = partitions, share
        self._clock, self._looked = clock, clock() - LOOK_SECONDS
        self._found = Gauge(0, 0, {})
        self._least, self._fell = 0, clock()
        self._rows, self._id_bytes, self._since, self._until = 0, 0, 0, 0

    def _look(self) -> None:
        """Ask how full it is, unless that was just asked; a store that does not answer is as full as it was."""
        now = self._clock()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked, was_full = now, self.is_full
        with suppress(StoreUnavailable, StoreRefused):
            self._found = self._gauge()
        used, most = self._found.used_bytes, self._found.most_bytes
        if not (was_full and self.is_full) or used < self._least - NOTICEABLE * most:
            self._least, self._fell = used, now
        self._tell(self.is_full, self.stuck)

    def taken(self, ids: list[bytes], times: NDArray[np.int64]) -> None:
        """These predictions were taken; what they tell of the rate says what would be needed."""
        if ids:
            self._since = min(self._since, int(times.min())) if self._rows else int(times.min())
            self._until = max(self._until, int(times.max()))
            self._rows += len(ids)
            self._id_bytes += sum(map(len, ids))

    def waiting(self, batch: Batch) -> NDArray[np.bool_]:
        """Which rows (n,) are to wait outside: all of the topic `predictions`, then all."""
        self._look()
        if not self.is_full:
            return np.zeros(len(batch), np.bool_)
        if self._fill > LABELS_WAIT:
            return np.ones(len(batch), np.bool_)
        return np.array([topic == self._predictions for topic in batch.topics], np.bool_)

    @property
    def is_full(self) -> bool:
        """Whether anybody is to wait."""
        return self._fill > PREDICTIONS_WAIT

    @property
    def _fill(self) -> float:
        return self._found.used_bytes / self._found.most_bytes if self._found.most_bytes else 0.0

    @property
    def why(self) -> str:
        """What is waited for, with what to do; empty while there is room."""
        if not self.is_full:
            return ""
        used, most = self._found.used_bytes, self._found.most_bytes
        content = max(used, self._needed())
        share = self._share * share_that_fits(content, most)
        return (
            f"the store uses {used / GIGA:.3f} GB of {most / GIGA:.3f} GB: give it a maxmemory of "
            f"{content / FILL / GIGA:.3f} GB, or start with LABELER_JOIN_SHARE={share:.3f}"
        )

    @property
    def stuck(self) -> str:
        """As `why`, where nothing has left the full store for a minute; else empty."""
        return self.why if self._clock() - self._fell >= STUCK_SECONDS else ""

    def _needed(self) -> int:
        """What the store would hold once as many leave as come; 0 while nobody knows how many come."""
        span = (self._until - self._since) / MICROS
        if span <= 0:
            return 0
        each = bytes_each(round(self._id_bytes / self._rows), labels=1)
        everywhere = self._partitions / max(1, len(self._found.waiting))
        rate = self._rows / span * everywhere
        return bytes_needed(rate, self._terms, each=each)
