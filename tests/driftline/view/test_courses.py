"""Courses over event time hold what the reports say: the strongest finding a window, breaks where nothing is known."""

import pytest

from driftline.drift.view import lines
from driftline.view.courses import MOST_COLUMNS, estimated, evidence, heat, overall, realised
from tests.driftline.view.seeing import DAYS, REPORTS, cohort, day, finding, inputs


def test_a_cell_is_as_strong_as_its_chance_is_small() -> None:
    """One in a hundred is 2; beyond one in a million nobody can tell a difference."""
    days = [inputs(n, findings=[finding("a", p)]) for n, p in enumerate((1.0, 0.01, 0.0))]
    assert [one.strength for one in heat(next(lines(days)))] == pytest.approx([0.0, 2.0, 6.0])


def test_features_that_moved_most_stand_first() -> None:
    """Then those that look least like chance."""
    found = [finding("calm", 0.9), finding("odd", 0.01), finding("moved", 0.04, fired=True)]
    (line,) = lines([inputs(0, findings=found)])
    assert [one.feature for one in heat(line)] == ["moved", "odd", "calm"]


def test_the_strongest_of_a_feature_s_tests_is_shown() -> None:
    """And what is no test of a feature is left out."""
    found = [finding("a", 0.2), finding("a", 0.001, test="mean"), finding("", 1e-6, test="estimate")]
    (line,) = lines([inputs(0, findings=found)])
    (cell,) = heat(line)
    assert "mean, sd 0.25" in cell.says
    assert cell.strength == pytest.approx(3.0)


def test_many_windows_are_shown_in_fewer_columns_and_none_that_moved_is_lost() -> None:
    """Neighbours share a column, which is as strong as the strongest of them."""
    days = [inputs(n, findings=[finding("a", 1e-9 if n == 77 else 0.5, fired=n == 77)]) for n in range(300)]
    (line,) = lines(days)
    cells = heat(line)
    assert len(cells) == MOST_COLUMNS * 5 // 6  # three days each
    assert [one.start <= days[77]["start"] < one.end for one in cells if one.is_moved] == [True]
    assert (cells[0].start, cells[-1].end) == (days[0]["start"], days[-1]["end"])


def test_quality_holds_accuracy_floor_coverage_and_gap_of_each_window() -> None:
    """As the cohorts say."""
    (line,) = lines(REPORTS)
    known = realised(line)
    assert [(one.realised, one.floor, one.rows, one.coverage, one.gap) for one in known] == [
        (0.88, 0.87, 900, 0.9, 0.02)
    ] * DAYS


def test_accuracy_over_all_weighs_windows_by_their_labelled_rows() -> None:
    """A regression's windows have none."""
    small = cohort(1, 0.5)
    small["realised"]["rows"] = 100
    (line,) = lines([cohort(0, 1.0), small, cohort(2, None)])
    accuracy, rows = overall(realised(line))
    assert accuracy == pytest.approx(0.95)
    assert rows == 1000
    assert overall([]) == (None, 0)


def test_the_estimate_breaks_where_there_is_none() -> None:
    """A window without one is a point without a value, not a bridge from its neighbours."""
    (line,) = lines([inputs(0), inputs(1, estimated=None), inputs(2)])
    assert [one.estimated for one in estimated(line)] == [0.9, None, 0.9]


def test_windows_that_were_not_judged_are_not_shown() -> None:
    """Too few rows."""
    (line,) = lines([inputs(0, judged=False), cohort(0, judged=False), day(1)])
    assert (heat(line), realised(line), len(estimated(line))) == ([], [], 1)


def test_evidence_is_the_report_that_an_alert_names() -> None:
    """None where the topic no longer keeps it."""
    (line,) = lines(REPORTS)
    assert evidence(line, REPORTS[0]["report_id"]) == REPORTS[0]
    assert evidence(line, "gone") is None
