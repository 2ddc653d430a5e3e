"""Means and spreads of a window's standardised features, with the dispersion that the baseline's blocks show.

The baseline keeps no means by block, but histograms: what varies between blocks is read off those, each bin at its
middle. Of heavy tails that says too little, so that these are evidence of what moved, not tests to page on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.drift.stats.binned import Counts, Floats
from services.drift.stats.dispersion import Dispersion, of_vectors, psi_p

NORMAL = 2.0
"""The variance of the square of a standard normal value."""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Of F features: the mean's shift in the baseline's deviations, the variance over the baseline's; all (F,)."""

    shift: Floats
    shift_p: Floats
    ratio: Floats
    ratio_p: Floats


def middles(edges: Sequence[float], mean: float, sd: float) -> Floats:
    """Standardised middles (B,) of bins between inner `edges` (B - 1); the outer ones are as wide as their neighbours.

    >>> middles([0.0, 2.0, 3.0], 1.0, 2.0).tolist()
    [-1.0, 0.0, 0.75, 1.25]
    """
    inner = np.asarray(edges, dtype=np.float64)
    if not len(inner):
        return np.zeros(1)
    first, last = (inner[1] - inner[0], inner[-1] - inner[-2]) if len(inner) > 1 else (2 * sd, 2 * sd)
    outer = np.concatenate([[inner[0] - first], inner, [inner[-1] + last]])
    return np.asarray(((outer[1:] + outer[:-1]) / 2.0 - mean) / (sd or 1.0))


def compare_moments(sums: Floats, squares: Floats, rows: Counts, blocks: Counts, places: Floats) -> Moments:
    """Compare a window's sums and sums of squares of (x - mean) / sd, (F,) over `rows`, with the baseline.

    `blocks` (K, F, B) are the baseline's histograms, `places` (F, B) each bin's standardised middle.
    """
    whole = np.asarray(rows, dtype=np.float64)
    shift = sums / np.maximum(whole, 1.0)
    ratio = np.maximum(squares / np.maximum(whole, 1.0) - shift**2, 0.0)
    centred = places - _mean(blocks, places)[:, None]
    spread = _mean(blocks, centred**2)
    tails = np.maximum(_mean(blocks, centred**4) / np.where(spread > 0, spread, 1.0) ** 2 - 1.0, NORMAL)
    moved, widened = _dispersion(blocks, centred), _dispersion(blocks, centred**2)
    return Moments(
        shift=shift,
        shift_p=psi_p(shift**2, moved, whole),
        ratio=np.where(whole > 0, ratio, np.nan),
        ratio_p=psi_p((ratio - 1.0) ** 2 / tails, widened, whole),
    )


def _mean(blocks: Counts, values: Floats) -> Floats:
    """The mean of `values` (F, B) over all blocks' rows, (F,)."""
    counts = np.asarray(blocks, dtype=np.float64).sum(axis=0)
    return np.asarray((counts * values).sum(axis=-1) / np.maximum(counts.sum(axis=-1), 1.0))


def _dispersion(blocks: Counts, values: Floats) -> Dispersion:
    """Dispersion of the blocks' means of `values` (F, B), a row's variance as their unit."""
    counts = np.asarray(blocks, dtype=np.float64)
    rows, mean = counts.sum(axis=-1), _mean(counts, values)
    unit = _mean(counts, (values - mean[:, None]) ** 2)
    off = (counts * values).sum(axis=-1) / np.maximum(rows, 1.0) - mean
    scaled = np.where(unit > 0, off / np.sqrt(np.where(unit > 0, unit, 1.0)), 0.0)
    return of_vectors(scaled[..., None], rows, (unit > 0).astype(np.float64))
