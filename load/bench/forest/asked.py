"""`python -m load.bench.forest.asked FILE`: asks the trees in every way that can be made here, and tells it as JSON."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from load.bench.forest.fidelity import fidelity
from load.bench.forest.ways import SERVED, WAYS, Way
from load.bench.race import turns
from load.bench.rig.events import SEED, matrix
from load.bench.rig.truth import truth

FRESH, FRESH_ROWS = 2_000_000_000, 100_000
"""Rows that no model has learned from."""
BATCHES = {1: 1_000, 64: 125, 2_000: 4}
"""How many batches of so many rows a lap holds."""
REPEATS = 15
LIBRARIES = ("onnxruntime", "lightgbm", "tl2cgen", "treelite", "lleaves", "llvmlite", "numpy")


def made(makers: Iterable[tuple[str, Callable[[Path], Way]]], folder: Path) -> tuple[dict[str, Way], dict[str, str]]:
    """The ways that could be made, and why others could not."""
    ways, missing = {}, {}
    for name, make in makers:
        try:
            ways[name] = make(folder)
        except Exception as fault:  # noqa: BLE001 - whatever keeps a library from playing is told in its place
            missing[name] = " ".join(f"{type(fault).__name__}: {fault}".split())
    return ways, missing


def laps(ways: dict[str, Way], rows: int, batches: int) -> dict[str, dict[str, float]]:
    """What each needed for rows of such batches."""
    pool = [matrix(FRESH + place * rows, rows) for place in range(batches)]

    def asked(way: Way) -> None:
        for batch in pool:
            way(batch)

    found = turns([partial(asked, way) for way in ways.values()], rows=rows * batches, repeats=REPEATS)
    return {name: asdict(lap) for name, lap in zip(ways, found, strict=True)}


def judged(ways: dict[str, Way]) -> dict[str, dict[str, float]]:
    """How near each is to what is served, and to the truth."""
    inputs = matrix(FRESH, FRESH_ROWS)
    true, served = truth(inputs, np.random.default_rng((SEED, FRESH, 1))), ways[SERVED](inputs)
    return {name: asdict(fidelity(way(inputs), served, true)) for name, way in ways.items()}


def versions() -> Iterator[tuple[str, str]]:
    """Of the libraries that are here."""
    for name in LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def main(where: str) -> None:
    """Make, race, judge, write."""
    with tempfile.TemporaryDirectory() as folder:
        ways, missing = made(WAYS.items(), Path(folder))
        said: dict[str, Any] = {
            "versions": dict(versions()),
            "laps": {rows: laps(ways, rows, batches) for rows, batches in BATCHES.items()},
            "fidelity": judged(ways),
            "rows": FRESH_ROWS,
            "passed_over": missing,
        }
    Path(where).write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
