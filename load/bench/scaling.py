"""What an event costs our scorer by features, partitions and processes, and whether its memory stays where it is.

EVENTS=200000 a drain, REPEATS=3 in turns; LONG=0 events for one more drain whose memory is told (ten minutes of it
are some millions). The slope is that of a line through the medians by least squares.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from load.bench.players.ours import OURS
from load.bench.race import say
from load.bench.rig.drains import Drain, drain
from load.bench.rig.events import FEATURES
from load.bench.rig.figures import Table, keep, median, number
from load.bench.rig.noise import listen
from load.bench.rig.settings import conditions
from load.bench.rig.stage import PARTITIONS, Filled, Stage

EVENTS, REPEATS = 200_000, 3
WIDTHS, SPREADS, PROCESSES = (10, 30, 100, 300), (1, 12, 96), (1, 2)


@dataclass(frozen=True)
class Shape:
    """One thing changed from the usual: features, partitions or processes."""

    what: str
    size: int
    features: int = FEATURES
    partitions: int = PARTITIONS
    processes: int = 1

    @property
    def model(self) -> str:
        """The network of that width."""
        return "mlp" if self.features == FEATURES else f"mlp-{self.features}"

    def filled(self, stage: Stage, events: int) -> Filled:
        """Its topic."""
        name = f"{self.what}-{self.size}"
        return stage.filled(name, events, model=self.model, partitions=self.partitions, features=self.features)


SHAPES = (
    *(Shape("features", size, features=size) for size in WIDTHS),
    *(Shape("partitions", size, partitions=size) for size in SPREADS),
    *(Shape("processes", size, processes=size) for size in PROCESSES),
)


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """How much a cost grows with each unit of size.

    >>> round(slope([10, 30, 100], [1.0, 3.0, 10.0]), 6)
    0.1
    """
    return float(np.polyfit(sizes, costs, 1)[0])


def table(drains: dict[Shape, list[Drain]]) -> Table:
    """By shape, the slope of CPU-seconds a million beside the first of each kind."""
    rows = []
    for shape, some in drains.items():
        alike = [(one, found) for one, found in drains.items() if one.what == shape.what]
        line = slope([one.size for one, _ in alike], [median(found, "cpu") for _, found in alike])
        figures = (f"{median(some, 'rate'):,.0f}", *(f"{median(some, name):.2f}" for name in ("cpu", "broker_cpu")))
        resident = f"{max(one.resident for one in some) / 1e6:.0f}"
        said = f"{line:.4f}" if shape == alike[0][0] else ""
        rows.append((shape.what, f"{shape.size}", *figures, resident, said))
    columns = ("what", "size", "events/s", "CPU s/M", "broker s/M", "MB", "CPU s/M a unit")
    return Table("scaling: our scorer, exactly once", columns, tuple(rows))


def main() -> None:
    """Measure, print the table, keep the figures in out/bench/scaling.json."""
    events, repeats, before = number("EVENTS", EVENTS), number("REPEATS", REPEATS), listen()
    found: dict[Shape, list[Drain]] = {shape: [] for shape in SHAPES}
    long: Drain | None = None
    with Stage.open() as stage:
        filled = {shape: shape.filled(stage, events) for shape in SHAPES}
        for turn in range(repeats):
            for shape, topic in filled.items():
                found[shape].append(drain(stage, OURS[0], topic, processes=shape.processes))
                rate = found[shape][-1].rate
                say(f"drain {turn + 1} of {repeats}: {shape.what} {shape.size}: {rate:,.0f} events/s")
        if most := number("LONG", 0):
            long = drain(stage, OURS[0], stage.filled("long", most))
    after, shown = listen(), table(found)
    say("\n".join(["", *shown.lines()]))
    if long is not None:
        say(f"{long.events:,} events in {long.seconds:.0f} s: {long.resident / 1e6:.0f} MB at most")
    raw = [{**asdict(shape), "drains": [asdict(one) for one in some]} for shape, some in found.items()]
    kept = {**conditions(before, after), "shapes": raw, "long": asdict(long) if long else None}
    say(f"written: {keep('scaling', kept, [shown])}")


if __name__ == "__main__":
    main()
