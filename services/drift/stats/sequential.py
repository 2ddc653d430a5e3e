"""The one sequential test that may page: CUSUMs of realised errors in prediction order (docs/decisions/0015).

Each of three CUSUMs (Page 1954) is the best test of one shift of the error rate (Moustakides 1986): together they are
late for none. What a sixteenth of a bucket adds is the binomial log likelihood ratio, divided by how much more than
chance the baseline's blocks vary. The heights are Siegmund's (1985), with half an error as the overshoot of rows that
come one by one: in sixteenths it is more, which only makes runs longer. How often they are passed is the mean over
what the baseline's rate and dispersion may be, given its blocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log, log1p, sqrt
from typing import Any, Self

import numpy as np
from scipy.special import ndtri

from services.drift.stats.binned import Counts, Floats
from services.drift.stats.dispersion import of_shares

SHIFTS = (0.02, 0.05, 0.2)
MOST_ROWS, RATES, FORMAT = 2**53, 21, 1
LARGEST, FARTHEST, HIGHEST = 600.0, 50.0, 1e5
BISECTIONS, UNLIKELY = 60, 0.01
"""Dispersion beyond its upper 99 % bound is left out: four blocks could never tell that it is not huge."""
NARROWEST, WIDEST = 1e-4, 0.9


class CountRefused(ValueError):
    """A sixteenth of a bucket that cannot be: the test goes on from where it stood."""


@dataclass(frozen=True, kw_only=True)
class Null:
    """Error rates when nothing has changed: the baseline's rate, how surely it is known, how it is dispersed.

    `deviation` is the rate's standard error; `dispersion` >= 1 by how much the variance of long sums exceeds the
    binomial one; `taus`, `weights` (Q,) what it may be, and how likely.
    """

    rate: float
    deviation: float
    dispersion: float
    taus: Floats
    weights: Floats


def null_of(errors: Counts, rows: Counts) -> Null:
    """The null that the baseline's blocks say: `errors` of `rows` in each, (K,)."""
    found, whole = (np.asarray(one, dtype=np.float64)[:, None] for one in (errors, rows))
    between = of_shares(found, whole)
    taus, weights = between.taus()
    likely = weights.cumsum(axis=0)[:, 0] >= UNLIKELY
    total, block = float(between.rows[0]), float(between.block_rows[0])
    rate = float(np.clip((found.sum() + 0.5) / (total + 1.0), NARROWEST, WIDEST))
    dispersion = 1.0 + block * float(between.tau2[0])
    return Null(
        rate=rate,
        deviation=sqrt(rate * (1.0 - rate) * dispersion / max(total, 1.0)),
        dispersion=dispersion,
        taus=1.0 + block * taus[likely, 0],
        weights=weights[likely, 0] / weights[likely, 0].sum(),
    )


def run_length(height: float, drift: Floats, slope: Floats) -> Floats:
    """Rows until a CUSUM passes `height` on average, where its sums drift so much a row, of adjustment `slope`.

    `slope` is the t at which exp(t sum) has mean 1: that of Brownian motion is -2 drift / variance (Siegmund 1985).

    >>> round(float(run_length(5.0, np.array([-0.5]), np.array([1.0]))[0]))
    285
    """
    steep = np.minimum(slope * height, LARGEST)
    risen = np.where(np.abs(steep) < NARROWEST, steep**2 / 2.0, np.expm1(steep) - steep)
    return risen / (-slope * drift)


def adjustment(rates: Floats, wrong: float, right: float) -> Floats:
    """The t other than 0 with rates exp(t wrong) + (1 - rates) exp(t right) = 1, (R,), by bisection.

    It is 1 for a log likelihood ratio whose null is true, less where errors are more likely than that.

    >>> adjustment(np.array([0.1]), float(np.log(1.5)), float(np.log(0.85 / 0.9))).round(9).tolist()
    [1.0]
    """
    falls = rates * wrong + (1.0 - rates) * right < 0
    near, far = np.where(falls, NARROWEST, -NARROWEST), np.where(falls, 1.0, -1.0) * (FARTHEST / wrong)
    for _ in range(BISECTIONS):
        middle = (near + far) / 2.0
        short = rates * np.exp(middle * wrong) + (1.0 - rates) * np.exp(middle * right) < 1.0
        near, far = np.where(short, middle, near), np.where(short, far, middle)
    return near


