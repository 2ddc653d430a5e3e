"""Whether revision B is slower than revision A: drains and an open loop in turns, judged with the machine's noise.

A=main and B=. (the tree as it stands), ROUNDS=8, EVENTS=100000 a drain in batches of 500 at most, RATE=1000 events a
second for SECONDS=8;
SLOWED=2 lets B rest 2 ms in every batch, to see that the gate notices. B is slower in a figure when the median over
the rounds of B ÷ A is beyond the figure's tolerance, and B was worse in so many rounds that chance would have it
so with 5 % at most (sign test). The exit code is 1 then.
"""

import os
from dataclasses import asdict

from load.bench.judging.revisions import remove, side, tree
from load.bench.judging.verdict import Verdict, judge
from load.bench.pacing.trial import Trial
from load.bench.players.systems import System
from load.bench.race import say
from load.bench.rig.drains import drain
from load.bench.rig.figures import Table, keep, number
from load.bench.rig.noise import listen
from load.bench.rig.settings import conditions
from load.bench.rig.stage import Filled, Stage

ROUNDS, EVENTS, RATE, SECONDS = 8, 100_000, 1_000, 8
TOLERANCES = {"CPU s/M": 0.05, "s/M of a drain": 0.10, "p50 ms": 0.10}
"""How much worse is still the same. A drain's time and a median are noisier than what the processor did."""
Figures = dict[str, float]


def figures(stage: Stage, system: System, filled: Filled) -> Figures:
    """One drain and one open loop by one side."""
    drained = drain(stage, system, filled)
    age = Trial(stage, system, number("RATE", RATE), number("SECONDS", SECONDS), skipped=1.0).age()
    return dict(zip(TOLERANCES, (drained.cpu, 1e6 / drained.rate, age.heard.shares[0]), strict=True))


def rounds(stage: Stage, sides: tuple[System, System], filled: Filled) -> list[tuple[Figures, Figures]]:
    """Both in turns, each first in every other round; one unmeasured drain each before."""
    for one in sides:
        drain(stage, one, filled, scores=True)
    found = []
    for turn in range(number("ROUNDS", ROUNDS)):
        first, second = sides if turn % 2 == 0 else sides[::-1]
        said = {one.name: figures(stage, one, filled) for one in (first, second)}
        found.append((said["A"], said["B"]))
        words = ", ".join(f"{name} {a:.2f} and {said['B'][name]:.2f}" for name, a in said["A"].items())
        say(f"round {turn + 1}: A and B: {words}")
    return found


def table(verdicts: dict[str, Verdict]) -> Table:
    """What was judged."""
    rows = tuple(
        (
            name,
            f"{one.ratio:.3f}",
            f"{one.limit:.2f}",
            f"{one.worse} of {one.rounds}",
            f"{one.chance:.3f}",
            "slower" if one.is_worse else "no",
        )
        for name, one in verdicts.items()
    )
    return Table("gate: B ÷ A", ("figure", "median", "limit", "worse in", "by chance", "slower?"), rows)


def name_of(slowed: float) -> str:
    """Under what name a run is kept: that with a rest shows that the gate notices, and replaces no other."""
    return "gate-slowed" if slowed else "gate"


def main() -> None:
    """Measure and judge. Raises SystemExit(1) when B is slower."""
    a, b = os.environ.get("A") or "main", os.environ.get("B") or "."
    trees = tree(a), tree(b)
    slowed = float(os.environ.get("SLOWED") or 0)
    sides = side("A", trees[0]), side("B", trees[1], slowed_millis=slowed)
    say(f"A is {a}, B is {b}{f', resting {slowed:g} ms a batch' if slowed else ''}")
    before = listen()
    try:
        with Stage.open() as stage:
            found = rounds(stage, sides, stage.filled("gate", number("EVENTS", EVENTS)))
    finally:
        for path in set(trees):
            remove(path)
    after = listen()
    verdicts = {
        name: judge([(one[name], other[name]) for one, other in found], tolerance=tolerance)
        for name, tolerance in TOLERANCES.items()
    }
    shown = table(verdicts)
    say("\n".join(["", *shown.lines(), f"noise before: {before}", f"noise after: {after}"]))
    said = {**conditions(before, after), "A": a, "B": b, "slowed": slowed, "rounds": found}
    keep(name_of(slowed), {**said, "verdicts": {name: asdict(one) for name, one in verdicts.items()}}, [shown])
    if worse := [name for name, one in verdicts.items() if one.is_worse]:
        raise SystemExit(f"gate: B is slower: {', '.join(worse)}")
    say("gate: B is not slower")


if __name__ == "__main__":
    main()
