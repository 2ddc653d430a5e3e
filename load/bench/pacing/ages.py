"""How old events are when they can be read, in parts that add up, as rows of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from load.bench.pacing.listening import SHARES, Heard
from load.bench.rig.figures import Table

FLOOR = "no scorer: sender, broker, reader"


@dataclass(frozen=True)
class Age:
    """A system at a pace: what was heard, how late the sender was at most, the mean of each part, milliseconds."""

    name: str
    rate: float
    heard: Heard
    late_millis: float
    parts: Mapping[str, float]


def add_up(one: Age, floor: Age) -> dict[str, float]:
    """The parts of ours on average, each measured where it happens, beside the whole that the reader saw.

    The way from a commit to the reader is the floor's from the broker to the reader.
    """
    parts = {**one.parts, "to the reader": floor.heard.way}
    return {**parts, "sum": sum(parts.values()), "whole": one.heard.mean}


def table(ages: Sequence[Age]) -> Table:
    """By pace, in the order measured."""
    columns = ("system", "events/s", *(f"p{share:g} ms" for share in SHARES), "mean ms", "over the floor p50", "events")
    floors = {one.rate: one.heard.shares[0] for one in ages if one.name == FLOOR}
    rows = [
        (
            one.name,
            f"{one.rate:,.0f}",
            *(f"{value:.1f}" for value in one.heard.shares),
            f"{one.heard.mean:.1f}",
            f"{one.heard.shares[0] - floors[one.rate]:+.1f}" if one.rate in floors else "",
            f"{one.heard.events:,}",
        )
        for one in ages
    ]
    return Table("latency: age of an event when its prediction can be read", columns, tuple(rows))


def parts_table(ages: Sequence[Age]) -> Table:
    """Means of the parts of ours, their sum beside the whole."""
    floors = {one.rate: one for one in ages if one.name == FLOOR}
    ours = [one for one in ages if one.parts and one.rate in floors]
    added = [(one, add_up(one, floors[one.rate])) for one in ours]
    names = tuple(added[0][1]) if added else ()
    rows = tuple(
        (
            one.name,
            f"{one.rate:,.0f}",
            *(f"{parts[name]:.2f}" for name in names),
            f"{parts['sum'] / parts['whole']:.2f}",
        )
        for one, parts in added
        if parts["whole"]
    )
    return Table("latency: means of the parts, ms", ("system", "events/s", *names, "sum ÷ whole"), rows)
