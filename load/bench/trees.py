"""100 trees of 31 leaves asked in process, one thread: ONNX Runtime, LightGBM, compiled in three ways, distilled.

The libraries have an environment of their own, requirements/trees.txt, made where it is missing; where it cannot be
made, only ONNX Runtime plays.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from load.bench.environment import ROOT, python_of
from load.bench.forest.ways import SERVED
from load.bench.race import say
from load.bench.rig.figures import Table, keep
from load.bench.rig.noise import listen
from load.bench.rig.settings import conditions

STANDS_ON = ("revision", "machine", "Python")
"""No broker takes part."""


def python() -> Path:
    """That of the environment, or ours where it cannot be made."""
    try:
        return python_of("trees")
    except (OSError, subprocess.CalledProcessError) as fault:
        say(f"trees: found {fault}, expected requirements/trees.txt to install: what needs it is passed over")
        return Path(sys.executable)


def asked() -> dict[str, Any]:
    """What load/bench/forest/asked.py tells, run there."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        command: list[str | Path] = [python(), "-W", "ignore", "-m", "load.bench.forest.asked", told]
        subprocess.run(command, check=True, cwd=ROOT)
        return dict(json.loads(told.read_text(encoding="utf-8")))


def speeds(laps: dict[str, dict[str, dict[str, float]]]) -> Table:
    """Nanoseconds a row in batches of each size, and how many times as fast as what is served."""
    columns, rows = ["asked by"], {name: [name] for name in next(iter(laps.values()))}
    for size, found in laps.items():
        many = "1 row" if size == "1" else f"{int(size):,} rows"
        columns += [f"{many}: ns a row least", "median", "times as fast"]
        for name, lap in found.items():
            ratio = found[SERVED]["median"] / lap["median"]
            rows[name] += [f"{lap['least']:,.0f}", f"{lap['median']:,.0f}", f"{ratio:.2f}"]
    return Table("trees: batches in process, one thread", tuple(columns), tuple(map(tuple, rows.values())))


def likeness(found: dict[str, dict[str, float]], rows: int) -> Table:
    """How near the scores are to those that are served, and to the truth."""
    columns = (f"scores of {rows:,} fresh rows beside ONNX Runtime's", "mean difference", "p99", "most")
    shown = [
        (
            name,
            *(f"{one[key]:.1e}" if one[key] < 1e-5 else f"{one[key]:.3f}" for key in ("mean", "p99", "most")),  # noqa: PLR2004 - rounding's size
            f"{one['alike']:.2%}",
            f"{one['auc']:.4f}",
            f"{one['right']:.2%}",
        )
        for name, one in found.items()
    ]
    return Table("trees: scores", (*columns, "decisions alike", "AUC", "decided right"), tuple(shown))


def main() -> None:
    """Ask, print the tables, keep the figures in out/bench/trees.json."""
    before, said, after = listen(), asked(), listen()
    tables = [speeds(said["laps"]), likeness(said["fidelity"], said["rows"])]
    for one in tables:
        say("\n".join(["", one.title, *one.lines()]))
    missing = {f"passed over: {name}": why for name, why in said["passed_over"].items()}
    for name, why in missing.items():
        say(f"{name}: {why}")
    stood = conditions(before, after)
    settings = {name: stood["settings"][name] for name in STANDS_ON} | said["versions"] | missing
    say(f"written: {keep('trees', {**said, **stood, 'settings': settings}, tables)}")


if __name__ == "__main__":
    main()
