"""What an event costs our scorer by size and number of things, and whether its memory stays the same.

EVENTS=200000 a drain, REPEATS=3 in turns after one that is not measured; PARTS=features,bytes,partitions,model,
processes,long runs some of it, each kept for itself. LONG=3000000 events are drained once, beside a tenth of them:
memory that grows with what was read is seen in that. The slope is that of a line through the medians by least squares.
"""

import os
import re
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

EVENTS, REPEATS, LONG = 200_000, 3, 3_000_000
WIDTHS, SPREADS, PROCESSES = (10, 30, 100, 300), (1, 12, 96), (1, 2)
USUAL_BYTES, SPARES = 270, (0, 730, 3_730)
SIZES = {"logistic": 1, "mlp": 18, "lightgbm": 224}
"""Of the models' files, kB."""
MEMORY = "long"


@dataclass(frozen=True)
class Shape:
    """One thing changed from the usual: features, bytes that nobody asks for, partitions, model or processes."""

    what: str
    size: int
    features: int = FEATURES
    partitions: int = PARTITIONS
    processes: int = 1
    model: str = "mlp"
    spare: int = 0

    def filled(self, stage: Stage, events: int) -> Filled:
        """Its topic."""
        name = f"{re.sub(r'[^a-z]+', '-', self.what)}-{self.size}"
        wanted = {"partitions": self.partitions, "features": self.features, "spare": self.spare}
        return stage.filled(name, events, model=self.model, **wanted)


def wide(features: int) -> Shape:
    """Events of so many features, of 8 bytes each, with the network of that width."""
    return Shape("features", features, features=features, model="mlp" if features == FEATURES else f"mlp-{features}")


SHAPES = {
    "features": tuple(map(wide, WIDTHS)),
    "bytes": tuple(Shape("bytes of an event", USUAL_BYTES + spare, spare=spare) for spare in SPARES),
    "partitions": tuple(Shape("partitions", size, partitions=size) for size in SPREADS),
    "model": tuple(Shape("model, kB", size, model=name) for name, size in SIZES.items()),
    "processes": tuple(Shape("processes", size, processes=size) for size in PROCESSES),
}


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """How much a cost grows with each unit of size.

    >>> round(slope([10, 30, 100], [1.0, 3.0, 10.0]), 6)
    0.1
    """
    return float(np.polyfit(sizes, costs, 1)[0])


def table(drains: dict[Shape, list[Drain]]) -> Table:
    """By shape of one kind, the slope of CPU-seconds a million beside the first."""
    rows = []
    line = slope([one.size for one in drains], [median(found, "cpu") for found in drains.values()])
    for place, (shape, some) in enumerate(drains.items()):
        figures = (f"{median(some, 'rate'):,.0f}", *(f"{median(some, name):.2f}" for name in ("cpu", "broker_cpu")))
        resident = f"{max(one.resident for one in some) / 1e6:.0f}"
        rows.append((shape.what, f"{shape.size}", *figures, resident, "" if place else f"{line:.4f}"))
    columns = ("what", "size", "events/s", "CPU s/M", "broker s/M", "MB", "CPU s/M a unit")
    return Table("scaling: our scorer, exactly once", columns, tuple(rows))


def grown(drains: Sequence[Drain]) -> Table:
    """What a long drain holds in memory at most beside a short one."""
    columns = ("events", "seconds", "events/s", "MB at most")
    rows = (
        (f"{one.events:,}", f"{one.seconds:.0f}", f"{one.rate:,.0f}", f"{one.resident / 1e6:.0f}") for one in drains
    )
    return Table("scaling: memory", columns, tuple(rows))


def scaled(stage: Stage, shapes: Sequence[Shape]) -> dict[Shape, list[Drain]]:
    """Drains of one kind, in turns."""
    events, repeats = number("EVENTS", EVENTS), number("REPEATS", REPEATS)
    found: dict[Shape, list[Drain]] = {shape: [] for shape in shapes}
    filled = {shape: shape.filled(stage, events) for shape in shapes}
    for turn in range(-1, repeats):
        for shape, topic in filled.items():
            one = drain(stage, OURS[0], topic, processes=shape.processes)
            found[shape] += [one] if turn >= 0 else []
            say(f"drain {turn + 1} of {repeats}: {shape.what} {shape.size}: {one.rate:,.0f} events/s")
    return found


def measured(stage: Stage, part: str) -> tuple[Table, list[dict[str, object]]]:
    """One part: its table, its figures as they are kept."""
    if part == MEMORY:
        most = number("LONG", LONG)
        drains = [drain(stage, OURS[0], stage.filled(f"long-{events}", events)) for events in (most // 10, most)]
        return grown(drains), [asdict(one) for one in drains]
    found = scaled(stage, SHAPES[part])
    return table(found), [{**asdict(shape), "drains": list(map(asdict, some))} for shape, some in found.items()]


def main() -> None:
    """Measure, print the tables, keep the figures of each part in out/bench/scaling-PART.json."""
    every = (*SHAPES, MEMORY)
    parts = (os.environ.get("PARTS") or ",".join(every)).split(",")
    if strange := set(parts) - set(every):
        raise SystemExit(f"PARTS: found {', '.join(sorted(strange))}, expected some of: {', '.join(every)}")
    with Stage.open() as stage:
        for part in parts:
            before = listen()
            shown, raw = measured(stage, part)
            say("\n".join(["", *shown.lines()]))
            kept = {**conditions(before, listen()), "figures": raw}
            say(f"written: {keep(f'scaling-{part}', kept, [shown])}")


if __name__ == "__main__":
    main()
