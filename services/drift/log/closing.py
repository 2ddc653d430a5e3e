"""How far event time has come for each arm's scorers and for the labelers, by the watermarks in the log alone."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

NEVER = -(2**62)
DAY = 86_400_000_000
SILENT_MILLIS = 60_000
"""A partition that brought nothing but heartbeats for so long, by the log's own time, follows the others."""
STUCK_MILLIS = 3_600_000
"""So does one whose time stood still for so long, whatever came: gone, or held by one clock that is wrong."""
GONE_MILLIS = 86_400_000
"""Owners that were silent for so long, by the log's own time, are waited for no more."""
AGREE, MOST_PLACES = 3, 4_096
WRITERS_AGREE = 100
"""So many records in a row move a writer's clock any distance (stream.watermark), fewer a day each at most."""
BRINGS = ("scored", "degraded", "rejected", "duplicate", "taken", "marks")


@dataclass
class Mark:
    """One partition: its event time `at` (µs); when, in the log's time (ms), it was heard, brought events, moved.

    `doubted` accounts in a row told a time that their records cannot have come to, the earliest of them `other`.
    """

    at: int
    heard: int
    brought: int
    moved: int
    doubted: int = 0
    other: int = 0

    def follows(self, now: int) -> bool:
        """Whether it tells no time of its own at `now`."""
        is_silent = self.heard - self.brought >= SILENT_MILLIS
        return is_silent or now - self.moved >= STUCK_MILLIS


class Clocks:
    """A mark a partition, by owner; `now` is the log's own time, ms, the latest append time seen."""

    def __init__(self, *, is_wall: bool, max_ahead: int) -> None:
        self._is_wall, self._max_ahead = is_wall, max_ahead
        self._marks: dict[str, dict[str, Mark]] = {}
        self.now = 0

    def tick(self, stamp: int) -> None:
        """A record was appended at `stamp`, ms."""
        self.now = max(self.now, stamp)

    def hear(self, owner: str, group: str, ranges: Iterable[Mapping[str, Any]]) -> None:
        """Take what a whole profile's ranges say of their partitions."""
        marks = self._marks.setdefault(owner, {})
        for one in ranges:
            place = f"{group}/{one['topic']}/{one['partition']}"
            if place not in marks and not self._has_room():
                continue
            marks = self._marks.setdefault(owner, marks)
            mark = marks.setdefault(place, Mark(NEVER, self.now, self.now, self.now))
            mark.heard = self.now
            said = one["watermark"]
            if said is None:
                continue
            if any(one[use] for use in BRINGS):
                mark.brought = self.now
            self._move(mark, said, one)

    def _has_room(self) -> bool:
        """Whether one more partition can be remembered, if need be once those are forgotten that are gone."""
        if sum(map(len, self._marks.values())) < MOST_PLACES:
            return True
        for owner, marks in list(self._marks.items()):
            left = {place: mark for place, mark in marks.items() if self.now - mark.heard < STUCK_MILLIS}
            marks.clear()
            marks.update(left)
            if not left:
                del self._marks[owner]
        return sum(map(len, self._marks.values())) < MOST_PLACES

    def _move(self, mark: Mark, said: int, one: Mapping[str, Any]) -> None:
        if not is_credible(mark.at, said, one):
            mark.other = min(said, mark.other) if mark.doubted else said
            mark.doubted += 1
            if mark.doubted < AGREE:
                return
            mark.at = mark.other
            mark.moved = self.now
        mark.doubted = 0
        if said > mark.at:
            mark.at, mark.moved = said, self.now

    def reached(self, owner: str) -> int:
        """Every partition of `owner` has come so far, µs; NEVER where nobody has told a time."""
        marks = list(self._marks.get(owner, {}).values())
        told = [mark.at for mark in marks if not mark.follows(self.now)]
        if len(told) < len(marks):
            told += [self.now * 1000 - self._max_ahead] if self._is_wall else []
            told = told or [max(mark.at for mark in marks)]
        return min(told, default=NEVER)

    def is_gone(self, owner: str) -> bool:
        """Whether nobody of `owner` was ever heard, or not for so long that a restart or an outage is not why."""
        heard = [mark.heard for mark in self._marks.get(owner, {}).values()]
        return not heard or self.now - max(heard) >= GONE_MILLIS

    def highest(self, owner: str, group: str, ranges: Iterable[Mapping[str, Any]]) -> int:
        """The furthest that any partition of `owner` has come, with `ranges` that are not taken yet."""
        marks = self._marks.get(owner, {})
        found = [mark.at for mark in marks.values()]
        for one in ranges:
            mark, said = marks.get(f"{group}/{one['topic']}/{one['partition']}"), one["watermark"]
            if said is not None and (mark is None or is_credible(mark.at, said, one)):
                found.append(said)
        return max(found, default=NEVER)

    def state(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        return {
            "now": self.now,
            "marks": {owner: {p: asdict(m) for p, m in marks.items()} for owner, marks in self._marks.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.now = state["now"]
        self._marks = {o: {p: Mark(**m) for p, m in marks.items()} for o, marks in state["marks"].items()}


def is_credible(at: int, said: int, one: Mapping[str, Any]) -> bool:
    """Whether a range's records can have moved its writer's clock from `at` to `said`: never back, a day each."""
    if at == NEVER:
        return True
    read = one["to"] - one["from"]
    is_free = read >= WRITERS_AGREE or one["marks"] > 0
    return said >= at - DAY and (is_free or said <= at + DAY * read)
