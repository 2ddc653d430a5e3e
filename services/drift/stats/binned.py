"""Distances between two histograms over the same bins, of one feature or of many at once.

Every function takes counts whose last axis is the bins, (..., B); rows of different lengths are padded with zeros.
A bin that is empty on both sides does not exist; a bin that is empty on one side holds half a row there, so that
logarithms stay finite. Two equal histograms are at distance 0, and so is anything from a side without rows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

HALF_A_ROW = 0.5
FEWEST_EXPECTED = 5.0
Floats = NDArray[np.float64]
Counts = NDArray[Any]
"""Counts, whole or not, none of them negative."""


def stacked(tables: Sequence[Counts]) -> Floats:
    """Block histograms (K, B_f) of F features as one array (K, F, B), B the longest; zeros fill the shorter ones.

    >>> stacked([np.array([[1, 2]]), np.array([[3, 4, 5]])]).tolist()
    [[[1.0, 2.0, 0.0], [3.0, 4.0, 5.0]]]
    """
    whole = np.zeros((len(tables[0]), len(tables), max(np.shape(one)[1] for one in tables)))
    for place, one in enumerate(tables):
        whole[:, place, : np.shape(one)[1]] = one
    return whole


def _shares(window: Counts, baseline: Counts) -> tuple[Floats, Floats]:
    """Both as shares, half a row in place of a single zero."""
    found, known = (np.asarray(side, dtype=np.float64) for side in (window, baseline))
    there = (found > 0) | (known > 0)
    sides = [np.where(there & (side == 0), HALF_A_ROW, side) for side in (found, known)]
    empty = ~((found.sum(axis=-1) > 0) & (known.sum(axis=-1) > 0))[..., None]
    totals = [np.where(empty, 1.0, side.sum(axis=-1, keepdims=True)) for side in sides]
    first, second = (np.where(empty, 0.0, side / total) for side, total in zip(sides, totals, strict=True))
    return first, second


def psi(window: Counts, baseline: Counts) -> Floats:
    """Population stability index, (...): the symmetrised Kullback-Leibler divergence (Jeffreys 1946), in nats.

    >>> round(float(psi(np.array([30, 70]), np.array([50, 50]))), 4)
    0.1695
    """
    found, known = _shares(window, baseline)
    return np.asarray(
        np.maximum(
            (xlogy(found - known, np.where(found > 0, found / np.where(known > 0, known, 1.0), 1.0))).sum(axis=-1), 0.0
        )
    )


def jensen_shannon(window: Counts, baseline: Counts) -> Floats:
    """Jensen-Shannon divergence in nats, (...), at most ln 2 (Lin 1991); 8 of it are a PSI to second order.

    >>> round(float(jensen_shannon(np.array([30, 70]), np.array([50, 50]))), 5)
    0.02101
    """
    found, known = _shares(window, baseline)
    middle = (found + known) / 2
    safe = np.where(middle > 0, middle, 1.0)
    halves = [xlogy(side, np.where(side > 0, side / safe, 1.0)).sum(axis=-1) for side in (found, known)]
    return np.asarray(np.maximum((halves[0] + halves[1]) / 2, 0.0))


def chi_square(window: Counts, baseline: Counts) -> Floats:
    """Pearson's statistic that both are of one distribution, (...); times (1/n + 1/m) it is a PSI to second order.

    >>> round(float(chi_square(np.array([30, 70]), np.array([50, 50]))), 4)
    8.3333
    """
    found, known = (np.asarray(side, dtype=np.float64) for side in (window, baseline))
    rows, others = (side.sum(axis=-1, keepdims=True) for side in (found, known))
    there = (rows > 0) & (others > 0)
    ratio = np.sqrt(np.where(there, others, 1.0) / np.where(there, rows, 1.0))
    both = found + known
    off = (found * ratio - known / ratio) ** 2 / np.where(both > 0, both, 1.0)
    return np.asarray(np.where(there, off, 0.0).sum(axis=-1))


def ks(window: Counts, baseline: Counts) -> Floats:
    """The largest difference of the cumulated shares of ordered bins, (...) (Kolmogorov 1933, Smirnov 1939).

    >>> round(float(ks(np.array([30, 70]), np.array([50, 50]))), 4)
    0.2
    """
    found, known = (np.asarray(side, dtype=np.float64) for side in (window, baseline))
    rows, others = (side.sum(axis=-1, keepdims=True) for side in (found, known))
    there = (rows > 0) & (others > 0)
    off = np.abs(
        np.cumsum(found, axis=-1) / np.where(there, rows, 1.0)
        - np.cumsum(known, axis=-1) / np.where(there, others, 1.0)
    )
    return np.asarray(np.where(there, off, 0.0).max(axis=-1))


def merged(window: Counts, blocks: Counts, fewest: float = FEWEST_EXPECTED) -> tuple[Floats, Floats]:
    """Window (F, B) and blocks (K, F, B) with rare bins put together, as (F, B + 1) and (K, F, B + 1).

    A bin is rare where the baseline expects fewer than `fewest` rows of the window in it, or holds fewer itself. The
    rare ones become one last bin; where even that is rare it joins the smallest of the others. Which are put together
    depends on the baseline and on how many rows the window has, never on where they fell.
    """
    known, found = np.asarray(blocks, dtype=np.float64), np.asarray(window, dtype=np.float64)
    whole = known.sum(axis=0)
    rows = np.minimum(found.sum(axis=-1, keepdims=True), whole.sum(axis=-1, keepdims=True))
    expected = rows * whole / np.maximum(whole.sum(axis=-1, keepdims=True), 1.0)
    kept = expected >= fewest
    rest = np.where(kept, 0.0, expected).sum(axis=-1)
    smallest = np.where(kept, expected, np.inf).argmin(axis=-1)
    target = np.where((rest < fewest) & kept.any(axis=-1), smallest, expected.shape[-1])
    features = np.arange(len(target))

    def together(counts: Floats) -> Floats:
        wide = np.concatenate([np.where(kept, counts, 0.0), np.zeros((*counts.shape[:-1], 1))], axis=-1)
        wide[..., features, target] += np.where(kept, 0.0, counts).sum(axis=-1)
        return wide

    return together(found), together(known)
