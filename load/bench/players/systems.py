"""A system that is measured: its command and its variables for one run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from load.bench.images.events import Shape
from load.bench.rig.stage import Filled, Stage

Delivery = Literal["exactly_once", "at_least_once"]
Answers = Literal["ours", "peer", "none"]
"""Whose prediction it writes: ours, the peers' of load/bench/peers/wire.py, or the event as it came."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run: what is read, where to, under which name."""

    stage: Stage
    filled: Filled
    name: str
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def output(self) -> str:
        """The topic of the predictions."""
        return f"{self.name}.predictions"

    @property
    def path(self) -> Path:
        """A directory of the run's own."""
        return self.stage.path / self.name


Start = Callable[[Run], tuple[Sequence[str], Mapping[str, str]]]


@dataclass(frozen=True, kw_only=True)
class System:
    """`tag` picks it, `name` is its row; it reads one event of `share`; `missing` says why it cannot run here."""

    tag: str
    name: str
    delivery: Delivery
    start: Start
    share: int = 1
    models: tuple[str, ...] = ("mlp",)
    missing: str = ""
    answers: Answers = "peer"
    shape: Shape = "columns"

    @property
    def row(self) -> str:
        """Its name with what it promises."""
        return f"{self.name}, {self.delivery.replace('_', ' ')}"


def picked(systems: Sequence[System], wanted: str) -> list[System]:
    """Those whose tag begins with one of the comma-separated `wanted`, all of them for "".

    Raises SystemExit when one of them picks nobody.
    """
    tags = [tag.strip() for tag in wanted.split(",") if tag.strip()]
    for tag in tags:
        if not any(one.tag.startswith(tag) for one in systems):
            known = ", ".join(dict.fromkeys(one.tag for one in systems))
            raise SystemExit(f"SYSTEMS: found {tag}, expected the beginnings of some of: {known}")
    return [one for one in systems if not tags or any(one.tag.startswith(tag) for tag in tags)]
