"""How far scores are from those that are served, how near to the truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HALF = 0.5


@dataclass(frozen=True)
class Fidelity:
    """Differences of scores; shares of rows decided alike and right; how well true rows stand above false ones."""

    mean: float
    p99: float
    most: float
    alike: float
    right: float
    auc: float


def fidelity(scores: NDArray[np.float64], served: NDArray[np.float64], truth: NDArray[np.int64]) -> Fidelity:
    """`scores` (n,) beside those `served` (n,) and the truth (n,), 0 or 1; decided at a half."""
    far, decided = np.abs(scores - served), scores >= HALF
    return Fidelity(
        mean=float(far.mean()),
        p99=float(np.quantile(far, 0.99)),
        most=float(far.max()),
        alike=float((decided == (served >= HALF)).mean()),
        right=float((decided == truth).mean()),
        auc=auc(scores, truth),
    )


def auc(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """The chance that a true row scores above a false one, ties half (Mann and Whitney, 1947).

    >>> auc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0, 0, 1, 1]))
    0.875
    """
    _, place, many = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (many.cumsum() - (many - 1) / 2)[place]
    true = int(truth.sum())
    above = ranks[truth == 1].sum() - true * (true + 1) / 2
    return float(above / (true * (len(truth) - true)))
