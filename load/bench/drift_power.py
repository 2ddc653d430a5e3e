"""How soon each change is told, in SEEDS (10) worlds: days and events to the first page or note, by budget."""

import os
from statistics import median

import numpy as np

from load.bench.drifting.days import ROWS, days
from load.bench.drifting.stories import category_share, mean_up, missing_a_little, wider
from load.bench.drifting.world import DAY, KINDS, REFERENCE_DAYS, Break, Rows, World
from load.bench.race import say
from services.drift.findings.terms import Terms

SEEDS = int(os.environ.get("SEEDS") or 10)
FEATURES, QUIET, MOST = 12, 3, 12
BUDGETS = {"1 page in 30 days": 1.0, "30 pages in 30 days": 30.0}
RAMP_ROWS = 10_000
MORE = 0.05


def more_errors(rows: Rows, world: World) -> Rows:
    """Five of a hundred right decisions are wrong from now on."""
    del world
    decided = rows.scores >= 0.5  # noqa: PLR2004 - the contract's threshold
    chance = (np.arange(len(decided)) * 0.6180339887) % 1.0
    return Rows(rows.matrix, rows.scores, np.where(chance < MORE, ~decided, rows.labels), rows.times)


def ramp(rows: Rows, world: World) -> Rows:
    """One feature moves by a standard deviation over ten thousand events, then stays."""
    place = next(place for place, kind in enumerate(world.kinds) if kind == "normal")
    reached = min(1.0, (world.now / DAY - REFERENCE_DAYS - QUIET) * ROWS / RAMP_ROWS)
    matrix = rows.matrix.copy()
    matrix[:, place] += np.float32(reached)
    return world.answered(matrix, rows.times)


CHANGES: dict[str, Break] = {
    "mean +0.5 sd": mean_up,
    "sd x1.5": wider,
    "category +10 points": category_share,
    "errors +5 points": more_errors,
    "ramp +1 sd in 10,000": ramp,
    "missing 0 -> 5 %": missing_a_little,
}


def waited(happens: Break, terms: Terms, seed: int) -> tuple[float, float]:
    """Days from the change to the first page, and to the first note or page; infinite where none came."""
    world = World([KINDS[place % len(KINDS)] for place in range(FEATURES)], seed=seed, reference_rows=20_000)
    page, note = float("inf"), float("inf")
    for day in days(world, terms, count=QUIET + MOST, breaks=happens, since=QUIET):
        if day.number >= QUIET:
            since = float(day.number - QUIET + 1)
            page = min(page, since if day.pages else page)
            note = min(note, since if any(one.fired for one in day.signals) else note)
    return page, note


def main() -> None:
    """Print a row a change and budget."""
    say(f"{SEEDS} worlds, a window of {ROWS:,} events a day, {MOST} days watched; median days (events)")
    say(f"{'change':22} {'budget':20} {'page':>16} {'note or page':>16}")
    for name, happens in CHANGES.items():
        for budget, pages in BUDGETS.items():
            found = [waited(happens, Terms(budget_pages=pages), seed) for seed in range(SEEDS)]
            cells = [_cell(median(one)) for one in zip(*found, strict=True)]
            say(f"{name:22} {budget:20} {cells[0]:>16} {cells[1]:>16}")


def _cell(waited_days: float) -> str:
    return "none" if waited_days == float("inf") else f"{waited_days:g} ({waited_days * ROWS:,.0f})"


if __name__ == "__main__":
    main()
