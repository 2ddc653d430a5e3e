"""The features of scored rows, counted over the baseline's bins group by group, all groups at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from models.baseline import MISSING, UNSEEN_BIN, Baseline
from schemas.profile import fixed

Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Histograms:
    """Counts (G, F, W) of G groups: each feature's bins, then its unseen rows, then those it is missing in.

    `sums` (G, F, 2) are those of standardised values and of their squares, in millionths.
    """

    counts: Longs
    sums: Longs

    def features(self, group: int) -> list[dict[str, Any]]:
        """A group's features as Avro records."""
        counts, sums = self.counts[group], self.sums[group].tolist()
        unseen, missing = counts[:, -2].tolist(), counts[:, -1].tolist()
        filled = [np.flatnonzero(row) for row in counts[:, :-2]]
        return [
            {
                "feature": feature,
                "missing": missing[feature],
                "unseen": unseen[feature],
                "bins": bins.tolist(),
                "counts": counts[feature, bins].tolist(),
                "sum": sums[feature][0],
                "square": sums[feature][1],
            }
            for feature, bins in enumerate(filled)
        ]


Count = Callable[[NDArray[np.float32], Longs, int], Histograms]
"""(features as they came (n, F), each row's group (n,), how many groups) -> their histograms."""


def counting(baseline: Baseline) -> Count:
    """How rows are counted over the bins of `baseline`."""
    width = max(feature.bins for feature in baseline.features) + 2

    def by_columns(raw: NDArray[np.float32], groups: Longs, count: int) -> Histograms:
        return counted(baseline.bins(raw), baseline.standardised(raw), (groups, count), width=width)

    if compiled is None:
        return by_columns
    fit = baseline.as_arrays()

    def at_once(raw: NDArray[np.float32], groups: Longs, count: int) -> Histograms:
        features = len(baseline.features)
        made = Histograms(np.zeros((count, features, width), np.int64), np.zeros((count, features, 2), np.int64))
        given = np.ascontiguousarray(raw), np.ascontiguousarray(groups, np.int64)
        compiled.histograms(*given, *fit, made.counts, made.sums, width, count)
        return made

    return at_once


def counted(
    bins: NDArray[np.int32], standardised: NDArray[np.float64], grouped: tuple[Longs, int], *, width: int
) -> Histograms:
    """The histograms of rows whose bins are known, (n, F), by numpy; `grouped` is each row's group and their number."""
    groups, count = grouped
    features = bins.shape[1]
    shifted = np.where(bins == MISSING, width - 1, np.where(bins == UNSEEN_BIN, width - 2, bins))
    flat = (shifted + (np.arange(features) + groups[:, None] * features) * width).reshape(-1)
    counts = np.bincount(flat, minlength=count * features * width).reshape(count, features, width)
    sums = np.zeros((count, features, 2), np.int64)
    np.add.at(sums[..., 0], groups, fixed(standardised))
    np.add.at(sums[..., 1], groups, fixed(standardised**2))
    return Histograms(counts, sums)
