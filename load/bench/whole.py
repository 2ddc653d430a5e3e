"""The whole system on one machine: what scorer, labeler, drift, Kafka and store cost an event, and the highest pace.

RATES=5000,10000,20000,40000,50000 events a second, each with its label a second later, for SECONDS=30 of which the
first 5 do not count. Lag is bounded when nobody is further behind at the end than what comes in 2 s. The sender takes
its part of the machine as well. Before come WARM=60 seconds that are not measured: while it is new, the broker takes as
much of the processor to compile its own code as it takes for its work.
"""

import os
from dataclasses import asdict

from load.bench.pacing.household import Household, Load
from load.bench.race import say
from load.bench.rig.figures import Table, keep, number
from load.bench.rig.noise import listen
from load.bench.rig.settings import conditions
from load.bench.rig.stage import Stage

RATES, SECONDS = "5000,10000,20000,40000,50000", 30
WARM_RATE, WARM_SECONDS = 20_000.0, 60


def table(loads: list[Load]) -> Table:
    """By pace."""
    names = tuple(loads[0].cpu) if loads else ()
    rows = tuple(
        (
            f"{one.rate:,.0f}",
            *(f"{one.cpu[name]:.1f}" for name in names),
            f"{sum(one.cpu.values()):.1f}",
            *(f"{behind:,}" for behind in one.behind.values()),
            f"{one.late_seconds:.2f}",
            "yes" if one.is_bounded else "no",
        )
        for one in loads
    )
    columns = ("events/s", *(f"{name} CPU s/M" for name in names), "all", "scorer behind", "labeler behind")
    return Table("the whole system", (*columns, "sender late s", "bounded"), rows)


def main() -> None:
    """Feed it faster and faster, print the table, keep the figures in out/bench/whole.json."""
    rates = [float(one) for one in (os.environ.get("RATES") or RATES).split(",")]
    before, loads = listen(), list[Load]()
    with Stage.open() as stage:
        if warm := number("WARM", WARM_SECONDS):
            Household(stage, "warm.").feed(WARM_RATE, warm)
        for place, rate in enumerate(rates):
            loads.append(Household(stage, f"whole-{place}.").feed(rate, number("SECONDS", SECONDS)))
            words = ", ".join(f"{name} {used:.1f}" for name, used in loads[-1].cpu.items())
            say(f"{rate:,.0f}/s: CPU s/M: {words}; bounded: {'yes' if loads[-1].is_bounded else 'no'}")
    after, shown = listen(), table(loads)
    highest = max((one.rate for one in loads if one.is_bounded), default=0.0)
    say("\n".join(["", *shown.lines(), f"highest pace with bounded lag: {highest:,.0f} events/s"]))
    said = {**conditions(before, after), "loads": [asdict(one) for one in loads]}
    say(f"written: {keep('whole', said, [shown])}")


if __name__ == "__main__":
    main()
