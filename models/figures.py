"""Figures of a model's quality, from one table of its rows: by score bin and label, or by decision and label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def binary(counts: NDArray[Any], middles: NDArray[np.float64], positive_from: int) -> dict[str, float]:
    """Precision, recall, F1, AUC, Brier score and calibration error of rows (S, 2) by score bin and false, true.

    AUC counts a pair in one bin as half (Hanley and McNeil 1982); Brier score and calibration error take each bin's
    middle for its scores. A figure that nothing was counted for is left out.

    >>> counts = np.array([[3, 0], [1, 2]])
    >>> {name: round(value, 3) for name, value in binary(counts, np.array([0.25, 0.75]), 1).items()}
    {'precision': 0.667, 'recall': 1.0, 'f1': 0.8, 'auc': 0.875, 'brier': 0.146, 'calibration_error': 0.167}
    """
    negative, positive = counts.T
    right, claimed, there = positive[positive_from:].sum(), counts[positive_from:].sum(), positive.sum()
    found = {"precision": right / claimed} if claimed else {}
    found |= {"recall": right / there} if there else {}
    found |= {"f1": 2 * right / (claimed + there)} if claimed + there else {}
    if there and negative.sum():
        below = np.concatenate([[0], np.cumsum(negative)[:-1]])
        found["auc"] = (positive * (below + negative / 2)).sum() / (there * negative.sum())
    rows = counts.sum(axis=1)
    found["brier"] = (positive * (1 - middles) ** 2 + negative * middles**2).sum() / rows.sum()
    found["calibration_error"] = np.abs(positive - rows * middles).sum() / rows.sum()
    return {name: float(value) for name, value in found.items()}


def multiclass(confusion: NDArray[Any]) -> dict[str, float]:
    """F1 of rows (L, L) by decided and by true class: the mean over classes that were decided or are there (macro).

    Each class against all others, F1 twice what is right over what was decided plus what is there. {} without rows.

    >>> {name: round(value, 3) for name, value in multiclass(np.array([[2, 1, 0], [0, 1, 0], [0, 0, 0]])).items()}
    {'f1': 0.733}
    """
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    there = both > 0
    return {"f1": float((2 * np.diagonal(confusion)[there] / both[there]).mean())} if there.any() else {}
