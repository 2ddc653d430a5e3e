"""What a judged window says about one family of tests: that it fired, or that it was quiet."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["floor", "estimate", "gap", "quality", "serving", "inform"]
Cause = Literal["quality", "serving", "label", "concept", "data", "none"]
Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What a judged window says about one family of one version and arm: fired or not."""

    model_version: str
    arm: str
    family: Family
    cause: Cause
    severity: Severity
    fired: bool
    """False: the family was judged in this window and was quiet, which is what resolves an alert."""
    sentence: str
    """One line that a person understands."""
    action: str
    features: tuple[str, ...]
    report_id: str
    start: int
    end: int
    """Event time of the window, µs."""
    spent: float
    """False-alarm budget that it spent, in pages."""
