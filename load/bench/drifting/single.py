"""River's detectors on the one stream that changes, each tuned to the same number of false alarms."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
from river.drift import ADWIN, PageHinkley
from river.drift.binary import DDM, FHDDM, HDDMA

from load.bench.drifting.changes import CHANGES, QUIET, Change, Values
from load.bench.drifting.days import ROWS
from load.bench.drifting.folk import alarms
from load.bench.drifting.world import DAY, World

Maker = tuple[Callable[[float], Any], float, float]
"""A detector by the number that makes it rarer, and where that may lie."""
OF_VALUES: Mapping[str, Maker] = {
    "ADWIN": (lambda at: ADWIN(delta=10**-at), 0.0, 8.0),
    "PageHinkley": (lambda at: PageHinkley(threshold=at), 2.0, 400.0),
}
OF_ERRORS: Mapping[str, Maker] = {
    "DDM": (lambda at: DDM(drift_threshold=at), 2.0, 6.0),
    "HDDM_A": (lambda at: HDDMA(drift_confidence=10**-at, warning_confidence=10 ** (-at / 2)), 0.5, 8.0),
    "FHDDM": (lambda at: FHDDM(confidence_level=10**-at), 0.0, 8.0),
}
ALARMS_TUNED_ON, STEPS = 5, 7


def best(change: Change, kinds: Sequence[str], *, run: int, days: int, seeds: Sequence[int]) -> tuple[float, str]:
    """Median events to the first alarm of the fastest, and its name, at one false alarm in `run` rows."""
    makers = {**OF_VALUES, **(OF_ERRORS if change is CHANGES["errors +5 points"] else {})}
    quiet = World(kinds, seed=0, reference_rows=20_000)
    calm = change.shows(quiet.rows(ALARMS_TUNED_ON * run, DAY * ALARMS_TUNED_ON * run // ROWS), quiet)
    streams = [_stream(change, kinds, seed, days) for seed in seeds]
    found = []
    for name, maker in makers.items():
        at = tuned(maker, _fed(name, calm), run)
        found.append((median(delay(maker[0](at), _fed(name, one)) for one in streams), name))
    return min(found)


def _fed(name: str, values: Values) -> Values:
    """FHDDM looks for a fall, of the share of right answers."""
    return np.logical_not(values) if name == "FHDDM" else values


def _stream(change: Change, kinds: Sequence[str], seed: int, days: int) -> Values:
    """What shows of a change, day by day, quiet ones first."""
    world, told = World(kinds, seed=seed, reference_rows=20_000), []
    for number in range(QUIET + days):
        rows = world.rows(ROWS, DAY)
        told.append(change.shows(change.happens(rows, world) if number >= QUIET else rows, world))
    return np.concatenate(told)


def tuned(maker: Maker, calm: Values, run: int) -> float:
    """The number at which it fires once in `run` rows in which nothing changes, by bisection."""
    make, low, high = maker
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        is_rare = alarms(make(middle), calm) * run <= len(calm)
        low, high = (low, middle) if is_rare else (middle, high)
    return high


def delay(detector: Any, values: Values) -> float:
    """Rows from the change to the first alarm; infinite where none comes."""
    for row, value in enumerate(values.tolist()):
        detector.update(value)
        if detector.drift_detected and row >= QUIET * ROWS:
            return float(row - QUIET * ROWS + 1)
    return float("inf")
