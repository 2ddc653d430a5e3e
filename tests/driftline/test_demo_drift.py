"""What the demo says of drift: the cause of what pages, else of what informs, since the incident began."""

from typing import Any

import pytest

from driftline.demo_drift import SINCE_MICROS, Drifted, print_drift
from driftline.drift.view import Line
from load.flights.incidents import Incident
from tests.driftline.drift.test_view import psi, report

HOUR = 3_600_000_000


def at(hours: int, cause: str, severity: str = "critical", kind: str = "inputs") -> dict[str, Any]:
    """A report of a window that ends so many hours after the incident's day begins."""
    end = SINCE_MICROS + hours * HOUR
    return report(0, kind, start=end - HOUR, end=end, cause=cause, severity=severity, sentence=f"{cause} it is")


def drifted(*reports: dict[str, Any], incident: Incident | None = "concept", is_whole: bool = True) -> Drifted:
    """What a sidecar said."""
    kinds = [[one for one in reports if one["kind"] == kind] for kind in ("inputs", "cohort")]
    return Drifted(line=Line("1", "champion", *kinds), incident=incident, is_whole=is_whole)


@pytest.mark.parametrize(
    ("reports", "cause"),
    [
        ([], "none"),
        ([at(1, "data", "info")], "data"),
        ([at(1, "data", "info"), at(2, "data", "info"), at(3, "concept", "warning")], "concept"),
        ([at(-5, "label"), at(1, "concept")], "concept"),
        ([at(1, "label"), at(2, "concept"), at(3, "concept", kind="cohort")], "concept"),
        ([at(1, "none", "none")], "none"),
    ],
)
def test_the_cause_is_that_of_most_windows_that_page(reports: list[dict[str, Any]], cause: str) -> None:
    """Where none pages, of those that inform; what was before the incident is not of it."""
    assert drifted(*reports).cause == cause


def test_a_cause_that_is_not_the_incident_s_does_not_add_up() -> None:
    """Nor do windows that were never judged."""
    assert drifted(at(1, "concept")).faults() == []
    assert drifted(at(1, "data"), is_whole=False).faults() == [
        "drift: not every window was judged a minute after the last outcome",
        "the incident: found cause data, expected concept",
    ]
    assert drifted(at(1, "data"), incident=None).faults() == []


def test_the_cause_stands_in_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """After what was done to the data, and what happened."""
    judged = [at(1, "concept") | {"findings": [psi("temp", 0.3, fired=True)]}, at(2, "concept", kind="cohort")]
    found = drifted(*judged)
    print_drift(found)
    out = capsys.readouterr().out
    assert "\ncause: concept\n" in out
    assert "from 2013-03-15 on another airport office reports arrivals" in out
    assert found.as_data()["pages"] == 2
    assert [one["cause"] for one in found.as_data()["stories"]] == ["concept", "concept"]
