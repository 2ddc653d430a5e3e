"""Quality without labels, of classifiers only: what calibrated scores say of accuracy, precision, recall and F1."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from services.drift.stats.binned import Counts, Floats

MICRO = 1_000_000
Curve = Callable[[Floats], Floats]
"""From scores to the chance of the positive class: models.calibrator.Calibrator.curve."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An estimated figure and the standard error with which the realised one scatters about it; NaN: undefined."""

    value: float
    error: float


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Expected confusion `cells` (decided L, true L) in rows, and figures.

    Precision, recall and F1 are those of the positive class of two, else the mean over classes.
    """

    rows: float
    cells: Floats
    accuracy: Figure
    precision: Figure
    recall: Figure
    f1: Figure


def from_rows(chances: Floats, decisions: NDArray[np.int64]) -> Estimate:
    """Estimate from each row's calibrated `chances`, (n,) of the positive class or (n, L), and `decisions` (n,).

    Confidence-based performance estimation (Kivimaki et al. 2025, Białek et al. 2024): a decision is right with the
    chance that calibration says; rows are independent given their scores.

    >>> said = from_rows(np.array([0.9, 0.2, 0.6, 0.1]), np.array([1, 0, 1, 0]))
    >>> said.cells.round(3).tolist(), round(said.accuracy.value, 3), round(said.f1.value, 3)
    ([[1.7, 0.3], [0.5, 1.5]], 0.8, 0.789)
    """
    wide = np.column_stack([1.0 - chances, chances]) if chances.ndim == 1 else chances
    return _of_weights(np.ones(len(wide)), wide, decisions)


def from_histogram(counts: Counts, middles: Floats, curve: Curve, positive_from: int) -> Estimate:
    """Estimate from `counts` (S,) of rows by score bin, each bin's scores standing at its middle.

    `positive_from` is the first bin of positive decisions. For a binary task. Where many scores lie at the outer ends
    of the outer bins this is off by what their middles are off (measured: .01 to .04): take accuracy from the sums.
    """
    chance = np.clip(curve(middles), 0.0, 1.0)
    decided = (np.arange(len(middles)) >= positive_from).astype(np.int64)
    return _of_weights(np.asarray(counts, dtype=np.float64), np.column_stack([1.0 - chance, chance]), decided)


def accuracy_from_sums(estimated: int, estimate_sum: int, estimate_variance: int) -> Figure:
    """Estimated accuracy from the sums of a profile, in 10^-6, over `estimated` rows.

    `estimate_sum` of the chance that each decision is right, `estimate_variance` of that chance times its complement.

    >>> accuracy_from_sums(4, 3_200_000, 600_000)
    Figure(value=0.8, error=0.19364916731037085)
    """
    if estimated <= 0:
        return Figure(value=float("nan"), error=float("nan"))
    return Figure(value=estimate_sum / MICRO / estimated, error=sqrt(max(estimate_variance, 0) / MICRO) / estimated)


def _of_weights(weights: Floats, chances: Floats, decisions: NDArray[np.int64]) -> Estimate:
    classes = chances.shape[1]
    cells, spread = np.zeros((classes, classes)), np.zeros((classes, classes))
    np.add.at(cells, decisions, weights[:, None] * chances)
    np.add.at(spread, decisions, weights[:, None] * chances * (1.0 - chances))
    rows = float(weights.sum())
    right = Figure(
        value=_ratio(float(np.trace(cells)), rows), error=_ratio(sqrt(max(float(np.trace(spread)), 0.0)), rows)
    )
    each = [_of_class(cells, spread, one) for one in ([1] if classes == 2 else range(classes))]  # noqa: PLR2004 - yes, no
    precision, recall, f1 = (_mean([one[place] for one in each]) for place in range(3))
    return Estimate(rows=rows, cells=cells, accuracy=right, precision=precision, recall=recall, f1=f1)


def _of_class(cells: Floats, spread: Floats, one: int) -> tuple[Figure, Figure, Figure]:
    """Precision, recall and F1 of one class against the others; errors by the delta method."""
    hit, hit_spread = float(cells[one, one]), float(spread[one, one])
    claimed, there = float(cells[one].sum()), float(cells[:, one].sum())
    lost_spread = float(spread[:, one].sum()) - hit_spread
    precision = Figure(value=_ratio(hit, claimed), error=_ratio(sqrt(max(hit_spread, 0.0)), claimed))
    missed = there - hit
    recall_error = sqrt(max(missed**2 * hit_spread + hit**2 * lost_spread, 0.0))
    recall = Figure(value=_ratio(hit, there), error=_ratio(recall_error, there**2))
    both = claimed + there
    f1_error = 2.0 * sqrt(max((both - hit) ** 2 * hit_spread + hit**2 * lost_spread, 0.0))
    return precision, recall, Figure(value=_ratio(2.0 * hit, both), error=_ratio(f1_error, both**2))


def _mean(figures: list[Figure]) -> Figure:
    """Mean over classes; its error as if they erred together, which is no less than what they do."""
    values, errors = [one.value for one in figures], [one.error for one in figures]
    return Figure(value=float(np.mean(values)), error=float(np.mean(errors)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
