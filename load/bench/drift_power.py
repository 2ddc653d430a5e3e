"""How soon each change is told, in SEEDS (10) worlds: days and events to the first page or note, by budget."""

import os
from statistics import median
from typing import NamedTuple

from load.bench.drifting.changes import CHANGES, QUIET
from load.bench.drifting.days import ROWS, days
from load.bench.drifting.single import best
from load.bench.drifting.spread import spread
from load.bench.drifting.world import KINDS, World
from load.bench.race import say
from services.drift.findings.terms import Terms

SEEDS = int(os.environ.get("SEEDS") or 10)
FEATURES, MOST = 12, 12
KINDS_OF_ALL = [KINDS[place % len(KINDS)] for place in range(FEATURES)]
BUDGETS = {"1 page in 30 days": 1.0, "30 pages in 30 days": 30.0}


class Task(NamedTuple):
    """A change at a budget."""

    change: str
    pages: float

    @property
    def run(self) -> int:
        """Rows a false page is put up with in."""
        return round(ROWS * Terms().budget_days / self.pages)


class Told(NamedTuple):
    """Median days to a page, to a note or page; events to the alarm of river's best, and which that is."""

    page: float
    note: float
    river: float
    name: str


def told(task: Task) -> Told:
    """How soon a change is told, and how soon river's best detector would."""
    found = [waited(task, seed) for seed in range(SEEDS)]
    page, note = (median(one) for one in zip(*found, strict=True))
    river, name = best(CHANGES[task.change], KINDS_OF_ALL, run=task.run, days=MOST, seeds=range(SEEDS))
    return Told(page, note, river, name)


def waited(task: Task, seed: int) -> tuple[float, float]:
    """Days from the change to the first page, and to the first note or page; infinite where none came."""
    world, terms = World(KINDS_OF_ALL, seed=seed, reference_rows=20_000), Terms(budget_pages=task.pages)
    page, note = float("inf"), float("inf")
    for day in days(world, terms, count=QUIET + MOST, breaks=CHANGES[task.change].happens, since=QUIET):
        if day.number >= QUIET:
            since = float(day.number - QUIET + 1)
            page = min(page, since if day.pages else page)
            note = min(note, since if any(one.fired for one in day.signals) else note)
    return page, note


def main() -> None:
    """Print a row a change and budget."""
    tasks = [Task(change, pages) for change in CHANGES for pages in BUDGETS.values()]
    names = dict(zip(BUDGETS.values(), BUDGETS, strict=True))
    say(f"{SEEDS} worlds, a window of {ROWS:,} events a day, {MOST} days watched; median days (events)")
    say("river: its fastest detector, tuned to as many false alarms, fed every row of the one stream that changes")
    say(f"{'change':22} {'budget':20} {'page':>16} {'note or page':>16} {'river, events':>22}")
    for task, one in zip(tasks, spread(told, tasks, what="power", unit="rows of the table"), strict=True):
        river = "none" if one.river == float("inf") else f"{one.river:,.0f} {one.name}"
        cells = f"{_cell(one.page):>16} {_cell(one.note):>16} {river:>22}"
        say(f"{task.change:22} {names[task.pages]:20} {cells}")


def _cell(waited_days: float) -> str:
    return "none" if waited_days == float("inf") else f"{waited_days:g} ({waited_days * ROWS:,.0f})"


if __name__ == "__main__":
    main()
