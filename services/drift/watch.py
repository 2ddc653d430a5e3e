"""What a sidecar lets be seen of itself besides its loop: windows, refusals, how far it lags, what it keeps."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.bundle import Bundle
from services.drift.figures import NAMES, Figures
from services.drift.log.refusal import REASONS
from services.start.watching import Looking
from stream.log import Log
from stream.telemetry.names import CounterName, GaugeName

PER_PARTITION: tuple[GaugeName, ...] = ("driftline_lag_messages", "driftline_lag_seconds")
HINTS = {
    "unknown_version": "rows of a bundle that this sidecar was not given: name it in DRIFT_OTHERS",
    "bucket_width": "a writer's contract has another bucket than the bundle's",
    "gap": "part of the profile log is gone: `driftline ledger` says where",
    "overlapping": "positions were accounted for twice: `driftline ledger` says where",
}
MICRO, TELL_SECONDS = 1_000_000, 5.0


class Watching(Looking):
    """Watches one sidecar."""

    service = "drift"
    look_seconds = 2.0

    def __init__(self) -> None:
        super().__init__(["state"], PER_PARTITION, {})
        self._told, self._reasons, self._figures = 0.0, set[str](), Figures()
        self.health.met("state")
        self.metrics.prime("driftline_refused_profiles_total", reason=REASONS)

    def follow(self, log: Log) -> None:
        """Whose lag to show."""
        self._log = log

    def counted(self, name: CounterName, amount: int, **labels: str) -> None:
        """Something happened; why profiles are refused is logged too, each reason the first time."""
        super().counted(name, amount, **labels)
        reason = labels.get("reason", "")
        if name == "driftline_refused_profiles_total" and reason not in self._reasons:
            self._reasons.add(reason)
            self._logger.warning("refused", reason=reason, hint=HINTS.get(reason, "driftline_refused_profiles_total"))

    def refers(self, bundles: Sequence[Bundle]) -> None:
        """What windows are compared with, and until when that reaches."""
        for bundle in bundles:
            end = max(block.last_micros for block in bundle.baseline.blocks) / MICRO
            version = bundle.contract.version
            self.metrics.set("driftline_reference_end_timestamp_seconds", end, model_version=version)

    def recalled(self, reports: Iterable[Mapping[str, Any]]) -> None:
        """What was said before this process began: shown, not counted again."""
        for report in reports:
            self._figures.take(report)
            at = report["written_at"] / MICRO
            self.metrics.set("driftline_judged_timestamp_seconds", at, kind=report["kind"])
        self._show()

    def said(self, reports: Sequence[Mapping[str, Any]]) -> None:
        """Reports were committed."""
        for report in reports:
            self._figures.take(report)
            self.metrics.set("driftline_judged_timestamp_seconds", time.time(), kind=report["kind"])
            if report["judged"]:
                self.metrics.inc("driftline_verdicts_total", severity=report["severity"])
                self.metrics.inc("driftline_budget_spent_total", report["spent"])
        if reports:
            self._show()

    def _show(self) -> None:
        """The latest figures, in place of those before: a feature that is no longer told of has no series."""
        for name in NAMES:
            self.metrics.forget(name)
        for one in self._figures.samples():
            self.metrics.set(one.name, one.value, **one.labels)

    def rebuilds(self, why: str) -> None:
        """The profile log is read again; until that is done nothing is judged."""
        self.health.unmet("state")
        self.metrics.inc("driftline_rebuilds_total")
        self._logger.warning("rebuild", why=why)

    def rebuilding(self, share: float) -> None:
        """So much has been read again."""
        self.health.beat()
        if share >= 1:
            self.health.met("state")
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS or share >= 1:
            self._told = now
            self._logger.info("rebuilding", share=round(share, 3))

    def stands(self, *, bytes_kept: int, oldest_micros: int | None) -> None:
        """A snapshot was committed."""
        self.metrics.set("driftline_snapshot_bytes", bytes_kept)
        self.metrics.set("driftline_oldest_bucket_seconds", (oldest_micros or 0) / MICRO)
