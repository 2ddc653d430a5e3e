"""What kind of record costs our scorer how much: flights with strings and nulls beside thirty doubles, same scorer.

EVENTS=200000 a drain, REPEATS=3 in turns, exactly once. With trees (100 of 31 leaves both) and with a network of the
same layers, which leaves more of the time to the record.
"""

from dataclasses import asdict

from load.bench.players import flights
from load.bench.players.ours import OURS
from load.bench.players.systems import System
from load.bench.race import say
from load.bench.rig.drains import Drain, drain
from load.bench.rig.figures import Table, keep, median, number
from load.bench.rig.noise import listen
from load.bench.rig.settings import conditions
from load.bench.rig.stage import Filled, Stage

EVENTS, REPEATS = 200_000, 3
MODELS = ("mlp", "lightgbm")
Drains = dict[str, list[Drain]]


def playing(stage: Stage, events: int) -> dict[str, tuple[System, Filled]]:
    """Scorer and topic of each row; the flights lie in one topic for both models."""
    said = flights.filled(stage, "flights", events)
    found = {}
    for model in MODELS:
        found[f"30 doubles, {model}"] = OURS[0], stage.filled(f"doubles-{model}", events, model=model)
        found[f"flights, {model}"] = flights.served(stage, model), said
    return found


def table(drains: Drains) -> Table:
    """Each beside the doubles of its model."""
    rows = []
    for name, some in drains.items():
        plain = drains[f"30 doubles, {name.rpartition(', ')[2]}"]
        ratio = median(some, "rate") / median(plain, "rate"), median(some, "cpu") / median(plain, "cpu")
        figures = (f"{median(some, one):.1f}" for one in ("cpu", "broker_cpu"))
        rows.append((name, f"{median(some, 'rate'):,.0f}", *figures, *(f"{one:.2f}" for one in ratio)))
    columns = ("record, model", "events/s", "CPU s/M", "broker s/M", "rate ÷ doubles", "CPU ÷ doubles")
    return Table("records: our scorer, exactly once", columns, tuple(rows))


def main() -> None:
    """Measure, print the table, keep the figures in out/bench/records.json."""
    events, repeats, before = number("EVENTS", EVENTS), number("REPEATS", REPEATS), listen()
    with Stage.open() as stage:
        all_playing = playing(stage, events)
        drains: Drains = {name: [] for name in all_playing}
        for turn in range(-1, repeats):
            for name, (system, filled) in all_playing.items():
                one = drain(stage, system, filled)
                # The first is unmeasured: the broker compiles its own code while it is new.
                drains[name] += [one] if turn >= 0 else []
                say(f"drain {turn + 1} of {repeats}: {name}: {one.rate:,.0f} events/s, {one.cpu:.1f} CPU s/M")
    after, shown = listen(), table(drains)
    say("\n".join(["", *shown.lines()]))
    raw = {name: [asdict(one) for one in some] for name, some in drains.items()}
    say(f"written: {keep('records', {**conditions(before, after), 'drains': raw}, [shown])}")


if __name__ == "__main__":
    main()
