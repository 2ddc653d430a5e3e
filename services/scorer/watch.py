"""What a scorer lets be seen of itself: metrics, readiness, log lines."""

import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from models.bundle import Bundle
from schemas.columns import FAULTS
from services.scorer.core import REASON_CODES
from services.scorer.settings import Settings
from stream.ledger import LiveLedger, range_of
from stream.log import Log
from stream.records import Batch, Place, Start
from stream.telemetry.catalogue import CounterName, GaugeName
from stream.telemetry.health import Health
from stream.telemetry.metrics import Metrics
from stream.watermark import Watermark

LOOK_SECONDS = 1.0
PER_PARTITION: tuple[GaugeName, ...] = (
    "driftline_lag_messages",
    "driftline_lag_seconds",
    "driftline_watermark_timestamp_seconds",
    "driftline_ledger_imbalance_messages",
)
OUTCOMES = {"scored": "scored", "rejected": "rejected", "dead": "dead", "marks": "mark"}


class Watching:
    """Counts of the open transaction wait until it is committed; an abort forgets them."""

    def __init__(self, bundle: Bundle, settings: Settings) -> None:
        self.metrics, self.health = Metrics(), Health(["assigned", "committed"])
        self._log: Log | None = None
        self._ledger = LiveLedger()
        self._read_at: dict[int, int] = {}
        self._looked = 0.0
        self._logger = structlog.get_logger()
        self._forget()
        contract = bundle.contract
        names = {"model": contract.model, "model_version": contract.version, "digest": bundle.digest}
        self.metrics.set("driftline_model_info", 1, **names, arm=settings.arm)
        self.metrics.set("driftline_build_info", 1, version=version("driftline"))
        for name in ("driftline_rejects_total", "driftline_marks_total"):
            self.metrics.prime(name, reason=REASON_CODES)
        self.metrics.prime("driftline_dead_letters_total", reason=FAULTS[1:])

    def follow(self, log: Log) -> None:
        """Whose lag to show."""
        self._log = log

    def _forget(self) -> None:
        self._counts: list[tuple[CounterName, int, dict[str, str]]] = []
        self._stamps: list[NDArray[np.int64]] = []
        self._ranges: Sequence[Mapping[str, Any]] = ()
        self._marks: Mapping[Place, Watermark | None] = {}

    def beat(self) -> None:
        """The loop turned: say so, and once a second look at the lag."""
        self.health.beat()
        now = time.monotonic()
        if self._log is not None and now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._look(self._log)

    def _look(self, log: Log) -> None:
        for place, behind in log.lag().items():
            where: dict[str, str | int] = {"topic": place.topic, "partition": place.partition}
            self.metrics.set("driftline_lag_messages", behind, **where)
            read_at = self._read_at.get(place.partition, 0)
            age = max(0.0, time.time() - read_at / 1000) if behind > 1 and read_at else 0.0
            self.metrics.set("driftline_lag_seconds", age, **where)

    def read(self, batch: Batch) -> None:
        """A batch was read: how long its records had waited at the broker."""
        now = time.time()
        stamps = batch.timestamps[batch.timestamps >= 0]
        self._stamps.append(stamps)
        self._read_at.update(zip(batch.partitions.tolist(), batch.timestamps.tolist(), strict=True))
        self.metrics.observe("driftline_stage_seconds", np.maximum(0.0, now - stamps / 1000), stage="broker_wait")
        self.metrics.observe("driftline_batch_rows", len(batch))
        self.metrics.set("driftline_last_event_timestamp_seconds", now)

    def took(self, stage: str, seconds: float) -> None:
        """A stage of one batch took so long."""
        self.metrics.observe("driftline_stage_seconds", seconds, stage=stage)

    def counted(self, name: CounterName, amount: int, **labels: str) -> None:
        """Something happened; it counts with the commit."""
        self._counts.append((name, amount, labels))

    def accounted(self, ranges: Sequence[Mapping[str, Any]], marks: Mapping[Place, Watermark | None]) -> None:
        """What the transaction about to be committed says of itself."""
        self._ranges, self._marks = ranges, dict(marks)

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """These partitions are ours now."""
        self._logger.info("assigned", partitions=sorted(place.partition for place in starts))
        self._ledger.assigned({place: start.offset for place, start in starts.items()})
        self._read_at.clear()
        for name in PER_PARTITION:
            self.metrics.forget(name)
        self.health.met("assigned")

    def disturbed(self, changes: Sequence[str]) -> None:
        """The assignment changed."""
        self.health.unmet("assigned")
        for kind in changes:
            self.metrics.inc("driftline_rebalances_total", kind=kind)

    def settled(self, produce_seconds: float, commit_seconds: float) -> None:
        """A transaction's writes and its commit took so long."""
        self.metrics.observe("driftline_stage_seconds", produce_seconds, stage="produce")
        self.metrics.observe("driftline_stage_seconds", commit_seconds, stage="commit")

    def ended(self, result: str, why: str = "") -> None:
        """A transaction ended: what it counted is now true, or never was."""
        self.metrics.inc("driftline_transactions_total", result=result)
        if result == "committed":
            self._publish()
            self.health.met("committed")
        else:
            self.health.unmet("committed")
            self._logger.warning("transaction", result=result, why=why)
        if result != "restarted":
            self._forget()

    def _publish(self) -> None:
        now = time.time()
        for name, amount, labels in self._counts:
            self.metrics.inc(name, amount, **labels)
        for one in self._ranges:
            for counted, outcome in OUTCOMES.items():
                self.metrics.inc("driftline_events_total", one.get(counted, 0), outcome=outcome)
        for stamps in self._stamps:
            self.metrics.observe("driftline_end_to_end_seconds", np.maximum(0.0, now - stamps / 1000))
        for place, mark in self._marks.items():
            if mark is not None:
                seconds = mark.at_micros / 1e6
                self.metrics.set("driftline_watermark_timestamp_seconds", seconds, partition=place.partition)
        for place, off in self._ledger.account([range_of(one) for one in self._ranges]).items():
            self.metrics.set("driftline_ledger_imbalance_messages", off, topic=place[0], partition=place[1])
