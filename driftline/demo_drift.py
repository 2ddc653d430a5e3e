"""What the demo's sidecar said: read from the drift topic once every window is judged."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driftline.drift.command import print_line, reports
from driftline.drift.view import Line, lines, moment, stories
from driftline.output import show
from load.flights.incidents import MEANING, SINCE, Incident

PATIENCE_SECONDS = 60.0
LOOK_EVERY_SECONDS = 1.0
PAGES = ("warning", "critical")
SINCE_MICROS = (SINCE.toordinal() - 719_163) * 86_400_000_000
"""The day, UTC: New York's begins a few hours later."""


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """The reports of the version served, what was done to the data, whether everything came."""

    line: Line
    incident: Incident | None
    is_whole: bool

    @property
    def cause(self) -> str:
        """What most windows that page are put down to, else most of those that inform; since an incident."""
        known = [one for one in self.line.every if self.incident is None or one["end"] > SINCE_MICROS]
        named = [one for one in known if one["cause"] != "none"]
        paged = [one for one in named if one["severity"] in PAGES]
        counts = Counter(str(one["cause"]) for one in paged or named)
        return min(counts, key=lambda cause: (-counts[cause], cause), default="none")

    @property
    def pages(self) -> int:
        """Windows that page."""
        return sum(one["severity"] in PAGES for one in self.line.every)

    def faults(self) -> list[str]:
        """What is not as it must be."""
        found = [] if self.is_whole else ["drift: not every window was judged a minute after the last outcome"]
        if self.incident and self.cause != self.incident:
            found.append(f"the incident: found cause {self.cause}, expected {self.incident}")
        return found

    def as_data(self) -> Mapping[str, Any]:
        """For machines."""
        judged = sum(one["judged"] for one in self.line.every)
        names = ("event_time", "seen_in", "severity", "cause", "sentence", "action")
        told = [dict(zip(names, row, strict=True)) for row in stories(self.line)]
        windows = {"windows": len(self.line.every), "judged": judged, "pages": self.pages}
        return {"incident": self.incident, "cause": self.cause, **windows, "stories": told}


def drifted(brokers: str, topic: str, *, last_micros: int, incident: Incident | None) -> Drifted:
    """Wait until the last event's windows of both kinds are judged, or long enough; what was said. Raises Stopped."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = next(lines(reports(brokers, topic)), Line("", "", [], []))
        is_whole = all(kind and kind[-1]["end"] > last_micros for kind in (found.inputs, found.cohorts))
        if is_whole or time.monotonic() > deadline:
            return Drifted(line=found, incident=incident, is_whole=is_whole)
        time.sleep(LOOK_EVERY_SECONDS)


def print_drift(found: Drifted) -> None:
    """For people: is the model still right, what moved, why, what to do."""
    show("is the model still right?", style="bold")
    if found.incident:
        show(f"from {moment(SINCE_MICROS)[:10]} on {MEANING[found.incident]}")
    print_line(found.line)
    if found.incident:
        show(f"cause: {found.cause}", style="bold yellow")
    else:
        judged = sum(one["judged"] for one in found.line.every)
        show(f"{found.pages} of {judged} windows page, all others inform or say nothing", style="bold")
