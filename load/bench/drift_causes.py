"""What each thing that goes wrong is put down to, over SEEDS worlds (50): the class named first, and how often."""

import os
from collections import Counter

from load.bench.drifting.days import days
from load.bench.drifting.stories import STORIES, Story
from load.bench.drifting.world import KINDS, World
from load.bench.race import say
from services.drift.findings.terms import Terms

SEEDS = int(os.environ.get("SEEDS") or 50)
FEATURES = 12
QUIET_DAYS, BROKEN_DAYS = 2, 5


def first_class(story: Story, seed: int) -> str:
    """The class of the first page; where none comes, of the first matured cohort that says one, or of the inputs."""
    world = World([KINDS[place % len(KINDS)] for place in range(FEATURES)], seed=seed, reference_rows=20_000)
    told = list(days(world, Terms(), count=QUIET_DAYS + BROKEN_DAYS, breaks=story.happens, since=QUIET_DAYS))
    broken = told[QUIET_DAYS:]
    pages = [one.cause for day in broken for one in day.pages]
    cohorts = [day.cohort.report["cause"] for day in broken if day.cohort.report["cause"] != "none"]
    inputs = [day.inputs.report["cause"] for day in broken if day.inputs.report["cause"] != "none"]
    return next(iter([*pages, *cohorts, *inputs]), "none")


def main() -> None:
    """Print a row a story."""
    say(f"{SEEDS} worlds of {FEATURES} features, {BROKEN_DAYS} days of 2,000 events each")
    say(f"{'story':22} {'expected':9} {'right':>6}   first classes")
    for name, story in STORIES.items():
        found = Counter(first_class(story, seed) for seed in range(SEEDS))
        rest = ", ".join(f"{cause} {count}" for cause, count in found.most_common())
        say(f"{name:22} {story.cause:9} {found[story.cause] / SEEDS:6.0%}   {rest}")


if __name__ == "__main__":
    main()
