"""What is known of a model's quality, as rows of a table: does it hurt."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftline.drift.view import SPARKS, Line, Report, judged, moment, sparkline

Row = tuple[str, str]
MOST_CONFUSED = 3
"""So many pairs of classes are read at a glance."""


def quality(line: Line) -> list[Row]:
    """What is known of the model's quality: realised, estimated, the gap between them, what early labels say."""
    rows = []
    if known := [one for one in line.cohorts if one["realised"]]:
        rows += _realised(known)
    if seen := judged(line.inputs, "psi"):
        rows += _expected(seen[-1])
    rows += _unjudged(line.every)
    spent = sum(one["spent"] for one in line.every)
    return [*rows, ("false-alarm budget spent", f"{spent:.2f} pages over {_days(line.every):.0f} days")]


def _realised(known: Sequence[Report]) -> list[Row]:
    one, said, rows = known[-1], known[-1]["realised"], []
    if said["accuracy"] is not None:
        usual = "" if said["expected"] is None else f", {said['expected']:.1%} in the reference"
        course = [None if (right := day["realised"]["accuracy"]) is None else 1 - right for day in known[-SPARKS:]]
        rows.append(("realised accuracy", f"{said['accuracy']:.1%} of {said['rows']:,} labelled{usual}"))
        rows.append(("errors, window by window", sparkline(course)))
    if said["f1"] is not None:
        rows.append(("realised F1", f"{said['f1']:.3f} ({confused(said)})"))
    if said["mae"] is not None:
        rows.append(("mean absolute error", f"{said['mae']:.4g}, bias {said['bias']:+.4g}"))
    before = next((f", {test['expected']:.1%} before" for test in one["findings"] if test["test"] == "coverage"), "")
    rows.append(("labels there", f"{said['coverage']:.1%} of the answers until {moment(one['end'])}{before}"))
    if gap := one["gap"]:
        rows.append(
            ("estimated - realised", f"{gap['gap']:+.3f} ± {gap['error']:.3f}, material from {gap['material']}")
        )
    return rows


def _expected(day: Report) -> list[Row]:
    said, early = day["estimated"], day["early"]
    text = (
        day["why_no_estimate"] if said is None else f"{said['accuracy']:.1%} ({said['low']:.1%} to {said['high']:.1%})"
    )
    rows = [("estimated accuracy", f"{text}, until {moment(day['end'])}")]
    if said is not None and said["f1"] is not None:
        rows.append(("estimated F1", f"{said['f1']:.3f} ({confused(said)})"))
    if early is not None:
        usual = "nothing to compare with yet"
        usual = usual if early["expected"] is None else f"{early['expected']:.1%} of ripe ones as late"
        rows.append(("early, before the horizon", f"{early['accuracy']:.1%} of {early['rows']:,} labelled, {usual}"))
    return rows


def _unjudged(reports: Sequence[Report]) -> list[Row]:
    """How many windows held too few rows to say anything, and what makes them longer: silence is not calm."""
    few = [one for one in reports if not one["judged"] and one["why_not"].startswith("too few rows")]
    if not few:
        return []
    share = f"{len(few):,} of {len(reports):,} windows"
    return [("not judged", f"{share}, {few[-1]['why_not']}: DRIFT_LONGEST makes windows longer")]


def confused(said: Mapping[str, Any]) -> str:
    """Shares of the rows, right ones first; of several classes those that are taken for another most often.

    >>> four = {"true_positives": 0.25, "true_negatives": 0.5, "false_positives": 0.25, "false_negatives": 0.0}
    >>> confused({"confusion": four, "confusion_by_class": []})
    'TP 25%, TN 50%, FP 25%, FN 0%'
    >>> confused({"confusion": None, "confusion_by_class": [{"decided": "cat", "label": "dog", "share": 0.05}]})
    'mean of the classes; dog called cat 5%'
    """
    if (four := said["confusion"]) is not None:
        kinds = ("true_positives", "true_negatives", "false_positives", "false_negatives")
        named = zip(("TP", "TN", "FP", "FN"), kinds, strict=True)
        return ", ".join(f"{short} {four[name]:.0%}" for short, name in named)
    wrong = [one for one in said["confusion_by_class"] if one["decided"] != one["label"]][:MOST_CONFUSED]
    called = ", ".join(f"{one['label']} called {one['decided']} {one['share']:.0%}" for one in wrong)
    return f"mean of the classes; {called}" if called else "mean of the classes"


def _days(reports: Sequence[Report]) -> float:
    return (reports[-1]["end"] - reports[0]["start"]) / 86_400e6 if reports else 0.0
