"""Changes whose power is measured: what happens, and the one stream of numbers in which it shows."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from load.bench.drifting.days import ROWS
from load.bench.drifting.stories import category_share, heaviest, mean_up, missing_a_little, wider
from load.bench.drifting.world import DAY, REFERENCE_DAYS, Break, Rows, World

QUIET = 3
"""Days before the change."""
RAMP_ROWS = 10_000
MORE = 0.05
Values = NDArray[Any]


class Change(NamedTuple):
    """What happens from day `QUIET` on; `shows` is what a detector of one stream is best fed, row by row."""

    happens: Break
    shows: Callable[[Rows, World], Values]


def more_errors(rows: Rows, world: World) -> Rows:
    """Five of a hundred right decisions are wrong from now on."""
    decided = rows.scores >= world.contract.threshold
    chance = (np.arange(len(decided)) * 0.6180339887) % 1.0
    return replace(rows, labels=np.where(chance < MORE, ~decided, rows.labels))


def ramp(rows: Rows, world: World) -> Rows:
    """One feature moves by a standard deviation over ten thousand events, then stays."""
    place = heaviest(world, "normal")
    reached = min(1.0, (world.now / DAY - REFERENCE_DAYS - QUIET) * ROWS / RAMP_ROWS)
    matrix = rows.matrix.copy()
    matrix[:, place] += np.float32(reached)
    return world.answered(matrix, rows.times)


def value(rows: Rows, world: World) -> Values:
    """The feature that moves."""
    return rows.matrix[:, heaviest(world, "normal")].astype(np.float64)


def square(rows: Rows, world: World) -> Values:
    """Its square: no detector of river looks for another spread."""
    return np.asarray(value(rows, world) ** 2)


def second(rows: Rows, world: World) -> Values:
    """Whether it is the second category."""
    return np.asarray(rows.matrix[:, heaviest(world, "category")] == 1)


def empty(rows: Rows, world: World) -> Values:
    """Whether the feature is missing."""
    return np.isnan(rows.matrix[:, heaviest(world, "normal")])


def wrong(rows: Rows, world: World) -> Values:
    """Whether the decision was."""
    return np.asarray((rows.scores >= world.contract.threshold) != rows.labels)


CHANGES: Mapping[str, Change] = {
    "mean +0.5 sd": Change(mean_up, value),
    "sd x1.5": Change(wider, square),
    "category +10 points": Change(category_share, second),
    "errors +5 points": Change(more_errors, wrong),
    "ramp +1 sd in 10,000": Change(ramp, value),
    "missing 0 -> 5 %": Change(missing_a_little, empty),
}
