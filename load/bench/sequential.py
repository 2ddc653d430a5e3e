"""How late sequential tests of errors are, each tuned to the same run length when nothing has changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from river.drift import ADWIN, PageHinkley
from river.drift.binary import DDM, FHDDM, HDDMA

from load.bench.race import say
from services.drift.stats.sequential import Cusum, Null, null_of

RATE, RUN = 0.10, 20_000.0
SHIFTED = (0.10, 0.12, 0.15, 0.30)
TUNED_ON, STEPS = 400_000, 8
CALM, REPEATS, LONGEST = 2_000, 60, 20_000
PART = 16
BLOCKS, BLOCK, BLOCK_DEVIATION = 20, 636, 0.02
REACH = 256
EXACT = Null(rate=RATE, deviation=0.0, dispersion=1.0, taus=np.ones(1), weights=np.ones(1))
Errors = NDArray[np.bool_]


class Test(Protocol):
    """One that takes in sixteenths of buckets and begins again after it fired."""

    def fires(self, part: Errors) -> bool:
        """Whether it fires within these rows."""


@dataclass
class River:
    """A detector of river, row by row; it begins again by itself. FHDDM wants right answers, the others errors."""

    detector: Any
    of_right: bool = False

    def fires(self, part: Errors) -> bool:
        """Whether any row made it fire."""
        fired = False
        for error in part.tolist():
            self.detector.update(error != self.of_right)
            fired |= self.detector.drift_detected
        return fired


class Ours:
    """CUSUMs of services.drift."""

    def __init__(self, null: Null, rows: float, shifts: tuple[float, ...]) -> None:
        self._cusum = Cusum.tuned(null, rows=rows, shifts=shifts)
        self._standing = self._cusum.start()

    def fires(self, part: Errors) -> bool:
        """Whether a sum reached its height; then all begin at 0."""
        self._standing = self._cusum.advance(self._standing, len(part), int(part.sum()))
        if not self._standing.fired:
            return False
        self._standing = self._cusum.start()
        return True


class Glr:
    """Generalised likelihood ratio: the most likely rate since the most likely change (Lai 1995), 256 parts back."""

    def __init__(self, height: float) -> None:
        self._height = height
        self._rows, self._errors = np.zeros(REACH), np.zeros(REACH)

    def fires(self, part: Errors) -> bool:
        """Whether rows since any of the last parts are that unlikely at the baseline's rate."""
        self._rows, self._errors = np.roll(self._rows, 1), np.roll(self._errors, 1)
        self._rows[0], self._errors[0] = len(part), part.sum()
        rows, errors = np.cumsum(self._rows), np.cumsum(self._errors)
        found = np.clip(errors / rows, RATE, 1.0 - 1e-9)
        ratio = errors * np.log(found / RATE) + (rows - errors) * np.log((1.0 - found) / (1.0 - RATE))
        if ratio.max() < self._height:
            return False
        self._rows[:], self._errors[:] = 0.0, 0.0
        return True


class Mixture:
    """Shiryaev and Roberts's sum over all moments of change, mixed over three shifts (Pollak 1987)."""

    def __init__(self, height: float) -> None:
        self._height, self._tops = height, np.array([0.12, 0.15, 0.30])
        self._sums = np.full(3, -np.inf)

    def fires(self, part: Errors) -> bool:
        """Whether the mean of the sums passed e to the height."""
        errors, rows = int(part.sum()), len(part)
        ratio = errors * np.log(self._tops / RATE) + (rows - errors) * np.log((1.0 - self._tops) / (1.0 - RATE))
        self._sums = np.logaddexp(0.0, self._sums) + ratio
        if np.logaddexp.reduce(self._sums) - log(3.0) < self._height:
            return False
        self._sums[:] = -np.inf
        return True


