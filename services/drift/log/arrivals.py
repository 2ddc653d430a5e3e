"""What was heard of each writer and partition: repeats and overlaps are refused, gaps and torn profiles noticed."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from services.drift.log.reading import Profile
from services.drift.log.refusal import Refused

REMEMBERED = 512
"""So many parts heard last are remembered; Kafka repeats none, so that a repeat is somebody's mistake, and near."""
PENDING = 64
AGREE = 3
"""So many accounts in a row that follow each other are believed against what was heard before them."""
MOST_PLACES = 4_096
"""Of so many partitions heard last the end is remembered."""
Ranges = list[Mapping[str, Any]]


class Arrivals:
    """Heard parts, the end of each partition's account, profiles whose parts have not all come."""

    def __init__(self) -> None:
        self._heard: dict[str, None] = {}
        self._ends: dict[str, list[int]] = {}
        self._pending: dict[str, tuple[int, set[int], Ranges]] = {}

    def take(self, profile: Profile, counts: Counter[str]) -> tuple[Ranges, bool]:
        """Note a part; the ranges of its transaction so far, and whether all its parts have come. Raises Refused."""
        name = f"{profile.session}/{profile.sequence}"
        if f"{name}/{profile.part}" in self._heard:
            raise Refused("duplicate", "found a part of a profile that was heard before")
        self._follow(profile, counts)
        self._heard[f"{name}/{profile.part}"] = None
        while len(self._heard) > REMEMBERED:
            del self._heard[next(iter(self._heard))]
        return self._complete(name, profile, counts)

    def _complete(self, name: str, profile: Profile, counts: Counter[str]) -> tuple[Ranges, bool]:
        parts, there, ranges = self._pending.pop(name, (profile.parts, set(), []))
        there, ranges = there | {profile.part}, [*ranges, *profile.ranges]
        if len(there) >= parts:
            return ranges, True
        self._pending[name] = parts, there, ranges
        torn = [one for one in self._pending if one.startswith(f"{profile.session}/") and one != name]
        torn += [next(iter(self._pending))] if len(self._pending) - len(torn) > PENDING else []
        for one in torn:
            del self._pending[one]
            counts["incomplete"] += 1
        return ranges, False

    def _follow(self, profile: Profile, counts: Counter[str]) -> None:
        """Hold each range against the last of its partition: [end, end of those refused, how many in a row]."""
        moved: dict[str, list[int]] = {}
        refused: Refused | None = None
        gaps = 0
        for one in profile.ranges:
            place = f"{profile.group}/{one['topic']}/{one['partition']}"
            known = moved.get(place) or self._ends.get(place)
            begins, ends = one["from"], one["to"]
            if begins == ends or known is None:
                moved[place] = known or [ends, 0, 0]
                continue
            end, other, times = known
            if begins < end:
                times = times + 1 if begins == other else 1
                self._ends[place] = [end, ends, times]
                found = f"found positions from {begins} on, expected {end}: accounted for already"
                refused = refused or (None if times >= AGREE else Refused("overlapping", found))
            gaps += begins > end
            moved[place] = [ends, 0, 0]
        if refused is not None:
            raise refused
        counts["gap"] += gaps
        for place, said in moved.items():
            self._ends.pop(place, None)
            self._ends[place] = said
        while len(self._ends) > MOST_PLACES:
            del self._ends[next(iter(self._ends))]

    def state(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        pending = {name: [parts, sorted(there), ranges] for name, (parts, there, ranges) in self._pending.items()}
        return {"heard": list(self._heard), "ends": list(self._ends.items()), "pending": list(pending.items())}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._heard = dict.fromkeys(state["heard"])
        self._ends = {name: list(said) for name, said in state["ends"]}
        self._pending = {name: (said[0], set(said[1]), list(said[2])) for name, said in state["pending"]}
