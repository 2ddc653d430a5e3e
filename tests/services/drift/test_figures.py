"""What the latest reports come to as gauges: a day in place of the one before, few series whatever is reported."""

from collections.abc import Sequence
from typing import Any

from schemas.examples import example
from services.drift.figures import MOST_FEATURES, OTHER, Figures, Sample


def finding(test: str, subject: str, **said: Any) -> dict[str, Any]:
    """One test's."""
    return {"test": test, "subject": subject, "statistic": 0.0, "expected": None, "found": None, "fired": False, **said}


def report(kind: str = "inputs", *findings: dict[str, Any], **said: Any) -> dict[str, Any]:
    """A judged one of version 1."""
    blank = {"model_version": "1", "arm": "champion", "kind": kind, "end": 7_000_000, "rows": 900, "judged": True}
    return {**blank, "findings": findings, "estimated": None, "realised": None, "gap": None, **said}


def shown(*reports: dict[str, Any]) -> dict[str, float]:
    """The samples after these reports, by name and the labels that tell them apart."""
    figures = Figures()
    for one in reports:
        figures.take(one)
    return {_name(one): one.value for one in figures.samples()}


def _name(one: Sample) -> str:
    rest: Sequence[str] = [text for name, text in one.labels.items() if name not in ("model_version", "arm")]
    return "/".join([one.name.removeprefix("driftline_"), *rest])


def test_a_day_says_how_far_each_feature_moved() -> None:
    """By PSI and mean; moved where either test fired."""
    day = report("inputs", finding("psi", "temp", statistic=0.5), finding("mean", "temp", statistic=-1.5, fired=True))
    assert shown(day) == {
        "window_end_timestamp_seconds/inputs": 7.0,
        "window_rows/inputs": 900,
        "feature_psi_ratio/temp": 0.5,
        "feature_mean_shift_ratio/temp": -1.5,
        "feature_moved_ratio/temp": 1.0,
    }


def test_a_day_stands_until_the_next() -> None:
    """Windows in between say nothing of it; the next day's features replace all of those before."""
    first = report("inputs", finding("psi", "temp", statistic=0.5), finding("psi", "wind", statistic=0.2))
    window = report("inputs", finding("missing", "wind", found=0.25, statistic=0.125))
    found = shown(first, window)
    assert (found["feature_psi_ratio/temp"], found["feature_missing_ratio/wind"]) == (0.5, 0.25)
    assert found["feature_missing_excess_ratio/wind"] == 0.125
    found = shown(first, window, report("inputs", finding("psi", "temp", statistic=0.75)))
    assert found["feature_psi_ratio/temp"] == 0.75
    assert not [name for name in found if name.endswith("/wind")]


def test_a_cohort_says_how_good_answers_were_beside_what_they_are_held_against() -> None:
    """The floor comes from the test that pages; the golden report has none of it."""
    said = example("drift", 1)
    assert shown(said)["window_quality_ratio/accuracy"] == 0.84375
    assert shown(said)["quality_gap_ratio"] == 0.0625
    assert "window_quality_ratio/floor" not in shown(said)
    held = shown({**said, "findings": [finding("cusum", "errors", expected=0.875)]})
    assert held["window_quality_ratio/floor"] == 0.875
    assert "window_quality_ratio/mae" not in held


def test_what_was_not_judged_says_only_that_it_was_reported() -> None:
    """Its rows and findings are none to speak of."""
    assert shown(report("cohort", judged=False)) == {"window_end_timestamp_seconds/cohort": 7.0}


def test_the_estimate_comes_with_its_band() -> None:
    """Where the day has one."""
    day = report("inputs", finding("psi", "temp"), estimated={"accuracy": 0.75, "low": 0.5, "high": 0.875})
    found = shown(day)
    assert [found[f"estimated_quality_ratio/{bound}"] for bound in ("value", "low", "high")] == [0.75, 0.5, 0.875]


def test_features_beyond_the_first_fifty_are_one() -> None:
    """With the largest value; the score keeps its name."""
    names = [*(f"f{number}" for number in range(MOST_FEATURES + 10)), "score"]
    found = shown(report("inputs", *(finding("psi", name, statistic=place) for place, name in enumerate(names))))
    psi = {name: value for name, value in found.items() if name.startswith("feature_psi")}
    assert len(psi) == MOST_FEATURES + 2
    assert psi[f"feature_psi_ratio/{OTHER}"] == MOST_FEATURES + 9
    assert psi["feature_psi_ratio/score"] == MOST_FEATURES + 10


def test_three_versions_are_shown_those_reported_last() -> None:
    """One that is gone leaves no series."""
    figures = Figures()
    for version in ("1", "2", "3", "1", "4"):
        figures.take(report("inputs", model_version=version))
    assert {one.labels["model_version"] for one in figures.samples()} == {"3", "1", "4"}
