"""A race: ways of doing the same work in turns, so that a noisy machine is noisy for all."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

NANOS = 1_000_000_000


@dataclass(frozen=True)
class Lap:
    """What one contestant needed: nanoseconds per row, the least and the median of the repeats."""

    least: float
    median: float


def race(ours: Callable[[], object], theirs: Callable[[], object], *, rows: int, repeats: int) -> tuple[Lap, Lap]:
    """Run both in turns, `repeats` times each over `rows` rows; each once before, unmeasured."""
    first, second = turns((ours, theirs), rows=rows, repeats=repeats)
    return first, second


def turns(contestants: Sequence[Callable[[], object]], *, rows: int, repeats: int) -> list[Lap]:
    """Run all in turns, as `race` runs two."""
    for contestant in contestants:
        contestant()
    laps: list[list[float]] = [[] for _ in contestants]
    for _ in range(repeats):
        for contestant, lap in zip(contestants, laps, strict=True):
            begun = time.perf_counter()
            contestant()
            lap.append((time.perf_counter() - begun) / rows * NANOS)
    return [Lap(min(lap), statistics.median(lap)) for lap in laps]


def line(what: str, ours: Lap, theirs: Lap) -> str:
    """One line of the table."""
    return (
        f"{what:28} {ours.least:9.0f} {ours.median:9.0f}   {theirs.least:9.0f} {theirs.median:9.0f}   "
        f"{theirs.least / ours.least:6.1f} {theirs.median / ours.median:6.1f}"
    )


def heading(ours: str, theirs: str) -> str:
    """The line above the table."""
    return f"{'ns per row: least, median':28} {ours:>19}   {theirs:>19}   {'times faster':>13}"


def say(text: str) -> None:
    """Print one line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
