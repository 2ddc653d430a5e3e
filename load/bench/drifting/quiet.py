"""Days in which nothing changes: what the judge pages for, and what others would."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Self

from load.bench.drifting.days import ROWS, VERSION
from load.bench.drifting.folk import river_alarms, thumb
from load.bench.drifting.windows import windows_of
from load.bench.drifting.world import DAY, KINDS, World
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.judging.judge import Bench
from services.drift.judging.judged import Judged

FEATURES, DAYS, KNOWN_ROWS = 50, 30, 20_000
NULLS = {"together": KINDS} | {kind: (kind,) for kind in KINDS}
"""What the features of a world are: of all kinds in turn, or all of one."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """Of which null, by which seed; whether river's detectors hear its rows, too."""

    null: str
    seed: int
    days: int = DAYS
    is_heard: bool = False


@dataclass(kw_only=True)
class Quiet:
    """What periods came to: pages by family; windows in all, that informed, that a rule of thumb alarms at."""

    periods: int = 0
    windows: int = 0
    informed: int = 0
    pages: Counter[str] = field(default_factory=Counter)
    thumb: Counter[str] = field(default_factory=Counter)
    heard: int = 0
    """Periods that river's detectors heard."""
    river: Counter[str] = field(default_factory=Counter)

    def plus(self, other: Self) -> Self:
        """Both together."""
        return replace(
            self,
            periods=self.periods + other.periods,
            windows=self.windows + other.windows,
            informed=self.informed + other.informed,
            pages=self.pages + other.pages,
            thumb=self.thumb + other.thumb,
            heard=self.heard + other.heard,
            river=self.river + other.river,
        )


def lived(period: Period) -> Quiet:
    """A period in a world of its own; a family that goes on firing pages once."""
    kinds = NULLS[period.null]
    world = World([kinds[place % len(kinds)] for place in range(FEATURES)], seed=period.seed, reference_rows=KNOWN_ROWS)
    reference, found, rows, is_open = Reference(world.bundle), Quiet(periods=1), [], set[str]()
    judge = Bench(lambda _digest: reference, Terms(), code_version=VERSION)
    for _ in range(period.days):
        start = world.now
        rows.append(world.rows(ROWS, DAY))
        inputs, cohort = windows_of(rows[-1], world.bundle, start, world.now)
        # Without its parts: they feed river's detectors alone, which decide nothing and take a quarter of the time.
        said = [judge.inputs(inputs), judge.cohort(replace(cohort, parts=()))]
        now = _paging(said)
        found.pages.update(now - is_open)
        is_open = now
        found.windows += 1
        found.informed += any(one.fired and one.family == "inform" for half in said for one in half.signals)
        found.thumb.update(name for name, count in thumb(inputs.seen, reference).items() if count)
    if period.is_heard:
        found.heard, found.river = 1, river_alarms(rows, world.contract.threshold)
    return found


def _paging(said: list[Judged]) -> set[str]:
    return {one.family for half in said for one in half.signals if one.fired and one.family != "inform"}
