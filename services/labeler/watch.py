"""What a labeler lets be seen of itself besides its loop: the waiting room, what was joined, realised quality."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.profile import MICRO, Slice
from services.labeler.core import RESULTS, STATUSES
from services.labeler.quality import Quality
from services.labeler.room.room import Gauge
from services.start.watching import Looking
from stream.log import Log
from stream.records import Place, Start
from stream.store import StoreRefused, StoreUnavailable
from stream.telemetry.names import GaugeName
from stream.watermark import NEVER

TELL_SECONDS = 5.0
PER_PARTITION: tuple[GaugeName, ...] = (
    "driftline_lag_messages",
    "driftline_lag_seconds",
    "driftline_pending_predictions",
    "driftline_ledger_imbalance_messages",
)
USES = {"taken": "taken", "dead": "dead", "marks": "mark"}


class Watching(Looking):
    """Watches one labeler."""

    service = "labeler"
    look_seconds = 2.0

    def __init__(self, quality: Quality) -> None:
        super().__init__(["waiting room", "memory"], PER_PARTITION, USES)
        self._quality, self._told, self._time = quality, 0.0, NEVER
        self._gauge: Callable[[], Gauge] | None = None
        self._is_full, self._partitions = False, set[int]()
        self.health.met("waiting room")
        self.health.met("memory")
        self.metrics.set("driftline_healing_ratio", 1)
        self.metrics.prime("driftline_labels_total", result=RESULTS)
        self.metrics.prime("driftline_outcomes_total", status=STATUSES[1:])

    def follow(self, log: Log, gauge: Callable[[], Gauge]) -> None:
        """Whose lag to show, whose fill."""
        self._log, self._gauge = log, gauge

    def _forget(self) -> None:
        super()._forget()
        self._delays: list[NDArray[np.int64]] = []

    def _look(self, log: Log) -> None:
        super()._look(log)
        self._look_at_quality()
        if self._gauge is not None:
            try:
                found = self._gauge()
            except (StoreUnavailable, StoreRefused):
                return
            self.metrics.set("driftline_store_bytes", found.used_bytes)
            self.metrics.set("driftline_store_limit_bytes", found.most_bytes)
            for partition in self._partitions & found.waiting.keys():
                waiting = found.waiting[partition]
                self.metrics.set("driftline_pending_predictions", waiting, partition=partition)

    def crowded(self, is_full: bool, stuck: str) -> None:  # noqa: FBT001 - called back
        """Records wait for room in the store; where nothing leaves it we are not ready, and say what would help."""
        self._is_full = is_full
        if stuck:
            self.health.unmet("memory", stuck)
        else:
            self.health.met("memory")

    def held(self, places: Collection[Place]) -> None:
        """These places wait for a schema, or for room in the store; all others go on."""
        super().held(places)
        if self._is_full:
            self.health.met("schemas")

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """These places are ours now; others' are for others to show."""
        super().assigned(starts)
        self._partitions = {place.partition for place in starts}

    def delays(self, micros: NDArray[np.int64]) -> None:
        """Labels were known so long after their events."""
        self._delays.append(micros)

    def heals(self, pair: int, why: str) -> None:
        """A pair is to be brought up to date."""
        self.metrics.inc("driftline_healings_total")
        self._logger.warning("waiting room", partition=pair, why=why)

    def healing(self, pair: int, share: float) -> None:
        """So much of a pair has been read again; until it is done nobody is answered."""
        self.health.beat()
        (self.health.met if share >= 1 else self.health.unmet)("waiting room")
        self.metrics.set("driftline_healing_ratio", share)
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            self._logger.info("healing", partition=pair, share=round(share, 3))

    def _publish(self) -> None:
        super()._publish()
        for micros in self._delays:
            self.metrics.observe("driftline_label_delay_seconds", np.maximum(0.0, micros / MICRO))

    def joined(self, slices: Sequence[Slice], clocks: Mapping[int, int]) -> None:
        """A committed transaction joined this; the slowest pair's time says which cohorts are ripe."""
        self._quality.add(slices)
        self._time = min(clocks.values(), default=NEVER)

    def _look_at_quality(self) -> None:
        """Realised quality, summed up now and then: a window may hold thousands of buckets."""
        if self._time == NEVER:
            return
        for (model_version, arm, cohort), found in self._quality.figures(self._time).items():
            where = {"model_version": model_version, "arm": arm, "cohort": cohort}
            self.metrics.set("driftline_join_coverage_ratio", found.coverage, **where)
            self.metrics.set("driftline_realised_labelled_rows", found.rows, **where)
            for metric, value in found.metrics.items():
                self.metrics.set("driftline_realised_quality_ratio", value, **where, metric=metric)
