"""What people read of drift reports: each window once, neighbours that say the same together, the worst in words."""

from typing import Any

from driftline.drift.view import features, lines, months, quality, sparkline, stories
from schemas.examples import example
from services.drift.judging.cause import in_words

HOUR = 3_600_000_000
START = 1_362_096_000_000_000


def report(number: int, kind: str = "inputs", **changes: Any) -> dict[str, Any]:
    """The report of hour `number`, quiet unless told otherwise."""
    start, end = START + number * HOUR, START + (number + 1) * HOUR
    quiet: dict[str, Any] = {
        "cause": "none",
        "severity": "none",
        "sentence": "",
        "findings": [],
        "estimated": None,
        "spent": 0.01,
    }
    named = {"report_id": f"1/champion/{kind}/{end}", "kind": kind, "start": start, "end": end}
    return {**example("drift", 1), "model_version": "1", **quiet, **named, **changes}


def psi(subject: str, found: float, *, fired: bool = False) -> dict[str, Any]:
    """A finding of PSI."""
    said = {"test": "psi", "subject": subject, "statistic": found, "p_value": 0.25, "threshold": 0.1}
    return {**said, "expected": 0.01, "found": found, "fired": fired}


def test_a_window_that_was_reported_twice_counts_once_and_the_last_time() -> None:
    """Whatever order the topic has them in."""
    told = [report(2), report(1), report(2, cause="data"), report(1, "cohort"), report(0, arm="b")]
    found = list(lines(told))
    assert [(line.version, line.arm, len(line.inputs), len(line.cohorts)) for line in found] == [
        ("1", "b", 1, 0),
        ("1", "champion", 2, 1),
    ]
    assert [one["cause"] for one in found[1].inputs] == ["none", "data"]
    assert [one["end"] for one in found[1].every] == sorted(one["end"] for one in found[1].every)


def test_neighbours_that_say_the_same_are_one_story() -> None:
    """A quiet window between them makes two; the sentence is that of the worst."""
    data = {"cause": "data", "severity": "info", "sentence": "temp moved"}
    told = [report(0, **data), report(1, **data), report(2), report(3, **data), report(3, "cohort")]
    (line,) = lines(told)
    assert [row[:4] for row in stories(line)] == [
        ("2013-03-01 00:00 - 2013-03-01 02:00", "inputs", "info", "data"),
        ("2013-03-01 03:00 - 2013-03-01 04:00", "inputs", "info", "data"),
    ]
    assert stories(line)[0][4] == "temp moved"


def test_features_are_those_of_the_last_day_what_moved_first_with_their_course() -> None:
    """A window that was not judged for them shows nothing of them."""
    days = [report(n, findings=[psi("temp", n / 10, fired=n == 3), psi("a", 0.01)]) for n in range(4)]
    (line,) = lines([*days, report(4)])
    assert [(row[0], row[2], row[5], row[6]) for row in features(line)] == [
        ("temp", "0.300", sparkline([0.0, 0.1, 0.2, 0.3]), "moved"),
        ("a", "0.010", "████", "as before"),
    ]
    (bare,) = lines([report(0)])
    assert features(bare) == []


def test_quality_says_what_is_realised_what_estimated_and_what_was_spent() -> None:
    """In the words of somebody who has to decide; what is unknown is left out, with why."""
    estimate = {"accuracy": 0.9, "low": 0.88, "high": 0.92, "f1": None}
    (line,) = lines([report(0, findings=[psi("a", 0.1)], estimated=estimate), report(0, "cohort")])
    assert dict(quality(line)) == {
        "realised accuracy": "84.4% of 912 labelled, 90.6% in the reference",
        "errors, window by window": "█",
        "labels there": "96.9% of the answers until 2013-03-01 01:00",
        "estimated - realised": "+0.062 ± 0.008, material from 0.015625",
        "estimated accuracy": "90.0% (88.0% to 92.0%), until 2013-03-01 01:00",
        "false-alarm budget spent": "0.02 pages over 0 days",
    }
    (bare,) = lines([report(0, findings=[psi("a", 0.1)], why_no_estimate="no calibrator")])
    assert dict(quality(bare))["estimated accuracy"] == "no calibrator, until 2013-03-01 01:00"


def test_an_action_is_told_with_its_value_and_its_effect() -> None:
    """Nothing more than there is."""
    assert in_words({"kind": "none", "value": None, "effect": ""}) == "none"
    said = {"kind": "re-threshold", "value": 0.35, "effect": "accuracy 80% -> 84%"}
    assert in_words(said) == "re-threshold at 0.35: accuracy 80% -> 84%"


def test_a_month_says_what_informed_and_what_paged() -> None:
    """By cause; accuracy weighs days by their rows; windows that were not judged are left out."""
    moved: dict[str, Any] = {
        "cause": "data",
        "severity": "info",
        "features": [{"feature": "temp", "strength": 0.5, "what": ""}],
    }
    paged: dict[str, Any] = {"cause": "concept", "severity": "critical", "features": []}
    told = [report(0, **moved), report(1, judged=False), report(2, "cohort", **paged), report(31 * 24)]
    (line,) = lines(told)
    assert months(line) == [
        ("2013-03", "2", "84.4%", "data 1", "concept 1", "temp 1"),
        ("2013-04", "1", "84.4%", "", "", "delay_so_far 1"),
    ]
