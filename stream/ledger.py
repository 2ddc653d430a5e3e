"""The tiling law: ranges that account for a partition leave no gap, overlap nothing, add up."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stream.records import Place

AT_LEAST_ONCE = ("driftline-delivery", b"at_least_once")
"""The header of an account whose writer answers some events again after a fault."""
USES = ("marks", "scored", "degraded", "rejected", "dead", "duplicate", "taken")
COUNTS = ("absent", *USES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """The account of input positions [start, end) of one partition; `where` says where it was found.

    One that `may_repeat` was written at least once: a later one that begins before its end stands in its place.
    A scorer uses everything but `taken`, a labeler `taken`, `dead` and `marks`.
    """

    topic: str
    partition: int
    start: int
    end: int
    absent: int = 0
    marks: int = 0
    scored: int = 0
    degraded: int = 0
    rejected: int = 0
    dead: int = 0
    duplicate: int = 0
    taken: int = 0
    where: str = ""
    may_repeat: bool = False

    @property
    def place(self) -> Place:
        """The partition it speaks of."""
        return Place(self.topic, self.partition)

    @property
    def read(self) -> int:
        """Records that were there to be read."""
        return self.end - self.start - self.absent

    @property
    def used(self) -> int:
        """Records accounted for."""
        return sum(getattr(self, use) for use in USES)

    @property
    def is_heartbeat(self) -> bool:
        """It covers nothing, and only says where its writer stands."""
        return self.start == self.end


def range_of(record: Mapping[str, Any], *, where: str = "") -> Range:
    """A range as a profile spells it: with `from` and `to`, a count left out where it is 0."""
    counts: dict[str, Any] = {name: int(record.get(name, 0)) for name in COUNTS}
    return Range(
        topic=record["topic"],
        partition=record["partition"],
        start=record["from"],
        end=record["to"],
        where=where,
        **counts,
    )


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Positions [start, end) of a partition where the account fails, with what was found and expected."""

    topic: str
    partition: int
    start: int
    end: int
    what: str
    where: str = ""

    def __str__(self) -> str:
        there = f" (in the profile log at {self.where})" if self.where else ""
        return f"{self.topic}[{self.partition}] offsets {self.start} to {self.end}: {self.what}{there}"


def standing(ranges: Sequence[Range]) -> list[Range]:
    """The ranges of one partition, in log order, without those that a later one was written in place of.

    Whoever writes at least once begins again where the last commit stands: from there on its account is written anew.
    """
    kept: list[Range] = []
    for one in ranges:
        while one.may_repeat and kept and kept[-1].may_repeat and kept[-1].end > one.start <= kept[-1].start:
            kept.pop()
        kept.append(one)
    return kept


def faults(ranges: Sequence[Range]) -> Iterator[Fault]:
    """Where the ranges of one partition, in log order, break the law; at best nowhere."""
    yield from _uneven(ranges)
    tiling = sorted((one for one in ranges if one.start < one.end), key=lambda one: (one.start, one.end))
    yield from _untiled(tiling)
    yield from _astray(ranges, tiling)


def _fault(one: Range, start: int, end: int, what: str) -> Fault:
    return Fault(topic=one.topic, partition=one.partition, start=start, end=end, what=what, where=one.where)


def _uneven(ranges: Iterable[Range]) -> Iterator[Fault]:
    """Each range on its own: it must run forward, count nothing below zero, use exactly what it read."""
    for one in ranges:
        if one.end < one.start:
            yield _fault(one, one.end, one.start, f"found a range from {one.start} back to {one.end}")
        elif min(getattr(one, name) for name in COUNTS) < 0:
            yield _fault(one, one.start, one.end, "found a count below zero, expected none")
        elif one.used != one.read:
            what = f"found {one.used} records accounted for, expected {one.read}"
            yield _fault(one, one.start, one.end, f"{what} (of {one.end - one.start} positions {one.absent} absent)")


def _untiled(tiling: Sequence[Range]) -> Iterator[Fault]:
    """Each range with the one before: it must begin where that one ends."""
    if not tiling:
        return
    frontier = tiling[0].end
    for one in tiling[1:]:
        if one.start > frontier:
            what = f"found the next range at {one.start}, expected it at {frontier}"
            lost = one.start - frontier
            yield _fault(one, frontier, one.start, f"{what}: {lost} positions without an account")
        elif one.start < frontier:
            end = min(frontier, one.end)
            what = f"found a range that begins at {one.start}, expected {frontier}"
            yield _fault(one, one.start, end, f"{what}: {end - one.start} positions accounted for twice")
        frontier = max(frontier, one.end)


def _astray(ranges: Iterable[Range], tiling: Sequence[Range]) -> Iterator[Fault]:
    """Each heartbeat: it must stand where the ranges before it in the log end."""
    frontier = tiling[0].start if tiling else None
    for one in ranges:
        if not one.is_heartbeat:
            frontier = one.end if frontier is None else max(frontier, one.end)
        elif frontier is None:
            frontier = one.start
        elif one.start != frontier:
            low, high = sorted((one.start, frontier))
            yield _fault(one, low, high, f"found a heartbeat at {one.start}, expected it at {frontier}")


class LiveLedger:
    """The law held against one process's own transactions as they are committed."""

    def __init__(self) -> None:
        self._frontier: dict[Place, int] = {}
        self._imbalance: dict[Place, int] = {}

    def assigned(self, starts: Mapping[Place, int]) -> None:
        """Stand at `starts`; what others did in between is theirs to account for."""
        self._frontier = dict(starts)
        self._imbalance = {place: self._imbalance.get(place, 0) for place in starts}

    def account(self, ranges: Iterable[Range]) -> dict[Place, int]:
        """Take the ranges of a committed transaction; the messages out of balance so far, a place held."""
        for one in ranges:
            expected = self._frontier.get(one.place, one.start)
            off = abs(one.start - expected) + abs(one.read - one.used)
            self._imbalance[one.place] = self._imbalance.get(one.place, 0) + off
            self._frontier[one.place] = one.end
        return dict(self._imbalance)
