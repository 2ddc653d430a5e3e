"""How much more than chance alone statistics vary between the baseline's own blocks, and p-values that allow for it.

A window of n rows differs from a baseline of m rows in K blocks by chance, (1/n + 1/m), and by what differs from one
stretch of time to another, tau2 (1 + 1/K): autocorrelation, seasons. tau2 is found by moments from the blocks. It is
itself uncertain: a p-value is the mean over what it may be, given the blocks (a generalised p-value, Tsui and
Weerahandi 1989), which is F where tau2 rules and chi-square where chance does.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri, gammaln, kolmogorov

from services.drift.stats.binned import Counts, Floats

NODES = 65
LOWEST_TAIL, HIGHEST_TAIL = 1e-13, 1e-9
FEWEST_BLOCKS = 2
WARY = 0.6
"""Rank and freedom come from the same few blocks as tau2, and out too large where that comes out too small."""
UNEVEN = 1.6
"""The third moment of directions of unequal weight by that of as many equal ones; 1.5 for AR(.9) on 20 bins."""


@dataclass(frozen=True, kw_only=True)
class Dispersion:
    """What the blocks say about each of F statistics; every array is (F,).

    `rows` of the baseline, in `blocks` blocks of `block_rows`; `width` is the degrees of freedom of the statistic in
    one block, `tau2` >= 0 its variance between blocks beyond chance, per degree; `rank` in how many directions that
    varies, 1 to `width`; `freedom` the degrees of freedom that tau2 is known with.
    """

    rows: Floats
    blocks: Floats
    block_rows: Floats
    width: Floats
    tau2: Floats
    rank: Floats
    freedom: Floats

    def excess(self, rows: Floats) -> Floats:
        """(1 + 1/K), times more where a window is shorter than a block: correlation may be shorter than both.

        In a stream that is not negatively correlated n times the variance of a mean never falls with n, so that what
        exceeds chance at `block_rows` is at most block_rows / n times as large at n.
        """
        return (1.0 + 1.0 / self.blocks) * np.maximum(1.0, self.block_rows / np.maximum(rows, 1.0))

    def chance(self, rows: Floats) -> Floats:
        """1/n + 1/m."""
        return 1.0 / np.maximum(rows, 1.0) + 1.0 / np.maximum(self.rows, 1.0)

    def expected(self, rows: Floats) -> Floats:
        """The mean of PSI (or 8 JS) of a window of n `rows`, (F,), when nothing has changed."""
        return self.width * (self.chance(rows) + self.tau2 * self.excess(rows))

    def taus(self) -> tuple[Floats, Floats]:
        """What tau2 may be: values (Q, F), and their weights (Q, F) that sum to 1."""
        low, high = np.log(chdtri(self.freedom, 1.0 - LOWEST_TAIL)), np.log(chdtri(self.freedom, HIGHEST_TAIL))
        places = low + (high - low) * np.linspace(0.0, 1.0, NODES)[:, None]
        half = self.freedom / 2.0
        weights = np.exp(half * (places - np.log(2.0)) - np.exp(places) / 2.0 - gammaln(half))
        unit = 1.0 / np.maximum(self.block_rows, 1.0)
        return np.maximum((unit + self.tau2) * self.freedom / np.exp(places) - unit, 0.0), weights / weights.sum(axis=0)


def of_vectors(deviations: Floats, rows: Floats, width: Floats) -> Dispersion:
    """Dispersion of vectors `deviations` (K, F, B), their blocks of `rows` (K, F), by moments.

    `deviations` are so scaled that chance alone gives each a mean square of `width` (F,) / rows. Their mean square and
    its spread over directions: Bai and Saranadasa 1996.
    """
    there = rows > 0
    blocks, total = np.maximum(there.sum(axis=0), FEWEST_BLOCKS).astype(np.float64), rows.sum(axis=0)
    mean_rows = np.maximum(total / blocks, 1.0)
    scaled = np.where(there[..., None], deviations * np.sqrt(rows / mean_rows)[..., None], 0.0)
    products = np.einsum("kfb,lfb->fkl", scaled, scaled, optimize=True) / (blocks - 1.0)[:, None, None]
    trace = np.einsum("fkk->f", products)
    free = blocks - 1.0
    square = free**2 / ((free + 2.0) * np.maximum(free - 1.0, 1.0)) * ((products**2).sum(axis=(1, 2)) - trace**2 / free)
    wide = np.maximum(width, 1.0)
    tiny = np.finfo(float).tiny
    square = np.maximum(np.clip(square, trace**2 / wide, trace**2), tiny)
    excess = np.maximum(trace - wide / mean_rows, 0.0)
    excess_square = np.maximum(square - 2.0 * trace / mean_rows + wide / mean_rows**2, excess**2 / wide)
    rank = np.where(excess > 0, excess**2 / np.maximum(excess_square, tiny), 1.0)
    directions = np.where(excess > 0, trace**2 / square, wide)
    return Dispersion(
        rows=total,
        blocks=blocks,
        block_rows=mean_rows,
        width=width.astype(np.float64),
        tau2=excess / wide,
        rank=np.clip(1.0 + WARY * (rank - 1.0), 1.0, wide),
        freedom=np.clip(WARY * directions, 1.0, wide) * free,
    )


def of_shares(counts: Counts, rows: Counts) -> Dispersion:
    """Dispersion of shares: `counts` of `rows` in each block, both (K, F)."""
    found, whole = np.asarray(counts, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    share = found.sum(axis=0) / np.maximum(whole.sum(axis=0), 1.0)
    varied = share * (1.0 - share)
    off = (found / np.maximum(whole, 1.0) - share) / np.sqrt(np.where(varied > 0, varied, 1.0))
    return of_vectors(np.where(varied > 0, off, 0.0)[..., None], whole, np.ones(len(share)))


def of_histograms(blocks: Counts) -> Dispersion:
    """Dispersion of the histograms (K, F, B) of F features; bins that are empty in all blocks do not count."""
    counts = np.asarray(blocks, dtype=np.float64)
    rows, whole = counts.sum(axis=-1), counts.sum(axis=0)
    shares = whole / np.maximum(whole.sum(axis=-1, keepdims=True), 1.0)
    found = counts / np.maximum(rows, 1.0)[..., None]
    off = (found - shares) / np.sqrt(np.where(shares > 0, shares, 1.0))
    return of_vectors(off, rows, np.maximum((whole > 0).sum(axis=-1) - 1.0, 0.0))


def of_cumulated(blocks: Counts) -> Dispersion:
    """Dispersion of the cumulated shares of ordered bins, (K, F, B): that of KS."""
    counts = np.asarray(blocks, dtype=np.float64)
    rows, whole = counts.sum(axis=-1), counts.sum(axis=0)
    below = np.cumsum(whole, axis=-1) / np.maximum(whole.sum(axis=-1, keepdims=True), 1.0)
    off = np.cumsum(counts, axis=-1) / np.maximum(rows, 1.0)[..., None] - below
    spread = (below * (1.0 - below)).sum(axis=-1)
    width = np.maximum((whole > 0).sum(axis=-1) - 1.0, 0.0)
    return of_vectors(off * np.sqrt(width / np.where(spread > 0, spread, 1.0))[:, None], rows, width)


def psi_p(distance: Floats, dispersion: Dispersion, rows: Floats) -> Floats:
    """How likely a PSI (8 JS, chi-square times (1/n + 1/m)) is at least `distance` (F,) when nothing has changed.

    `rows` (F,) of the window. The distance is a sum of squares in `width` directions, most of what varies between
    blocks often in few of them: it is taken as a chi-square, moved and stretched, with its first three moments (Hall
    1983, Buckley and Eagleson 1988).
    """
    taus, weights = dispersion.taus()
    width, chance = np.maximum(dispersion.width, 1.0), dispersion.chance(rows)
    varied = width * taus * dispersion.excess(rows)
    moments = [varied**power / dispersion.rank ** (power - 1) for power in (1, 2, 3)]
    moments[2] = moments[2] * np.minimum(np.sqrt(dispersion.rank), UNEVEN)
    first = width * chance + moments[0]
    second = width * chance**2 + 2.0 * chance * moments[0] + moments[1]
    third = width * chance**3 + 3.0 * chance**2 * moments[0] + 3.0 * chance * moments[1] + moments[2]
    freedom = second**3 / third**2
    place = np.maximum(freedom + (distance - first) * np.sqrt(freedom / second), 0.0)
    found = (weights * chdtrc(freedom, place)).sum(axis=0)
    return np.where((dispersion.width > 0) & (rows > 0), found, 1.0)


def ks_p(distance: Floats, cumulated: Dispersion, rows: Floats) -> Floats:
    """How likely KS is at least `distance` (F,) when nothing has changed; on few bins it is less likely than said."""
    taus, weights = cumulated.taus()
    scale = cumulated.chance(rows) + taus * cumulated.excess(rows)
    found = (weights * kolmogorov(distance / np.sqrt(scale))).sum(axis=0)
    return np.where((cumulated.width > 0) & (rows > 0), found, 1.0)
