"""What goes wrong in a world, as functions of its rows: one thing each."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from load.bench.drifting.world import CLASSES, Break, Rows, World

FLIPPED = 0.12
UNKNOWN = -1.0


class Story(NamedTuple):
    """A break, the class of cause that it ought to be put down to, and whether it ought to page."""

    happens: Break
    cause: str
    pages: bool


def heaviest(world: World, *kinds: str) -> int:
    """The feature of one of these kinds that weighs most."""
    places = [place for place, kind in enumerate(world.kinds) if kind in kinds]
    return max(places, key=lambda place: (abs(world.weights[place]), -place))


def _with(world: World, rows: Rows, matrix: NDArray[np.float32]) -> Rows:
    """Other inputs, answered by the same model; the truth follows them."""
    return replace(world.answered(matrix, rows.times), refused=rows.refused, degraded=rows.degraded)


def _mistold(world: World, rows: Rows, matrix: NDArray[np.float32]) -> Rows:
    """Inputs told wrongly: the model sees them, the truth is that of the inputs as they were."""
    return replace(world.answered(matrix, rows.times), labels=rows.labels)


def null_burst(rows: Rows, world: World) -> Rows:
    """A feature that weighs is empty in half of the rows."""
    matrix = rows.matrix.copy()
    matrix[::2, heaviest(world, "normal", "lognormal", "season")] = np.nan
    return _mistold(world, rows, matrix)


def missing_a_little(rows: Rows, world: World) -> Rows:
    """A feature is empty in a twentieth of the rows."""
    matrix = rows.matrix.copy()
    matrix[::20, heaviest(world, "normal")] = np.nan
    return _mistold(world, rows, matrix)


def other_unit(rows: Rows, world: World) -> Rows:
    """A feature comes a thousand times as large."""
    matrix = rows.matrix.copy()
    matrix[:, heaviest(world, "normal", "lognormal", "season")] *= 1000.0
    return _mistold(world, rows, matrix)


def renamed(rows: Rows, world: World) -> Rows:
    """The commonest category goes by a name that nobody knows."""
    place, matrix = heaviest(world, "category"), rows.matrix.copy()
    matrix[matrix[:, place] == 0, place] = UNKNOWN
    return _mistold(world, rows, matrix)


def covariate(rows: Rows, world: World, by: float = 1.0) -> Rows:
    """Features that weigh move by one standard deviation; what they mean stays."""
    matrix = rows.matrix.copy()
    for place in np.flatnonzero(world.weights).tolist():
        if world.kinds[place] in ("normal", "season", "ar"):
            matrix[:, place] += by
    return _with(world, rows, matrix)


def mean_up(rows: Rows, world: World) -> Rows:
    """One feature moves by half a standard deviation."""
    matrix = rows.matrix.copy()
    matrix[:, heaviest(world, "normal")] += 0.5
    return _with(world, rows, matrix)


def wider(rows: Rows, world: World) -> Rows:
    """One feature spreads half as much again."""
    matrix = rows.matrix.copy()
    matrix[:, heaviest(world, "normal")] *= 1.5
    return _with(world, rows, matrix)


def category_share(rows: Rows, world: World) -> Rows:
    """The second category takes ten points from the first."""
    place, matrix = heaviest(world, "category"), rows.matrix.copy()
    firsts = np.flatnonzero(matrix[:, place] == 0)
    matrix[firsts[:: max(1, len(firsts) * 10 // len(matrix))], place] = 1 % CLASSES
    return _with(world, rows, matrix)


def prior(rows: Rows, world: World) -> Rows:
    """Of the negatives only a fifth comes any more: what a positive looks like stays."""
    del world
    return rows.take(rows.labels | (np.arange(len(rows.labels)) % 5 == 0))


def flipped(rows: Rows, world: World, share: float = FLIPPED) -> Rows:
    """One label in eight, or such a share, says the opposite."""
    del world
    turned = (np.arange(len(rows.labels)) * 0.6180339887) % 1.0 < share
    return replace(rows, labels=rows.labels ^ turned)


STORIES: Mapping[str, Story] = {
    "null burst": Story(null_burst, "quality", pages=True),
    "unit x1000": Story(other_unit, "quality", pages=True),
    "renamed category": Story(renamed, "quality", pages=True),
    "missing 0 -> 5 %": Story(missing_a_little, "quality", pages=True),
    "covariate shift": Story(covariate, "data", pages=False),
    "prior shift": Story(prior, "label", pages=True),
    "concept flip": Story(flipped, "concept", pages=True),
    "mean +0.5 sd": Story(mean_up, "data", pages=False),
    "sd x1.5": Story(wider, "data", pages=False),
    "category +10 points": Story(category_share, "data", pages=False),
}
