"""Which alert a signal belongs to, so that one break opens few: what pages by what it hurts, what informs together."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from services.drift.alerting.signal import Family, Severity, Signal

GROUPS: Mapping[Family, str] = {
    "quality": "quality",
    "serving": "serving",
    "floor": "performance",
    "gap": "performance",
    "estimate": "performance",
    "inform": "drift",
}
"""The group of each family, the families in the order in which they are heard: causes before consequences."""
ALERTS: Mapping[str, str] = {
    "performance": "ModelPerformance",
    "quality": "DataQuality",
    "serving": "ServingDegraded",
    "drift": "InputDrift",
}
"""The name under which a group is known outside, and of its runbook."""
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
FAMILIES: tuple[Family, ...] = tuple(GROUPS)


def windows(signals: Sequence[Signal]) -> Iterator[list[Signal]]:
    """The signals of each window, windows as they come, families in the order of GROUPS, fired ones first."""
    for _, some in groupby(signals, key=lambda one: one.report_id):
        yield sorted(some, key=lambda one: (FAMILIES.index(one.family), not one.fired))


def group_of(signal: Signal, is_open: Mapping[str, bool]) -> str | None:
    """The group that a fired signal opens or updates, None where an open alert says it already.

    Broken data refuses rows and moves features: both are told by the alert about the data, not by two more.
    """
    group = GROUPS[signal.family]
    if group == "serving" and signal.cause == "quality" and not is_open["serving"]:
        return "quality"
    if group == "drift" and is_open["quality"]:
        return None
    return group


def severity_of(signal: Signal) -> Severity:
    """How bad it is; what only informs is never worse than info."""
    return "info" if signal.family == "inform" else signal.severity


def rank(signal: Mapping[str, Any]) -> tuple[int, int]:
    """What leads an alert: the worst of its families' latest signals, then realised before estimated."""
    return SEVERITIES.index(signal["severity"]), -FAMILIES.index(signal["family"])
