"""Shares of a window against shares of the baseline: missing, unseen, flagged or wrong rows, many at once."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betainc

from services.drift.stats.binned import Counts, Floats
from services.drift.stats.dispersion import Dispersion, of_shares

Side = Literal["above", "below", "both"]
HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class Shares:
    """F shares in the window and the baseline, `tau2` of the baseline's blocks, the p-value; all (F,)."""

    found: Floats
    expected: Floats
    tau2: Floats
    p_value: Floats


def compare_shares(
    counts: Counts,
    rows: Counts,
    block_counts: Counts,
    block_rows: Counts,
    *,
    delta: float = 0.0,
    side: Side = "above",
) -> Shares:
    """Test that shares differ from the baseline's by at most `delta`.

    `counts` of `rows` in the window (F,), `block_counts` of `block_rows` in each block (K, F). `side`: whether a share
    may have risen, fallen, or either. The rows between what is found and what is tolerated are tested as one Poisson
    rate against another (Przyborowski and Wilenski 1940), on counts divided by their over-dispersion; exact where
    shares are small, close to binomial elsewhere.
    """
    found, whole = np.asarray(counts, dtype=np.float64), np.asarray(rows, dtype=np.float64)
    known = np.asarray(block_counts, dtype=np.float64).sum(axis=0)
    dispersion = of_shares(block_counts, block_rows)
    p_value = dispersed_p(found, whole, known, dispersion, delta=delta, side=side)
    return Shares(
        found=found / np.maximum(whole, 1.0),
        expected=known / np.maximum(dispersion.rows, 1.0),
        tau2=dispersion.tau2,
        p_value=np.where((whole > 0) & (dispersion.rows > 0), p_value, 1.0),
    )


def dispersed_p(
    counts: Floats, rows: Floats, known: Floats, dispersion: Dispersion, *, delta: float = 0.0, side: Side = "above"
) -> Floats:
    """The p-value of `counts` of `rows` in the window, `known` of `dispersion.rows` in the baseline; all (F,)."""
    if side == "both":
        sides = [dispersed_p(counts, rows, known, dispersion, delta=delta, side=one) for one in ("above", "below")]
        return np.minimum(1.0, 2.0 * np.minimum(*sides))
    if side == "below":
        return dispersed_p(rows - counts, rows, dispersion.rows - known, dispersion, delta=delta)
    tolerated = np.minimum(known / np.maximum(dispersion.rows, 1.0) + delta, 1.0)
    # Above one half the rows without are the rarer ones, whose numbers are closer to Poisson.
    rare = tolerated <= HALF
    upper = _rate_p(counts, rows, np.minimum(tolerated, HALF), dispersion, above=True)
    lower = _rate_p(rows - counts, rows, np.minimum(1.0 - tolerated, HALF), dispersion, above=False)
    return np.where(rare, upper, lower)


def _rate_p(counts: Floats, rows: Floats, share: Floats, dispersion: Dispersion, *, above: bool) -> Floats:
    """How likely so many (or so few) rows are where the baseline's share is `share`, averaged over tau2."""
    taus, weights = dispersion.taus()
    varied = 1.0 - share
    window = varied * (1.0 + taus * rows * np.maximum(1.0, dispersion.block_rows / np.maximum(rows, 1.0)))
    baseline = varied * (1.0 + taus * dispersion.block_rows)
    exposed, base = rows / window, dispersion.rows / baseline
    part = exposed / np.maximum(exposed + base, np.finfo(float).tiny)
    seen, before = counts / window, share * base
    if above:
        each = np.where(seen > 0, betainc(np.maximum(seen, np.finfo(float).tiny), before + 1.0, part), 1.0)
    else:
        fewer = betainc(np.maximum(before, np.finfo(float).tiny), seen + 1.0, 1.0 - part)
        each = np.where(before > 0, fewer, 1.0)
    return np.asarray(np.minimum((weights * each).sum(axis=0), 1.0))


def tail(count: int, rows: int, share: float) -> float:
    """The chance of `count` or more of `rows` where each is one with chance `share`, by the incomplete beta function.

    However many: scipy's own binomial tail gives NaN for more than 2^31 rows.

    >>> round(tail(2, 2, 0.5), 3), tail(0, 5, 0.1)
    (0.25, 1.0)
    """
    return float(betainc(count, rows - count + 1.0, share)) if count > 0 else 1.0
