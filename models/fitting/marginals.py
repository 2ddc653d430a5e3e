"""The marginals of the out-of-distribution detector: where each feature may lie, and what makes it comparable."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from models.marginal import HIGHEST, Marginal

SIGMAS, FIRST, LAST = 5.9, 0.03, 0.97
FARTHER, TAIL = 1.1, 3.0
KNOTS, OUTERMOST, ROWS_BEYOND, MOST_BEYOND = 7, 3.0, 10, 0.4
ROUNDING = 1e-6
NORMAL = NormalDist()

Floats = NDArray[np.float64]


def known_of(column: NDArray[np.float32]) -> Floats:
    """The values that are there, sorted; a single 0 if none is."""
    values = np.sort(column[~np.isnan(column)].astype(np.float64))
    return values if values.size else np.zeros(1)


def _at(values: Floats, share: float) -> float:
    """The value of sorted `values` below which `share` of them lie."""
    return float(values[min(len(values) - 1, int(share * len(values)))])


def bounds(known: list[Floats], *, budget: float) -> list[tuple[float, float]]:
    """(lowest, highest) of each feature.

    A bound lies where six standard deviations more take nearly every row beyond it. The tails that lie beyond
    theirs in fewest reference rows get it, as long as the share of those rows stays within `budget`; the others
    are bounded beyond the farthest value seen: by a tenth, or as far as tails that fall with the cube need.
    """
    limits, costs = np.empty((len(known), 2)), np.empty((len(known), 2))
    for place, values in enumerate(known):
        reach = SIGMAS * values.std()
        limits[place] = _at(values, LAST) - reach, _at(values, FIRST) + reach
        costs[place] = np.mean(values <= limits[place, 0]), np.mean(values >= limits[place, 1])
    cheapest = np.argsort(costs, axis=None, kind="stable")
    dear = np.zeros(costs.size, dtype=np.bool_)
    dear[cheapest] = np.cumsum(costs.ravel()[cheapest]) > budget
    rows = max(len(values) for values in known)
    times = max(FARTHER, float(dear.sum() / (budget * rows)) ** (1.0 / TAIL))
    farther = np.array([_at(v, 0.5) + times * (v[[0, -1]] - _at(v, 0.5)) for v in known])
    chosen = np.where(dear.reshape(costs.shape), farther, limits)
    return [(float(low), float(high)) for low, high in chosen]


def marginal(place: int, values: Floats, limits: tuple[float, float]) -> Marginal:
    """The bounds and the curve of sorted `values`; anything but its one value lies outside a constant's."""
    centre, least = _at(values, 0.5), _spread(values)
    if values[0] == values[-1]:
        knots, heights = [centre - least, centre + least], [0.0, 0.0]
        limits = (centre, centre)
    else:
        knots, heights = _curve(values)
    return Marginal(
        place=place,
        lowest=short(min(limits[0], centre - least)),
        centre=short(centre),
        highest=short(max(limits[1], centre + least)),
        knots=tuple(knots),
        heights=tuple(heights),
    )


def _spread(values: Floats) -> float:
    """The standard deviation of sorted `values`, or what passes for rounding if that is more; never 0."""
    return max(float(values.std()), ROUNDING * abs(_at(values, 0.5))) or ROUNDING


def _curve(values: Floats) -> tuple[list[float], list[float]]:
    """Knots and heights that turn sorted `values` into normal scores (van der Waerden 1952), ties at their mid-rank.

    Beyond the outer knots the curve goes on as steeply as before, but no more than a standard deviation a unit,
    up to 8.
    """
    rows = len(values)
    outer = min(OUTERMOST, NORMAL.inv_cdf(1.0 - min(MOST_BEYOND, ROWS_BEYOND / rows)))
    knots = np.unique([_at(values, NORMAL.cdf(level)) for level in np.linspace(-outer, outer, KNOTS)])
    ranks = np.searchsorted(values, knots, side="left") + np.searchsorted(values, knots, side="right")
    scores = np.array([NORMAL.inv_cdf(rank / (2 * rows)) for rank in ranks])
    steepest = 1.0 / _spread(values)
    slopes = np.diff(scores) / np.diff(knots)
    first, last = (min(steepest, slopes[end]) if len(slopes) else steepest for end in (0, -1))
    ends = knots[0] - (HIGHEST + scores[0]) / first, knots[-1] + (HIGHEST - scores[-1]) / last
    points = {short(knot): short(score) for knot, score in zip(knots, scores, strict=True)}
    points = {short(ends[0]): -HIGHEST, **points, short(ends[1]): HIGHEST}
    return list(points), list(points.values())


def short(value: float) -> float:
    """Nine digits: as many as tell every float32 apart, too few to show a library's order of summing."""
    return float(f"{value:.9g}")
