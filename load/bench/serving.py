"""Serving on a real Kafka: our scorer, its own limits and others drain the same filled topic in turns.

EVENTS=300000 in the topic (slower systems read a part of it), REPEATS=3 drains each, MODELS=mlp (mlp, lightgbm,
logistic, or several), SYSTEMS= tags or beginnings of them, DELIVERY=exactly_once or at_least_once alone. Each system is
checked before it is measured: every id answered, once where that is promised, every score within 1e-5 of what the model
says itself. The first is then drained WARM=3 times unmeasured, for the broker compiles its own code at first; in every
round another one begins.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from load.bench.players.lineup import lineup
from load.bench.players.ours import ALWAYS_ON, OURS
from load.bench.players.systems import System, picked
from load.bench.race import say
from load.bench.rig.drains import Drain, drain
from load.bench.rig.figures import COLUMNS, Table, keep, number, row
from load.bench.rig.noise import listen
from load.bench.rig.settings import conditions
from load.bench.rig.stage import Filled, Stage

EVENTS, REPEATS, CHECKED, WARM = 300_000, 3, 10_000, 3
MODELS = ("mlp",)
Drains = dict[str, list[Drain]]


class Contest:
    """One model served by everybody who can."""

    def __init__(self, stage: Stage, model: str, systems: Sequence[System]) -> None:
        self._stage, self._model, self._systems = stage, model, systems
        self._filled: dict[str, Filled] = {}

    def filled(self, system: System, events: int) -> Filled:
        """A topic with its share of so many events, filled once."""
        count = max(1, events // system.share)
        name = f"{self._model}-{system.shape}-{count}"
        if name not in self._filled:
            say(f"filling a topic with {count:,} events for {self._model}")
            self._filled[name] = (
                self._stage.filled(name, count, model=self._model)
                if system.shape == "columns"
                else self._stage.images(name, count, system.shape)
            )
        return self._filled[name]

    def run(self, events: int, repeats: int) -> Drains:
        """Check everybody, then measure them in turns; after a Ctrl-C what was measured so far is the answer."""
        drains: Drains = {}
        try:
            playing = [one for one in self._systems if self._passes(one, events)]
            for one in playing[:1] * number("WARM", WARM):
                drain(self._stage, one, self.filled(one, events))
            for turn in range(repeats):
                say(f"{self._model}, round {turn + 1} of {repeats}")
                first = turn * len(playing) // repeats
                out = [one for one in playing[first:] + playing[:first] if not self._drained(one, events, drains)]
                playing = [one for one in playing if one not in out]
        except KeyboardInterrupt:
            say("stopped: the tables hold what was measured so far")
        return drains

    def _drained(self, system: System, events: int, drains: Drains) -> bool:
        """One more drain of a system; who fails is out, said so, and what it did before does not count."""
        try:
            found = drain(self._stage, system, self.filled(system, events))
        except SystemExit as error:
            say(f"out: {error}")
            drains.pop(system.row, None)
            return False
        drains.setdefault(system.row, []).append(found)
        say(f"{self._model}: {system.row}: {told(found)}")
        return True

    def _passes(self, system: System, events: int) -> bool:
        if system.missing:
            say(f"passed over: {system.row}: {system.missing}")
            return False
        try:
            drain(self._stage, system, self.filled(system, min(CHECKED * system.share, events)), scores=True)
        except SystemExit as error:
            say(f"out: {error}")
            return False
        say(f"checked: {system.row}")
        return True


def told(one: Drain) -> str:
    """One drain in words."""
    return f"{one.rate:,.0f} events/s (second half {one.warm_rate:,.0f}), {one.cpu:.1f} CPU s/M"


def table(model: str, drains: Mapping[str, Sequence[Drain]]) -> Table:
    """Everybody beside ours, exactly once first; without us nobody is compared."""
    ours = drains.get(OURS[0].row, ())
    rows = [row(name, some, ours) for name, some in drains.items()]
    return Table(f"serving: {model}", COLUMNS, tuple(rows))


def main() -> None:
    """Measure, print the tables, keep the figures in out/bench/serving.json."""
    delivery = os.environ.get("DELIVERY", "")
    systems = [one for one in picked(lineup(), os.environ.get("SYSTEMS", "")) if delivery in ("", one.delivery)]
    models = (os.environ.get("MODELS") or ",".join(MODELS)).split(",")
    before, found = listen(), dict[str, Drains]()
    events, repeats = number("EVENTS", EVENTS), number("REPEATS", REPEATS)
    with Stage.open() as stage:
        for model in models:
            able = [one for one in systems if model in one.models]
            found[model] = Contest(stage, model, able).run(events, repeats)
    after = listen()
    tables = [table(model, drains) for model, drains in found.items()]
    for one in tables:
        say("\n".join(["", one.title, *one.lines()]))
    say(f"\n{ALWAYS_ON}\nnoise before: {before}\nnoise after: {after}")
    raw = {model: {name: [asdict(one) for one in some] for name, some in said.items()} for model, said in found.items()}
    say(f"written: {keep('serving', {**conditions(before, after), 'drains': raw}, tables)}")


if __name__ == "__main__":
    main()
