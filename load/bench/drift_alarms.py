"""False alarms where nothing changed: PERIODS (200) of 30 days, 50 features that behave as real ones do."""

import os
from collections import Counter

from scipy.stats import chi2

from load.bench.drifting.days import days
from load.bench.drifting.world import KINDS, World
from load.bench.race import say
from services.drift.findings.terms import Terms

PERIODS = int(os.environ.get("PERIODS") or 200)
FEATURES, DAYS = 50, 30
SURE = 0.95


def quiet_period(seed: int) -> tuple[Counter[str], int, int]:
    """Pages by family in a period of a world of its own, windows that informed, windows in all."""
    world = World([KINDS[place % len(KINDS)] for place in range(FEATURES)], seed=seed)
    pages, informed, whole = Counter[str](), 0, 0
    is_open = set[str]()
    for day in days(world, Terms(), count=DAYS):
        now: set[str] = {one.family for one in day.pages}
        pages.update(now - is_open)
        is_open = now
        informed += any(one.fired and one.family == "inform" for one in day.signals)
        whole += 1
    return pages, informed, whole


def bounds(count: int, periods: int) -> tuple[float, float]:
    """The exact 95 % interval of a Poisson rate a period (Garwood 1936)."""
    low = chi2.ppf((1 - SURE) / 2, 2 * count) / 2 if count else 0.0
    return float(low) / periods, float(chi2.ppf(1 - (1 - SURE) / 2, 2 * count + 2)) / 2 / periods


def main() -> None:
    """Print pages a period beside the budget."""
    pages, informed, whole = Counter[str](), 0, 0
    for seed in range(PERIODS):
        some, more, windows = quiet_period(seed)
        pages, informed, whole = pages + some, informed + more, whole + windows
    count = pages.total()
    low, high = bounds(count, PERIODS)
    say(f"{PERIODS} periods of {DAYS} days, {FEATURES} features: {', '.join(KINDS)}")
    say(f"pages: {count}, {count / PERIODS:.3f} a period (95 %: {low:.3f} to {high:.3f})")
    say(f"budget: {Terms().budget_pages:g} a period")
    say(f"by family: {dict(sorted(pages.items())) or 'none'}")
    say(f"windows that informed: {informed} of {whole} ({informed / whole:.1%})")


if __name__ == "__main__":
    main()
