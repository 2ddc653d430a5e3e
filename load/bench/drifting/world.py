"""A world of features that behave as real ones do, with a model that knows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.signal import lfilter

from models.bundle import Bundle
from models.contract import Contract, read_contract
from models.fitting.isotonic import fit_calibrator
from models.fitting.survey import survey
from models.golden import Golden
from models.manifest import Manifest
from models.reference import reference_of

KINDS = ("normal", "lognormal", "heavy", "category", "ar", "season")
HOUR = 3_600_000_000
DAY = 24 * HOUR
CLASSES = 12
REFERENCE_ROWS = 40_000
REFERENCE_DAYS = 20
PULLS = 8
"""So many features have a say in the outcome; the others come along."""
Floats = NDArray[np.float64]


@dataclass
class Rows:
    """n events: `matrix` (n, F) float32 as the model takes it, `scores`, `labels` (n,), `times` (n,) µs, rising."""

    matrix: NDArray[np.float32]
    scores: Floats
    labels: NDArray[np.bool_]
    times: NDArray[np.int64]
    refused: int = 0
    degraded: int = 0

    def take(self, which: NDArray[Any]) -> "Rows":
        """Some of them."""
        return replace(
            self,
            matrix=self.matrix[which],
            scores=self.scores[which],
            labels=self.labels[which],
            times=self.times[which],
        )


Break = Callable[[Rows, "World"], Rows]


class World:
    """Features of the given kinds, an outcome that hangs on some of them, a score that is not calibrated."""

    def __init__(self, kinds: Sequence[str], *, seed: int, reference_rows: int = REFERENCE_ROWS) -> None:
        self.kinds, self._chance = tuple(kinds), np.random.default_rng(seed)
        self._memory = np.zeros(len(kinds))
        pulls = self._chance.permutation(len(kinds))[:PULLS]
        self.weights = np.zeros(len(kinds))
        self.weights[pulls] = self._chance.choice([-1.0, 1.0], len(pulls)) * self._chance.uniform(0.4, 0.9, len(pulls))
        self.now = 0
        self.contract = contract_of(self.kinds)
        self.bundle = self._bundle(self.rows(reference_rows, REFERENCE_DAYS * DAY))

    def _bundle(self, seen: Rows) -> Bundle:
        known = reference_of(self.contract, matrix=seen.matrix, times=seen.times, labels=seen.labels.astype(np.float64))
        scores = seen.scores[:, None]
        return Bundle(
            contract=self.contract,
            onnx=b"",
            baseline=survey(known, scores, self.contract),
            calibrator=fit_calibrator(scores, seen.labels.astype(np.float64), self.contract),
            # Nobody serves this bundle: it is there to compare with.
            golden=cast("Golden", None),
            manifest=cast("Manifest", None),
            digest="0" * 64,
        )

    def rows(self, n: int, micros: int) -> Rows:
        """The next `n` events, spread over the next `micros` of event time."""
        times = self.now + (np.arange(n, dtype=np.int64) * micros) // n
        self.now += micros
        values = np.stack([self._column(place, kind, times) for place, kind in enumerate(self.kinds)], axis=1)
        return self.answered(values.astype(np.float32), times)

    def _column(self, place: int, kind: str, times: NDArray[np.int64]) -> Floats:
        chance, n = self._chance, len(times)
        if kind == "category":
            return np.minimum(chance.zipf(1.7, n) - 1, CLASSES - 1).astype(np.float64)
        if kind == "ar":
            found, last = lfilter([np.sqrt(1 - 0.81)], [1.0, -0.9], chance.normal(size=n), zi=[self._memory[place]])
            self._memory[place] = float(last[0])
            return np.asarray(found)
        if kind == "season":
            return chance.normal(size=n) + np.sin(2 * np.pi * (times % DAY) / DAY)
        if kind == "heavy":
            return chance.standard_t(2.1, n)
        return chance.lognormal(size=n) if kind == "lognormal" else chance.normal(size=n)

    def chances(self, matrix: NDArray[np.float32]) -> Floats:
        """The true probability of each row's outcome."""
        pulled = np.tanh(np.nan_to_num(matrix.astype(np.float64)) / 2.0) @ self.weights
        return 1.0 / (1.0 + np.exp(-(2.0 * pulled - 1.0)))

    def answered(self, matrix: NDArray[np.float32], times: NDArray[np.int64]) -> Rows:
        """Rows with what the model says, and what comes true."""
        true = self.chances(matrix)
        scores = 1.0 / (1.0 + ((1.0 - true) / true) ** 1.4)
        return Rows(matrix, scores, self._chance.random(len(true)) < true, times)


def contract_of(kinds: Sequence[str]) -> Contract:
    """Any value goes: what is refused is said by the story, not by a range."""
    features: list[dict[str, Any]] = [
        {"name": f"{kind}_{place}", "type": "category", "categories": [f"c{n}" for n in range(CLASSES)]}
        if kind == "category"
        else {"name": f"{kind}_{place}", "type": "float", "nullable": True, "policies": {"missing": "pass"}}
        for place, kind in enumerate(kinds)
    ]
    said = {
        "model": "world", "version": "1", "owner": {"team": "bench"}, "clock": "event", "task": "binary",
        "features": features, "outputs": {"score": "score"}, "label": {"field": "y", "horizon": "1h"},
    }  # fmt: skip
    return read_contract(str(yaml.safe_dump(said)))
