"""False alarms where nothing changed: PERIODS (200) of 30 days of each null, beside what others alarm at."""

import os
from functools import reduce

from scipy.stats import chi2

from load.bench.drifting.days import ROWS
from load.bench.drifting.folk import RIVER, THUMB
from load.bench.drifting.quiet import DAYS, FEATURES, NULLS, Period, Quiet, lived
from load.bench.drifting.spread import spread
from load.bench.race import say
from services.drift.findings.terms import Terms

PERIODS = int(os.environ.get("PERIODS") or 200)
HEARD = 3
"""So many periods of each null are heard by river's detectors, too."""
SEEDS_APART = 10_000
SURE = 0.95


def bounds(count: int, periods: int) -> tuple[float, float]:
    """The exact 95 % interval of a Poisson rate a period (Garwood 1936).

    >>> [round(one, 3) for one in bounds(0, 200)]
    [0.0, 0.018]
    """
    low = chi2.ppf((1 - SURE) / 2, 2 * count) / 2 if count else 0.0
    return float(low) / periods, float(chi2.ppf(1 - (1 - SURE) / 2, 2 * count + 2)) / 2 / periods


def periods_of(null: str) -> list[Period]:
    """The periods of one null, each of a world of its own, the same ones every time."""
    first = SEEDS_APART * list(NULLS).index(null)
    return [Period(null=null, seed=first + number, is_heard=number < HEARD) for number in range(PERIODS)]


def main() -> None:
    """Print a row a null; exit code 1 where any pages more than the budget."""
    budget = Terms().budget_pages
    say(f"{PERIODS} periods of {DAYS} days a null, {ROWS:,} events a day, {FEATURES} features; budget: {budget:g} page")
    heads = f"{'null':10} {'pages':>6} {'a period (95 %)':>23} {'budget':>9} {'informs':>8} "
    say(f"{heads} {' '.join(f'{name:>10}' for name in THUMB)}   windows in which any feature is above")
    found = {}
    for null in NULLS:
        every = spread(lived, periods_of(null), what=null, unit="periods")
        found[null] = reduce(Quiet.plus, every, Quiet())
        say(_row(null, found[null], budget))
    _print_river(found)
    if any(bounds(one.pages.total(), one.periods)[0] > budget for one in found.values()):
        raise SystemExit(1)


def _row(null: str, found: Quiet, budget: float) -> str:
    count = found.pages.total()
    low, high = bounds(count, found.periods)
    rate = f"{count / found.periods:.3f} ({low:.3f} to {high:.3f})"
    verdict = "exceeded" if low > budget else "kept" if high <= budget else "within"
    thumb = " ".join(f"{found.thumb[name] / found.windows:10.1%}" for name in THUMB)
    families = ", ".join(f"{family} {n}" for family, n in sorted(found.pages.items()))
    informs = found.informed / found.windows
    return f"{null:10} {count:6} {rate:>23} {verdict:>9} {informs:8.1%}  {thumb}   {families}".rstrip()


def _print_river(found: dict[str, Quiet]) -> None:
    """Alarms a period: of features those of all of them together."""
    say("")
    say(f"alarms a period of river's detectors with their default settings, rows of {HEARD} of the periods one by one:")
    say(f"{'':22} " + " ".join(f"{null:>9}" for null in found))
    for name in RIVER:
        rates = [one.river[name] / max(1, one.heard) for one in found.values()]
        say(f"{name:22} " + " ".join(f"{rate:9,.1f}" for rate in rates))


if __name__ == "__main__":
    main()
