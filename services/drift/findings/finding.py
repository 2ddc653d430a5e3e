"""What one test says, and what tests that share a part of the budget say together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from services.drift.findings.terms import Family

Place = Literal["floor", "estimate", "gap", "quality", "serving", "inform", "early", "evidence"]
MOST_SHOWN = 120


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One test: `place` is the family it belongs to, inform, early, or evidence that decides nothing by itself.

    `p_value` is the chance of such a statistic without any change, None where it has none; `what` says in words what
    moved.
    """

    test: str
    subject: str = ""
    place: Place
    statistic: float
    p_value: float | None = None
    threshold: float | None = None
    expected: float | None = None
    found: float | None = None
    fired: bool = False
    what: str = ""

    def record(self) -> dict[str, Any]:
        """The finding as a report holds it."""
        return {
            "test": self.test,
            "subject": self.subject,
            "statistic": float(self.statistic),
            "p_value": _number(self.p_value),
            "threshold": _number(self.threshold),
            "expected": _number(self.expected),
            "found": _number(self.found),
            "fired": bool(self.fired),
        }


class Verdict(NamedTuple):
    """What a family's tests say together, and which of them carried it."""

    family: Family
    p_value: float
    alpha: float
    fired: bool
    carried_by: Finding | None

    def record(self) -> dict[str, Any]:
        """The verdict as a report holds it."""
        one = self.carried_by
        return {
            "family": self.family,
            "p_value": float(self.p_value),
            "alpha": float(self.alpha),
            "fired": bool(self.fired),
            "carried_by": "" if one is None else f"{one.test} {one.subject}".strip(),
        }


def shown(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """What decides before evidence, what fired first, then the least likely; 2,000 features do not fill a report."""

    def rank(one: Finding) -> tuple[bool, bool, float]:
        return one.place == "evidence", not one.fired, 1.0 if one.p_value is None else one.p_value

    ranked = sorted(findings, key=rank)
    return [one.record() for one in ranked[:MOST_SHOWN]]


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
