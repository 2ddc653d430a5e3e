"""How old an event is when its prediction can be read: an open loop at several paces, ours beside others.

RATES=10,100,1000,10000 events a second, then half of CAPACITY= events a second where that is given, SECONDS=20 each
of which the first 3 do not count, SYSTEMS= tags or beginnings of them. An event's age is counted from when it was
meant to be sent. The floor is the same way without a scorer. Before come WARM=45 seconds that are not measured: a
transaction takes a broker whose code is not compiled yet three times as long.
"""

import os
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from load.bench.pacing.ages import Age, parts_table, table
from load.bench.pacing.trial import Trial
from load.bench.players.lineup import lineup
from load.bench.players.ours import OURS, ours, scorer
from load.bench.players.systems import System, picked
from load.bench.race import say
from load.bench.rig.figures import keep, number
from load.bench.rig.noise import listen
from load.bench.rig.settings import conditions
from load.bench.rig.stage import Stage

RATES, SECONDS = "10,100,1000,10000", 20
WARM_RATE, WARM_SECONDS = 1_000.0, 45
COMMITS = (10, 50, 100)
OTHERS = ("pass", "streams-1")


def systems() -> list[System]:
    """Ours by what it promises and how far its commits are apart, then others."""
    apart = [
        scorer(
            f"ours-{millis}",
            f"driftline, commits {millis} ms apart",
            partial(ours, quiet_millis=millis, commit_millis=millis),
        )
        for millis in COMMITS
    ]
    once = [one for one in OURS if one.delivery == "at_least_once"]
    return [*apart, *once, *(one for one in lineup() if one.tag in OTHERS)]


def rates() -> list[float]:
    """The paces asked for."""
    said = [float(one) for one in (os.environ.get("RATES") or RATES).split(",")]
    capacity = float(os.environ.get("CAPACITY") or 0)
    return [*said, capacity / 2] if capacity else said


def measured(stage: Stage, playing: Sequence[System], seconds: float) -> list[Age]:
    """Everybody at every pace, the floor first; who does not answer is passed over, said so."""
    ages: list[Age] = []
    for rate in rates():
        for one in (None, *playing):
            try:
                ages.append(Trial(stage, one, rate, seconds).age())
            except SystemExit as error:
                say(f"out: {error}")
                continue
            p50, _, p99, _ = ages[-1].heard.shares
            say(f"{rate:,.0f}/s: {ages[-1].name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    return ages


def main() -> None:
    """Measure, print both tables, keep the figures in out/bench/latency.json."""
    wanted = picked(systems(), os.environ.get("SYSTEMS", ""))
    for one in wanted:
        if one.missing:
            say(f"passed over: {one.row}: {one.missing}")
    before = listen()
    with Stage.open() as stage:
        if warm := number("WARM", WARM_SECONDS):
            Trial(stage, systems()[0], WARM_RATE, warm).age()
        ages = measured(stage, [one for one in wanted if not one.missing], number("SECONDS", SECONDS))
    after = listen()
    tables = [table(ages), parts_table(ages)]
    for found in tables:
        say("\n".join(["", found.title, *found.lines()]))
    say(f"\nnoise before: {before}\nnoise after: {after}")
    said = {**conditions(before, after), "ages": [asdict(one) for one in ages]}
    say(f"written: {keep('latency', said, tables)}")


if __name__ == "__main__":
    main()