MAKERS: dict[str, tuple[Callable[[float], Test], float, float]] = {
    "CUSUM of +.05": (lambda at: Ours(EXACT, 10**at, (0.05,)), 3.0, 5.5),
    "CUSUMs of +.02, +.05, +.20": (lambda at: Ours(EXACT, 10**at, (0.02, 0.05, 0.2)), 3.0, 5.5),
    "GLR": (Glr, 2.0, 20.0),
    "Shiryaev-Roberts mixture": (Mixture, 2.0, 20.0),
    "river ADWIN": (lambda at: River(ADWIN(delta=10**-at)), 0.0, 8.0),
    "river DDM": (lambda at: River(DDM(drift_threshold=at)), 2.0, 6.0),
    "river HDDM_A": (lambda at: River(HDDMA(drift_confidence=10**-at, warning_confidence=10 ** (-at / 2))), 0.5, 8.0),
    "river FHDDM": (lambda at: River(FHDDM(confidence_level=10**-at), of_right=True), 0.0, 8.0),
    "river PageHinkley": (lambda at: River(PageHinkley(threshold=at, mode="up")), 5.0, 200.0),
}
"""Each test by the number that makes it rarer, and where that may lie."""


def parts(errors: Errors) -> Iterator[Errors]:
    """Sixteen rows at a time."""
    return (errors[at : at + PART] for at in range(0, len(errors), PART))


def run_length(test: Test, errors: Errors) -> float:
    """Rows an alarm, on average."""
    return len(errors) / max(sum(test.fires(part) for part in parts(errors)), 0.5)


def tuned(name: str) -> float:
    """The number at which the test fires once in `RUN` rows, by bisection on one stream."""
    make, low, high = MAKERS[name]
    errors = np.random.default_rng(1).random(TUNED_ON) < RATE
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if run_length(make(middle), errors) < RUN else (low, middle)
    return (low + high) / 2.0


def delay(make: Callable[[], Test], rate: float) -> float:
    """Median rows from the change to the alarm, after calm ones; `LONGEST` where it has not come by then."""
    found = []
    for seed in range(REPEATS):
        chance, test, rows = np.random.default_rng(100 + seed), make(), 0
        for part in parts(chance.random(CALM) < RATE):
            test.fires(part)
        for part in parts(chance.random(LONGEST) < rate):
            rows += PART
            if test.fires(part):
                break
        found.append(rows)
    return float(np.median(found))


def dispersed() -> Errors:
    """Errors at a rate that is another in every block of 636 rows, by .02: nothing has changed here either."""
    chance = np.random.default_rng(2)
    rates = np.clip(RATE + BLOCK_DEVIATION * chance.normal(size=TUNED_ON // BLOCK + 1), 0.01, 0.5)
    return np.asarray(chance.random(TUNED_ON) < np.repeat(rates, BLOCK)[:TUNED_ON])


def main() -> None:
    """Print run lengths and delays."""
    again, varied = np.random.default_rng(3).random(TUNED_ON) < RATE, dispersed()
    say(f"rows to an alarm, error {RATE:.2f}, sixteenths of {PART} rows; tuned to one false alarm in {RUN:,.0f} rows;")
    say("`null`, `varied`: rows an alarm, over long; `to`: median rows to the first alarm after 2,000 calm ones")
    say(f"{'':28} {'tuned':>7} {'null':>8} {'varied':>8}  " + " ".join(f"to {rate:.2f}" for rate in SHIFTED))
    for name, (make, _, _) in MAKERS.items():
        at = tuned(name)
        _row(name, at, lambda make=make, at=at: make(at), (again, varied))  # type: ignore[misc]
    blocks = varied[: BLOCKS * BLOCK].reshape(BLOCKS, BLOCK).sum(axis=1)
    even = again[: BLOCKS * BLOCK].reshape(BLOCKS, BLOCK).sum(axis=1)
    for name, errors in (("ours, 20 even blocks known", even), ("ours, 20 varied blocks known", blocks)):
        null = null_of(errors, np.full(BLOCKS, BLOCK))
        _row(name, RUN, lambda null=null: Ours(null, RUN, (0.02, 0.05, 0.2)), (again, varied))  # type: ignore[misc]


def _row(name: str, at: float, make: Callable[[], Test], nulls: tuple[Errors, Errors]) -> None:
    runs = [run_length(make(), errors) for errors in nulls]
    delays = " ".join(f"{delay(make, rate):7.0f}" for rate in SHIFTED)
    say(f"{name:28} {at:7.2f} {runs[0]:8.0f} {runs[1]:8.0f}  {delays}")


if __name__ == "__main__":
    main()
