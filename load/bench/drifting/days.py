"""A judge in a world, day by day: what it said of each."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from load.bench.drifting.windows import windows_of
from load.bench.drifting.world import DAY, Break, World
from services.drift.alerting.signal import Signal
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.judging.judge import Bench
from services.drift.judging.judged import Judged

ROWS = 2_000
VERSION = "bench"


class Day(NamedTuple):
    """One window of a day: what its inputs said, what its cohort said once its labels were there."""

    number: int
    inputs: Judged
    cohort: Judged

    @property
    def signals(self) -> Sequence[Signal]:
        """Signals of both, in that order."""
        return [*self.inputs.signals, *self.cohort.signals]

    @property
    def pages(self) -> list[Signal]:
        """Those that fired and may page."""
        return [one for one in self.signals if one.fired and one.family != "inform"]


def days(world: World, terms: Terms, *, count: int, breaks: Break | None = None, since: int = 0) -> Iterator[Day]:
    """`count` days of `ROWS` events each; from day `since` on they are broken so."""
    reference = Reference(world.bundle)
    judge = Bench(lambda _digest: reference, terms, code_version=VERSION)
    for number in range(count):
        start = world.now
        rows = world.rows(ROWS, DAY)
        if breaks is not None and number >= since:
            rows = breaks(rows, world)
        inputs, cohort = windows_of(rows, world.bundle, start, world.now)
        yield Day(number, judge.inputs(inputs), judge.cohort(cohort))
