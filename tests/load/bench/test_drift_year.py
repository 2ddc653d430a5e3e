"""What the picture of the year shows, week by week, put together from reports."""

import datetime as dt

import pytest

from load.bench import drift_year
from load.bench.drift_year import late_rates
from load.bench.drifting.weeks import monday_of, weeks
from tests.driftline.drift.test_view import HOUR, START, psi, report

DAY = 24 * HOUR


def test_a_week_holds_what_its_days_said() -> None:
    """How far features moved beyond chance, how often they informed, accuracies over rows, the causes of pages."""
    cusum = {**psi("errors", 0.2), "test": "cusum", "expected": 0.87}
    realised = {"accuracy": 0.9, "rows": 100}
    told = [
        report(0, start=START, end=START + DAY, judged=True, findings=[psi("temp", 0.31, fired=True)],
               realised=None),
        report(1, start=START + DAY, end=START + 2 * DAY, judged=True, findings=[psi("temp", 0.11)],
               estimated={"accuracy": 0.8}, realised=None, rows=50),
        report(2, "cohort", start=START, end=START + DAY, judged=True, findings=[cusum], realised=realised, rows=100,
               severity="critical", cause="label"),
        report(3, start=START, end=START + 9 * DAY, judged=False, findings=[]),
    ]  # fmt: skip
    (week,) = weeks(told, {"2013-02-25": 0.3})
    assert (week.monday, round(week.moved["temp"], 6), week.told) == ("2013-02-25", 0.2, {"temp": 0.5})
    assert (week.estimated, week.realised, week.floor, week.late) == (0.8, 0.9, 0.87, 0.3)
    assert week.pages == ["label"]


def test_late_rates_are_those_of_the_flights_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the Mondays; here of the year's last two days, in which a quarter of the labelled flights came late."""
    monkeypatch.setattr(drift_year, "FIRST_DAY", dt.date(2013, 12, 30))
    found = late_rates()
    assert list(found) == ["2013-12-30"] == [monday_of(1_388_448_000_000_000)]
    assert 0.1 < found["2013-12-30"] < 0.5
