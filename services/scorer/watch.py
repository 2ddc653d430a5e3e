"""What a scorer lets be seen of itself besides its loop: how long it took, which models it asks."""

import time
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from services.scorer.claims.claims import REASON as UNSURE
from services.scorer.core import REASON_CODES
from services.scorer.serving.breaker import State
from services.scorer.serving.causes import CAUSES
from services.scorer.settings import Settings
from services.start.watching import Looking
from stream.log import Log
from stream.records import Batch
from stream.telemetry.catalogue import MODEL_ROLES
from stream.telemetry.names import GaugeName
from stream.tracing.spans import Spans

PER_PARTITION: tuple[GaugeName, ...] = (
    "driftline_lag_messages",
    "driftline_lag_seconds",
    "driftline_watermark_timestamp_seconds",
    "driftline_ledger_imbalance_messages",
)
Role = Literal["champion", "fallback"]
OUTCOMES = {"scored": "scored", "rejected": "rejected", "dead": "dead", "duplicate": "duplicate", "marks": "mark"}
"""What the ranges say of each outcome; they do not tell fallback from prior, which are counted as they happen."""


class Watching(Looking):
    """Watches one scorer."""

    service = "scorer"

    def __init__(self, bundle: Bundle, settings: Settings) -> None:
        super().__init__([], PER_PARTITION, OUTCOMES)
        self._arm = settings.arm
        self._spans: Spans | None = None
        self.serves(bundle)
        for name in ("driftline_rejects_total", "driftline_marks_total", "driftline_degraded_total"):
            self.metrics.prime(name, reason=(*REASON_CODES, *CAUSES[1:], UNSURE))
        for role in MODEL_ROLES:
            self.metrics.set("driftline_breaker_open_ratio", 0, model_role=role)

    def serves(self, bundle: Bundle, *, missing: str = "") -> None:
        """Which bundle's contract holds from now on; `missing` says why the champion's cannot be served."""
        contract = bundle.contract
        names = {"model": contract.model, "model_version": contract.version, "digest": bundle.digest}
        self.metrics.forget("driftline_model_info")
        self.metrics.set("driftline_model_info", 1, **names, arm=self._arm)
        self.metrics.set("driftline_breaker_open_ratio", float(bool(missing)), model_role="champion")
        if missing:
            self._logger.error("bundle missing", why=missing)
        self._logger.info("serving", version=contract.version, digest=bundle.digest)

    def asked(self, states: Mapping[str, State]) -> None:
        """Which models, just opened, are asked and which are left alone."""
        for role, state in states.items():
            self.metrics.set("driftline_breaker_open_ratio", float(state != "closed"), model_role=role)

    def breaker(self, role: Role, state: State, why: str) -> None:
        """A model is left alone from now on, or asked again."""
        self.metrics.set("driftline_breaker_open_ratio", float(state != "closed"), model_role=role)
        self._logger.warning("breaker", role=role, state=state, why=why)

    def follow(self, log: Log, spans: Spans | None = None) -> None:
        """Whose lag to show, whose traces to name beside latencies."""
        self._log, self._spans = log, spans

    def _forget(self) -> None:
        super()._forget()
        self._stamps: list[tuple[NDArray[np.int64], str]] = []

    def read(self, batch: Batch) -> None:
        """A batch was read: how long its records had waited at the broker."""
        super().read(batch)
        stamps = batch.timestamps[batch.timestamps >= 0]
        self._stamps.append((stamps, "" if self._spans is None else self._spans.trace()))
        waited = np.maximum(0.0, time.time() - stamps / 1000)
        self.metrics.observe("driftline_stage_seconds", waited, stage="broker_wait")

    def distrusts(self, why: str) -> None:
        """Events were read otherwise than fastavro reads them; it counts at once, whatever is committed."""
        self.metrics.inc("driftline_codec_disagreements_total")
        self._logger.error("codec disagrees with fastavro", why=why)

    def took(self, stage: str, seconds: float) -> None:
        """A stage of one batch took so long."""
        self.metrics.observe("driftline_stage_seconds", seconds, stage=stage)

    def _publish(self) -> None:
        now = time.time()
        super()._publish()
        for stamps, trace in self._stamps:
            self.metrics.observe("driftline_end_to_end_seconds", np.maximum(0.0, now - stamps / 1000), trace=trace)
        for place, mark in self._marks.items():
            if mark is not None:
                seconds = mark.at_micros / 1e6
                self.metrics.set("driftline_watermark_timestamp_seconds", seconds, partition=place.partition)
