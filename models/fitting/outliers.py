"""The fitting of the out-of-distribution detector, held to its rate by rows that it had not seen."""

import numpy as np
from numpy.typing import NDArray

from models.contract import Contract
from models.fitting.marginals import bounds, known_of, marginal, short
from models.marginal import Marginal
from models.ood import ROOT_UNIT, OutOfDistribution

FOLDS = 5
BOUNDS_SHARE = 0.7
HEAVIEST = 3.2
LEAST_SHRINKAGE = 1e-4
JUST_ABOVE = 1.01

Floats = NDArray[np.float64]


def fit_outliers(matrix: NDArray[np.float32], contract: Contract) -> OutOfDistribution | None:
    """The detector of reference rows (n, F) as they came, NaN where missing; None if there is nothing to detect.

    That is where every feature is a category, or the contract's `ood_rate` is 0.
    The threshold comes from rows judged by what was fitted on the other four fifths, so that the share flagged of
    unseen rows is the contract's `ood_rate`; where scores are tied it is less.
    """
    if not contract.ood_rate or all(feature.type == "category" for feature in contract.features):
        return None
    beyond, distances = np.empty(len(matrix)), np.empty(len(matrix))
    fold = folds(len(matrix))
    for number in range(FOLDS):
        held = fold == number
        beyond[held], distances[held] = _fitted(matrix[~held], contract).measure(matrix[held])
    return _held_to_rate(_fitted(matrix, contract), beyond, distances)


def folds(rows: int) -> NDArray[np.int64]:
    """The fold of each row, (rows,): scattered without chance (Knuth's multiplicative hash), so no rhythm shows."""
    hashed = np.arange(rows, dtype=np.uint64) * np.uint64(2_654_435_761) % np.uint64(2**32)
    return np.asarray(hashed * np.uint64(FOLDS) >> np.uint64(32)).astype(np.int64)


def shrinkage(heights: Floats) -> float:
    """How much of the covariance of `heights` (n, m), mean zero, to replace by a multiple of the identity.

    The estimate of Ledoit & Wolf (2004), between 0 and 1: little for many rows, more for few.
    """
    rows, width = heights.shape
    found = heights.T @ heights / rows
    aim = np.trace(found) / width
    apart = float(((found - aim * np.eye(width)) ** 2).sum())
    noise = float(((heights**2).sum(axis=1) ** 2).mean() - (found**2).sum()) / rows
    return min(1.0, noise / apart) if apart > 0.0 else 0.0


def _fitted(matrix: NDArray[np.float32], contract: Contract) -> OutOfDistribution:
    """Bounds, curves and root of these rows; the threshold is not known yet."""
    places = [place for place, feature in enumerate(contract.features) if feature.type != "category"]
    known = [known_of(matrix[:, place]) for place in places]
    limits = bounds(known, budget=BOUNDS_SHARE * contract.ood_rate)
    marginals = tuple(
        marginal(place, values, between) for place, values, between in zip(places, known, limits, strict=True)
    )
    return OutOfDistribution(
        rate=contract.ood_rate,
        rows=len(matrix),
        width=len(contract.features),
        features=marginals,
        root=_root(matrix[:, places], marginals),
        threshold=1.0,
    )


def _root(matrix: NDArray[np.float32], marginals: tuple[Marginal, ...]) -> tuple[tuple[int, ...], ...]:
    """The inverse square root of the heights' covariance, shrunk so that it exists, as whole units' lower triangle.

    Rounding to 2^-17 lies far above what libraries' orders of summing differ by, and far below sampling error.
    """
    heights = np.stack(
        [np.interp(matrix[:, at].astype(np.float64), one.knots, one.heights) for at, one in enumerate(marginals)],
        axis=1,
    )
    known = ~np.isnan(heights)
    heights[~known] = 0.0
    pairs = known.T.astype(np.float64) @ known
    found = heights.T @ heights / np.maximum(pairs, 1.0)
    found += np.diag(_nuggets(np.diag(found), marginals))
    share = max(shrinkage(heights), LEAST_SHRINKAGE)
    found = (1.0 - share) * found + share * np.eye(len(found)) * np.trace(found) / len(found)
    spread, axes = np.linalg.eigh(found)
    root = (axes / np.sqrt(np.maximum(spread, LEAST_SHRINKAGE))) @ axes.T
    return tuple(tuple(row[: place + 1]) for place, row in enumerate(np.rint(root / ROOT_UNIT).astype(int).tolist()))


def _nuggets(variances: Floats, marginals: tuple[Marginal, ...]) -> Floats:
    """What to add to each variance so that no value in the reference's body weighs more than 3.2 deviations.

    Else a flag that is true in one row of fifty would be the whole distance of that row; a constant gets 1.
    """
    heaviest = [max(map(abs, one.heights[1:-1]), default=HEAVIEST) / HEAVIEST for one in marginals]
    return np.maximum(np.square(heaviest) - variances, 0.0)


def _held_to_rate(made: OutOfDistribution, beyond: Floats, distances: Floats) -> OutOfDistribution:
    """`made` with the threshold that flags its rate of rows never seen, those outside a bound included."""
    flagged = round(made.rate * len(beyond))
    outside = beyond >= 1.0
    if outside.sum() <= flagged:
        return made.model_copy(update={"threshold": _above(distances[~outside], flagged - int(outside.sum()))})
    wider = _above(beyond, flagged)
    features = tuple(_widened(feature, wider) for feature in made.features)
    return made.model_copy(update={"features": features, "threshold": _above(distances, 0)})


def _above(found: Floats, rows: int) -> float:
    """A level which `rows` of `found` lie above, or fewer where values are tied."""
    fall = np.sort(found)[::-1]
    level = fall[min(rows, len(fall) - 1)]
    higher = fall[fall > level]
    return short(float((level + higher[-1]) / 2 if higher.size else level * JUST_ABOVE + LEAST_SHRINKAGE))


def _widened(feature: Marginal, times: float) -> Marginal:
    low, high = ((bound - feature.centre) * times + feature.centre for bound in (feature.lowest, feature.highest))
    return feature.model_copy(update={"lowest": short(low), "highest": short(high)})