@dataclass(frozen=True, kw_only=True)
class Cusum:
    """CUSUMs for some shifts: what an error and a right answer add to each, and the heights that fire; immutable."""

    right: tuple[float, ...]
    wrong: tuple[float, ...]
    heights: tuple[float, ...]

    @classmethod
    def tuned(cls, null: Null, *, rows: float, shifts: Sequence[float] = SHIFTS) -> Self:
        """CUSUMs that together fire once in `rows` rows when nothing has changed; each has an equal part in that."""
        tops = [min(null.rate + shift, (1.0 + null.rate) / 2.0) for shift in shifts]
        wrong = [log(top / null.rate) / null.dispersion for top in tops]
        right = [(log1p(-top) - log1p(-null.rate)) / null.dispersion for top in tops]
        heights = [_height(null, one, other, rows * len(tops)) for one, other in zip(wrong, right, strict=True)]
        return cls(right=tuple(right), wrong=tuple(wrong), heights=tuple(heights))

    def start(self) -> "Standing":
        """Where it begins."""
        return Standing(sums=(0.0,) * len(self.heights), rows=0, errors=0, highest=0.0)

    def advance(self, standing: "Standing", rows: int, errors: int) -> "Standing":
        """Where it stands after a sixteenth of a bucket with `errors` in `rows`; sums stop at their heights.

        Raises CountRefused, for what are no counts: then `standing` holds as it is.
        """
        if not is_counted(rows, errors):
            raise CountRefused(f"found {errors!r} errors in {rows!r} rows, expected 0 <= errors <= rows < 2^53, whole")
        whole, bad = int(rows), int(errors)
        moved = [
            max(0.0, before + bad * wrong + (whole - bad) * right)
            for before, wrong, right in zip(standing.sums, self.wrong, self.right, strict=True)
        ]
        capped = tuple(min(one, most) for one, most in zip(moved, self.heights, strict=True))
        highest = max(one / most for one, most in zip(capped, self.heights, strict=True))
        return Standing(sums=capped, rows=standing.rows + whole, errors=standing.errors + bad, highest=highest)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Sums, rows and errors so far, and the nearest sum's share of its height."""

    sums: tuple[float, ...]
    rows: int
    errors: int
    highest: float

    @property
    def fired(self) -> bool:
        """Whether a sum stands at its height."""
        return self.highest >= 1.0

    def state(self) -> dict[str, Any]:
        """What JSON can hold; `of_state` gives exactly this standing back."""
        return {
            "format": FORMAT,
            "sums": [one.hex() for one in self.sums],
            "rows": self.rows,
            "errors": self.errors,
            "highest": self.highest.hex(),
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The standing that `state` was made of; ValueError for anything else."""
        if state.get("format") != FORMAT:
            raise ValueError(f"found format {state.get('format')!r}, expected {FORMAT}: rebuild from the profiles")
        sums, highest = tuple(float.fromhex(one) for one in state["sums"]), float.fromhex(state["highest"])
        if not all(isfinite(one) and one >= 0.0 for one in (*sums, highest)):
            raise ValueError("found a sum that is no number, expected finite ones: rebuild from the profiles")
        return cls(sums=sums, rows=int(state["rows"]), errors=int(state["errors"]), highest=highest)


def is_counted(rows: Any, errors: Any) -> bool:
    """Whether these are whole numbers with 0 <= errors <= rows < 2^53."""
    whole = all(isinstance(one, int | np.integer) and not isinstance(one, bool) for one in (rows, errors))
    return whole and 0 <= errors <= rows < MOST_ROWS


def _height(null: Null, wrong: float, right: float, rows: float) -> float:
    """The height that is passed once in `rows`, on average over rates and dispersions, by bisection."""
    rates = null.rate + null.deviation * ndtri((np.arange(RATES) + 0.5) / RATES)
    rates = np.clip(rates, NARROWEST, 1.0 - NARROWEST)
    drift = (rates * wrong + (1.0 - rates) * right)[:, None]
    slope = adjustment(rates, wrong, right)[:, None] / null.taus
    weights, low, high = null.weights / RATES, 0.0, 1.0

    def fires_a_row(height: float) -> float:
        return float((weights / run_length(height + wrong / 2.0, drift, slope)).sum())

    while fires_a_row(high) * rows > 1.0 and high < HIGHEST:
        low, high = high, 2.0 * high
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if fires_a_row(middle) * rows > 1.0 else (low, middle)
    return high
