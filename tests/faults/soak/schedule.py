"""What is done to whom and when, drawn up front from a seed."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MEMBERS = ("a", "b", "c")
GUEST = "d"
SLOTTED = ("a", "b")
"""Members with a slot; the others are dynamic."""
MEAN_GAP_SECONDS = 3.0
SHORTEST_SECONDS = 0.2


@dataclass(frozen=True)
class Deed:
    """One kind of fault: how often, on whom, how long, how much of it.

    `busies` says which part of a target it takes for itself meanwhile, plus `rest_seconds`; `needs` names what the
    machine must offer.
    """

    weight: int
    targets: tuple[str, ...]
    lasts_seconds: tuple[float, float]
    amount: tuple[float, float] = (0.0, 0.0)
    busies: str = "process"
    rest_seconds: float = 2.0
    needs: str = ""


DEEDS: Mapping[str, Deed] = {
    # A member's process: its end's time is when a supervisor starts it again.
    "kill": Deed(12, MEMBERS, (0.2, 3.0)),
    "terminate": Deed(8, MEMBERS, (0.2, 2.0)),
    "freeze": Deed(6, MEMBERS, (0.3, 4.0)),
    "zombie": Deed(3, MEMBERS, (12.0, 16.0)),  # longer than the session, and than a transaction may last
    "join": Deed(5, (GUEST,), (4.0, 15.0)),  # a fourth member that leaves on SIGTERM
    "visit": Deed(4, (GUEST,), (4.0, 15.0)),  # one that leaves by kill -9
    "hijack": Deed(2, SLOTTED, (0.0, 0.0), rest_seconds=4.0),
    # What a member's model, clock and luck are like.
    "abort": Deed(6, MEMBERS, (3.0, 10.0), (0.02, 0.15), busies="mind"),
    "slow": Deed(3, MEMBERS, (2.0, 8.0), (0.05, 0.6), busies="mind"),
    "clock": Deed(2, MEMBERS, (2.0, 8.0), (-600.0, 600.0), busies="mind"),
    # The wire between a member and the broker.
    "stall": Deed(4, MEMBERS, (1.0, 14.0), busies="wire"),  # held back, delivered afterwards
    "cut": Deed(4, MEMBERS, (1.0, 14.0), busies="wire"),  # swallowed both ways, then reset
    "mute": Deed(3, MEMBERS, (1.0, 14.0), busies="wire"),  # requests arrive, answers are swallowed
    "delay": Deed(3, (*MEMBERS, "all"), (3.0, 10.0), (0.02, 0.3), busies="wire"),
    "blackout": Deed(1, ("all",), (1.0, 8.0), busies="wire", rest_seconds=8.0),  # everybody's wire is cut
    "reset": Deed(3, (*MEMBERS, "all"), (0.0, 0.0), busies="wire"),
    # The broker, with a quarter of a minute of peace afterwards.
    "kill broker": Deed(2, ("broker",), (0.2, 5.0), rest_seconds=15.0),
    "freeze broker": Deed(2, ("broker",), (1.0, 8.0), rest_seconds=15.0),
    "fill disk": Deed(1, ("broker",), (2.0, 6.0), rest_seconds=15.0, needs="small disk"),
    # Topics and load.
    "deny letters": Deed(2, ("letters",), (2.0, 8.0), busies="topic"),
    "burst": Deed(3, ("load",), (3.0, 8.0), (5.0, 5.0), busies="pace"),
}


@dataclass(frozen=True)
class Step:
    """One fault: begun `at_seconds` after the start, over `lasts_seconds` later."""

    at_seconds: float
    deed: str
    target: str
    lasts_seconds: float
    amount: float

    @property
    def ends_seconds(self) -> float:
        """When it is over."""
        return self.at_seconds + self.lasts_seconds

    def __str__(self) -> str:
        amount = f" of {self.amount:g}" if self.amount else ""
        return f"{self.at_seconds:8.2f} s  {self.deed} {self.target}{amount}, {self.lasts_seconds:.2f} s"


def schedule(seed: int, seconds: float, gap_seconds: float = MEAN_GAP_SECONDS) -> tuple[Step, ...]:
    """The steps of `seconds` seconds in order of their beginning: the same for the same seed, on every machine.

    On average one begins every `gap_seconds`. Deeds come off a shuffled deck in which each lies as often as its
    weight says. Whatever a step takes for itself no other step touches before it is over and has rested.
    """
    chance = random.Random(seed)
    deck, busy = _deck(chance), dict[str, float]()
    steps, at = list[Step](), chance.uniform(0.5, 2.0)
    while at < seconds - SHORTEST_SECONDS:
        step = _draw(chance, deck, busy, at, seconds)
        if step is not None:
            steps.append(step)
            rest = DEEDS[step.deed].rest_seconds
            busy.update(dict.fromkeys(taken(step), step.ends_seconds + rest))
        deck = deck or _deck(chance)
        at = round(at + min(8.0, 0.1 + chance.expovariate(1 / gap_seconds)), 2)
    return tuple(steps)


def _deck(chance: random.Random) -> list[str]:
    cards = [name for name, deed in DEEDS.items() for _ in range(deed.weight)]
    chance.shuffle(cards)
    return cards


def _draw(chance: random.Random, deck: list[str], busy: Mapping[str, float], at: float, until: float) -> Step | None:
    """The first card of the deck that is possible now, off the deck; None when no card is."""
    for place, name in enumerate(deck):
        deed = DEEDS[name]
        lasts = chance.uniform(*deed.lasts_seconds)
        amount = round(chance.uniform(*deed.amount), 3)
        for target in chance.sample(deed.targets, len(deed.targets)):
            step = Step(at, name, target, round(lasts, 2), amount)
            if step.ends_seconds <= until and not any(busy.get(one, 0.0) > at for one in taken(step)):
                del deck[place]
                return step
    return None


def taken(step: Step) -> Sequence[str]:
    """What a step takes for itself, in words such as `process a`; a wire that is all takes every wire."""
    busies = DEEDS[step.deed].busies
    targets = (*MEMBERS, GUEST) if step.target == "all" else (step.target,)
    return [f"{busies} {target}" for target in targets]


def overlapping(steps: Sequence[Step]) -> Iterator[tuple[Step, Step]]:
    """Pairs of steps that touch the same thing at the same time: none, in a schedule."""
    last: dict[str, Step] = {}
    for step in steps:
        for one in taken(step):
            if one in last and last[one].ends_seconds + DEEDS[last[one].deed].rest_seconds > step.at_seconds:
                yield last[one], step
            last[one] = step
