"""What people read of drift reports: each window once, neighbours that say the same together, the worst in words."""

from typing import Any

import pytest

from driftline.drift.command import print_line
from driftline.drift.quality import quality
from driftline.drift.view import features, lines, months, sparkline, stories
from schemas.examples import example, golden_bytes
from schemas.records import read_record
from services.drift.judging.words import in_words

HOUR = 3_600_000_000
TOLD = read_record("drift", golden_bytes("drift", 2))
"""Of a binary model, as the latest contract knows it."""
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
        "early": None,
        "spent": 0.01,
    }
    named = {"report_id": f"1/champion/{kind}/{end}", "kind": kind, "start": start, "end": end}
    return {**TOLD, "model_version": "1", **quiet, **named, **changes}


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
    shares = {"true_positives": 0.25, "false_positives": 0.0, "true_negatives": 0.5, "false_negatives": 0.25}
    estimate = {**TOLD["estimated"], "accuracy": 0.9, "low": 0.88, "high": 0.92, "f1": 0.5, "confusion": shares}
    early = {"rows": 1_200, "accuracy": 0.8, "expected": 0.85}
    (line,) = lines([report(0, findings=[psi("a", 0.1)], estimated=estimate, early=early), report(0, "cohort")])
    assert dict(quality(line)) == {
        "realised accuracy": "84.4% of 912 labelled, 90.6% in the reference",
        "errors, window by window": "█",
        "realised F1": "0.625 (TP 9%, TN 75%, FP 3%, FN 12%)",
        "labels there": "96.9% of the answers until 2013-03-01 01:00",
        "estimated - realised": "+0.062 ± 0.008, material from 0.015625",
        "estimated accuracy": "90.0% (88.0% to 92.0%), until 2013-03-01 01:00",
        "estimated F1": "0.500 (TP 25%, TN 50%, FP 0%, FN 25%)",
        "early, before the horizon": "80.0% of 1,200 labelled, 85.0% of ripe ones as late",
        "false-alarm budget spent": "0.02 pages over 0 days",
    }
    (bare,) = lines([report(0, findings=[psi("a", 0.1)], why_no_estimate="no calibrator")])
    assert dict(quality(bare))["estimated accuracy"] == "no calibrator, until 2013-03-01 01:00"
    assert "early, before the horizon" not in dict(quality(bare))


def test_of_several_classes_it_says_which_is_taken_for_which() -> None:
    """Estimated and realised alike; where none is, the mean alone."""
    many = example("drift", 3)
    told = {"estimated": many["estimated"], "realised": many["realised"]}
    (line,) = lines([report(0, findings=[psi("a", 0.1)], **told), report(0, "cohort", **told)])
    found = dict(quality(line))
    assert found["estimated F1"] == "0.750 (mean of the classes; carry-on called checked 9%)"
    assert found["realised F1"] == "0.625 (mean of the classes; carry-on called checked 16%)"
    right = {**many["realised"], "f1": 1.0, "confusion_by_class": many["realised"]["confusion_by_class"][:2]}
    (line,) = lines([report(0, "cohort", realised=right)])
    assert dict(quality(line))["realised F1"] == "1.000 (mean of the classes)"


def test_windows_of_too_few_rows_are_told() -> None:
    """Silence is not calm; windows that wait for the rest of their day are no fault."""
    few: dict[str, Any] = {"judged": False, "findings": [], "why_not": "too few rows: 166, expected 200 or more"}
    waits = report(3, "cohort", judged=False, realised=None, why_not="judged with the rest of its day")
    (line,) = lines([report(0, **few), report(1, **few), report(2), waits])
    said = "2 of 4 windows, too few rows: 166, expected 200 or more: DRIFT_LONGEST makes windows longer"
    assert dict(quality(line)) == {"not judged": said, "false-alarm budget spent": "0.04 pages over 0 days"}


@pytest.mark.parametrize(
    ("why_not", "said"),
    [("too few rows: 1, expected 200 or more", "no window was judged yet"), ("", "nothing moved that matters")],
)
def test_where_nothing_was_judged_nothing_is_called_calm(
    why_not: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither is it an alarm."""
    (line,) = lines([report(0, judged=not why_not, why_not=why_not)])
    print_line(line)
    assert said in capsys.readouterr().out


def test_a_regression_shows_its_errors() -> None:
    """There is no accuracy of numbers; what coverage was before is told where it is known."""
    figures = {**TOLD["realised"], "accuracy": None, "f1": None, "mae": 1.25, "bias": -0.5}
    coverage = {"test": "coverage", "subject": "", "statistic": 0.0, "p_value": 1.0, "threshold": 0.02}
    found = [{**coverage, "expected": 0.98, "found": 0.97, "fired": False}]
    (line,) = lines([report(0, "cohort", realised=figures, gap=None, findings=found)])
    assert dict(quality(line)) == {
        "mean absolute error": "1.25, bias -0.5",
        "labels there": "96.9% of the answers until 2013-03-01 01:00, 98.0% before",
        "false-alarm budget spent": "0.01 pages over 0 days",
    }


def test_what_labels_say_early_is_a_story_without_a_cause() -> None:
    """It informs; nothing is put down to it."""
    (line,) = lines([report(0, severity="info", sentence="early: worse"), report(1)])
    assert [row[1:5] for row in stories(line)] == [("inputs", "info", "none", "early: worse")]


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
