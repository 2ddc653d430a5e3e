"""Signals for tests: one window an hour, unless said otherwise."""

from typing import Any

from hypothesis import strategies as st

from services.drift.alerting.grouping import FAMILIES
from services.drift.alerting.signal import Signal

HOUR, DAY = 3_600_000_000, 86_400_000_000
BASE: dict[str, Any] = {
    "model_version": "v1",
    "arm": "champion",
    "cause": "concept",
    "severity": "critical",
    "fired": True,
    "sentence": "accuracy fell below its floor",
    "action": "retrain",
    "features": ("distance", "origin"),
    "spent": 0.01,
}


def signal(hour: float, family: str, **said: Any) -> Signal:
    """A signal of the window of an hour that begins at `hour`."""
    version = said.get("model_version", "v1")
    window = "inputs" if family in {"quality", "serving", "inform", "estimate"} else "cohort"
    start = round(hour * HOUR)
    facts = {"start": start, "end": start + HOUR, "report_id": f"{version}/champion/{window}/{start + HOUR}"}
    return Signal(**{**BASE, "family": family, **facts, **said})


def quiet(hour: float, family: str, **said: Any) -> Signal:
    """The same family, judged and quiet."""
    facts = {"fired": False, "cause": "none", "severity": "info", "sentence": "quiet", "features": ()}
    return signal(hour, family, **{**facts, **said})


@st.composite
def histories(draw: st.DrawFn) -> list[list[Signal]]:
    """Windows of two versions in any order of event time: each some families, fired or quiet."""
    windows = []
    for number in range(draw(st.integers(1, 40))):
        version = draw(st.sampled_from(["v1", "v1", "v1", "v2"]))
        hour = number * draw(st.sampled_from([1, 1, 1, 6, 30]))
        some = draw(st.lists(st.sampled_from(FAMILIES), unique=True))
        facts = {"model_version": version, "report_id": f"{number}"}
        windows.append(
            [
                signal(
                    hour,
                    family,
                    **facts,
                    fired=draw(st.booleans()),
                    cause=draw(st.sampled_from(["quality", "label", "concept", "data"])),
                    severity=draw(st.sampled_from(["info", "warning", "critical"])),
                )
                for family in some
            ]
        )
    return [window for window in windows if window]
