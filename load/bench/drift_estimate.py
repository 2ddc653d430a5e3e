"""What estimates without labels are worth, in SEEDS (20) worlds: how far off, what the band holds, when a gap opens."""

import os
from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from load.bench.drifting.days import ROWS, Day, days
from load.bench.drifting.spread import spread
from load.bench.drifting.stories import covariate, flipped
from load.bench.drifting.world import KINDS, Break, World
from load.bench.race import say
from services.drift.findings.terms import Terms

SEEDS = int(os.environ.get("SEEDS") or 20)
DAYS, FEATURES = 30, 12
KINDS_OF_ALL = [KINDS[place % len(KINDS)] for place in range(FEATURES)]
SOON = 3
"""Within so many windows a tenth of flipped labels is to be seen."""
Numbers = NDArray[np.float64]
STORIES: Mapping[str, Break | None] = {
    "as the reference": None,
    "covariate +1 sd": covariate,
    "covariate +2 sd": partial(covariate, by=2.0),
    "10 % of labels flipped": partial(flipped, share=0.10),
}


class Windows(NamedTuple):
    """Of windows in order: estimate less truth, NaN where none was given; inside its band or not; a gap was told.

    `apart`: worlds, a row each; the others are flat.
    """

    off: Numbers
    held: Numbers
    apart: NDArray[np.bool_]

    def row(self) -> str:
        """As the table shows them."""
        there = np.isfinite(self.off)
        off = np.abs(self.off[there])
        soon = self.apart[:, :SOON].any(axis=1).mean()
        shown = f"{np.quantile(off, 0.95):10.4f} {self.held[there].mean():9.1%}" if off.size else f"{'':>20}"
        return f"{there.mean():9.0%} {shown} {self.apart.mean():10.1%} {soon:14.0%}"


class Task(NamedTuple):
    """One world with what happens in it."""

    story: str
    seed: int


Seen = tuple[float, bool, bool]
"""A window: estimate less truth of its rows (NaN without one), whether its band holds it, whether a gap is told."""


def lived(task: Task) -> list[Seen]:
    """The days of a world, in which it happens from the first day on."""
    world = World(KINDS_OF_ALL, seed=task.seed, reference_rows=20_000)
    return [seen(one) for one in days(world, Terms(), count=DAYS, breaks=STORIES[task.story])]


def seen(day: Day) -> Seen:
    """What a window says before its labels are there, beside what they say."""
    said, true = day.inputs.report["estimated"], day.cohort.report["realised"]["accuracy"]
    told = any(one.fired and one.family == "gap" for one in day.cohort.signals)
    if said is None:
        return float("nan"), False, told
    return said["accuracy"] - true, said["low"] <= true <= said["high"], told


def gathered(worlds: Iterable[list[Seen]]) -> Windows:
    """The windows of all worlds."""
    off, held, apart = (np.array(column) for column in zip(*(zip(*one, strict=True) for one in worlds), strict=True))
    return Windows(off.reshape(-1), held.reshape(-1), apart)


def main() -> None:
    """Print a row of each story."""
    say(f"{SEEDS} worlds of {FEATURES} features, {DAYS} windows of {ROWS:,} rows each, the default budget")
    heads = f"{'estimates':>9} {'|off| p95':>10} {'in band':>9} {'gap told':>10}"
    say(f"{'':24}{heads} {f'in {SOON} windows':>14}")
    for story in STORIES:
        tasks = [Task(story, seed) for seed in range(SEEDS)]
        say(f"{story:24}{gathered(spread(lived, tasks, what=story, unit='worlds')).row()}")


if __name__ == "__main__":
    main()
