"""Windows of a day: what follows the hours of the day is the same in each, so that only more than that shows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.drift.sums import Cohort, Inputs, Known, Seen, Served


class Days:
    """Adds up windows of one kind, by version and arm, until they span `span` µs."""

    def __init__(self, span: int) -> None:
        self._span = span
        self._open: dict[str, Inputs | Cohort] = {}

    def add(self, window: Inputs | Cohort) -> Inputs | Cohort | None:
        """The window that a day's worth came to with this one; None while the day lasts."""
        whole = _together(self._open.pop(window.whose, None), window)
        if whole.end - whole.start >= self._span:
            return whole
        self._open[window.whose] = whole
        return None

    def state(self) -> list[dict[str, Any]]:
        """All of it, JSON-able."""
        return [_told(one) for _, one in sorted(self._open.items())]

    def restore(self, state: list[Mapping[str, Any]]) -> None:
        """Go on from a state."""
        self._open = {one.whose: one for one in map(_window, state)}


def _together(before: Inputs | Cohort | None, now: Inputs | Cohort) -> Inputs | Cohort:
    if isinstance(before, Inputs) and isinstance(now, Inputs):
        seen, served = before.seen.plus(now.seen), before.served.plus(now.served)
        return replace(now, start=before.start, seen=seen, served=served, parts=())
    if isinstance(before, Cohort) and isinstance(now, Cohort):
        known, seen = before.known.plus(now.known), before.seen.plus(now.seen)
        return replace(now, start=before.start, known=known, seen=seen, parts=())
    return now


NAMED = ("start", "end", "version", "digest", "arm", "segment")


def _told(one: Inputs | Cohort) -> dict[str, Any]:
    said: dict[str, Any] = {name: getattr(one, name) for name in NAMED} | {"seen": one.seen.as_data()}
    return (
        {**said, "served": one.served.as_data()} if isinstance(one, Inputs) else {**said, "known": one.known.as_data()}
    )


def _window(said: Mapping[str, Any]) -> Inputs | Cohort:
    named = {name: said[name] for name in NAMED}
    seen = Seen.of_data(said["seen"])
    if "served" in said:
        return Inputs(**named, seen=seen, served=Served.of_data(said["served"]), parts=())
    return Cohort(**named, seen=seen, known=Known.of_data(said["known"]), parts=())
