"""What is alarmed at elsewhere, on the same rows: thresholds by rule of thumb, river's detectors as they come."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river.drift import ADWIN, KSWIN, PageHinkley
from river.drift.binary import DDM, EDDM, FHDDM, HDDMA, HDDMW
from scipy.special import kolmogorov
from scipy.stats import chi2

from load.bench.drifting.world import Rows
from services.drift.findings.reference import Reference
from services.drift.stats.binned import chi_square, ks, psi
from services.drift.sums import Seen

THUMB = ("PSI > 0.1", "PSI > 0.2", "p < .05")
"""Of a feature; the p-value is KS's (on the baseline's bins), of categories chi-square's."""
USUAL = 0.05
ON_FEATURES: Mapping[str, Callable[[], Any]] = {"ADWIN": ADWIN, "PageHinkley": PageHinkley, "KSWIN": KSWIN}
ON_ERRORS: Mapping[str, Callable[[], Any]] = {
    "ADWIN of errors": ADWIN,
    "PageHinkley of errors": PageHinkley,
    "DDM": DDM,
    "EDDM": EDDM,
    "HDDM_A": HDDMA,
    "HDDM_W": HDDMW,
    "FHDDM": FHDDM,
}
RIVER = (*ON_FEATURES, *ON_ERRORS)
EVERY = 5
"""Each fifth feature is heard; what is counted is multiplied accordingly."""
SLOW_ROWS = 500
"""KSWIN takes half a millisecond a row: it hears so many rows of each."""


def thumb(seen: Seen, reference: Reference) -> Counter[str]:
    """How many features of a window each rule of thumb alarms at."""
    known = reference.blocks.sum(axis=0)
    distances = psi(seen.bins, known)
    rows, others = seen.bins.sum(axis=1), known.sum(axis=1)
    scale = np.sqrt(rows * others / np.maximum(1.0, rows + others))
    freedom = np.maximum(1, np.count_nonzero(known, axis=1) - 1)
    by_order = kolmogorov(scale * ks(seen.bins, known))
    by_kind = chi2.sf(chi_square(seen.bins, known), freedom)
    p_values = np.where(reference.ordered > 0, by_order, by_kind)
    fires = (distances > 0.1, distances > 0.2, p_values < USUAL)  # noqa: PLR2004 - the rules' own
    return Counter({name: int(one.sum()) for name, one in zip(THUMB, fires, strict=True)})


def river_alarms(days: list[Rows], threshold: float) -> Counter[str]:
    """Alarms of river's detectors with their default settings over these days: of every feature, and of the errors."""
    matrix = np.concatenate([one.matrix for one in days])
    scores, labels = (np.concatenate([getattr(one, name) for one in days]) for name in ("scores", "labels"))
    found = Counter[str]()
    for column in _heard(matrix):
        for name, make in ON_FEATURES.items():
            rows = SLOW_ROWS if name == "KSWIN" else len(column)
            found[name] += round(alarms(make(), column[:rows]) * EVERY * len(column) / rows)
    wrong = (scores >= threshold) != labels
    for name, make in ON_ERRORS.items():
        found[name] += alarms(make(), ~wrong if name == "FHDDM" else wrong)
    return found


def _heard(matrix: NDArray[np.float32]) -> Iterator[NDArray[Any]]:
    yield from np.ascontiguousarray(matrix.T[::EVERY])


def alarms(detector: Any, values: NDArray[Any]) -> int:
    """How often a detector fires, fed row by row; it begins again by itself."""
    fired = 0
    for value in values.tolist():
        detector.update(value)
        fired += detector.drift_detected
    return fired
