"""Alerts are few, open and end when they should, and carry their history."""

import json
from datetime import timedelta
from typing import Any

import pytest

from schemas.records import read_record, write_record
from services.drift.alerting.alert import Rules
from services.drift.alerting.lifecycle import About, Lifecycle
from services.drift.alerting.signal import Signal
from tests.services.drift.alerting.signals import DAY, HOUR, quiet, signal

ABOUT = About(model="flights", team="operations", contact="o@example.com")
PAGING = ("floor", "gap", "estimate", "quality", "serving")


def said(*signals: Signal, rules: Rules = Rules()) -> list[dict[str, Any]]:  # noqa: B008 - frozen
    """The records of one life."""
    return Lifecycle(ABOUT, rules).judged(signals)


def statuses(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Group and status of each."""
    return [(one["group"], one["status"]) for one in records]


def test_an_alert_says_all_that_a_person_needs() -> None:
    """What, since when, why, what to do, whom to ask, where to read on."""
    (one,) = said(signal(5, "floor"))
    assert one["opened_at"] == one["updated_at"] == 6 * HOUR
    assert (one["start"], one["end"], one["resolved_at"]) == (5 * HOUR, 6 * HOUR, None)
    assert (one["cause"], one["severity"], one["action"]) == ("concept", "critical", "retrain")
    assert one["features"] == ["distance", "origin"]
    assert (one["team"], one["contact"]) == ("operations", "o@example.com")
    assert one["runbook"] == "docs/runbooks/ModelPerformance.md"
    assert one["history"] == [
        {
            "at": 6 * HOUR,
            "status": "open",
            "severity": "critical",
            "cause": "concept",
            "sentence": "accuracy fell below its floor",
            "report_id": one["report_id"],
        }
    ]


def test_the_contract_takes_every_record() -> None:
    """Once the writer's clock is added."""
    for one in said(signal(0, "quality"), *(quiet(hour, "quality") for hour in (1, 2, 3))):
        record = {**one, "written_at": 7}
        assert read_record("alert", write_record("alert", record, b"\0\0\0\0\1")) == record


def test_floor_estimate_and_gap_are_one_alert() -> None:
    """They hurt in one place; the worst, then the realised one, leads."""
    records = said(
        signal(0, "estimate", severity="warning", cause="data"),
        signal(1, "gap", severity="warning", cause="label"),
        signal(2, "floor", severity="critical", cause="label"),
    )
    assert statuses(records) == [("performance", "open"), ("performance", "updated"), ("performance", "updated")]
    assert [one["cause"] for one in records] == ["data", "label", "label"]
    assert len({one["alert_id"] for one in records}) == 1


def test_a_break_of_forty_features_opens_two_alerts() -> None:
    """Broken data and what it did to the model; refused rows and moved features are told by the first."""
    features = tuple(f"f{number}" for number in range(40))
    records = []
    life = Lifecycle(ABOUT)
    for hour in range(24):
        some = [
            signal(hour, "inform", cause="quality", features=features),
            signal(hour, "serving", cause="quality"),
            signal(hour, "quality", cause="quality", features=features),
            signal(hour, "estimate", cause="quality"),
            signal(hour, "floor", cause="quality"),
            signal(hour, "gap", cause="quality"),
        ]
        records += life.judged(some)
    assert statuses(records) == [("quality", "open"), ("performance", "open")]
    assert set(records[0]["features"]) == set(features)


@pytest.mark.parametrize("severity", ["info", "warning", "critical"])
def test_what_informs_is_one_alert_of_info(severity: str) -> None:
    """Whatever it says of itself; its features stay ranked."""
    (one,) = said(signal(0, "inform", severity=severity, features=("b", "a")))
    assert (one["group"], one["severity"], one["features"]) == ("drift", "info", ["b", "a"])


def test_serving_alone_is_an_alert_of_its_own() -> None:
    """Only refused rows of broken data are the data's; what began as serving goes on as serving."""
    records = said(signal(0, "serving", cause="serving"), signal(1, "serving", cause="quality"))
    assert statuses(records) == [("serving", "open"), ("serving", "updated")]


def test_the_same_again_is_told_once_a_day() -> None:
    """A week of it: one opening, six updates."""
    records = said(*(signal(hour, "floor") for hour in range(7 * 24)))
    assert statuses(records) == [("performance", "open")] + [("performance", "updated")] * 6


def test_causes_that_take_turns_are_told_once_a_day_each() -> None:
    """Whatever the windows say, a day holds few records."""
    causes = ("label", "concept")
    records = said(*(signal(hour, "floor", cause=causes[hour % 2]) for hour in range(48)))
    assert len(records) <= 5


def test_a_worse_severity_is_told_at_once_and_a_better_one_is_not() -> None:
    """It is told within the day, or with the end."""
    grades = ["warning", "critical", "warning", "critical", "warning"]
    records = said(*(signal(hour, "floor", severity=grade) for hour, grade in enumerate(grades)))
    assert [one["severity"] for one in records] == ["warning", "critical"]


def test_three_quiet_windows_in_a_row_resolve_it() -> None:
    """Two and one more trouble begin the count again."""
    records = said(
        signal(0, "floor"),
        *(quiet(hour, "floor") for hour in (1, 2)),
        signal(3, "floor"),
        *(quiet(hour, "floor") for hour in (4, 5, 6)),
    )
    assert statuses(records) == [("performance", "open"), ("performance", "resolved")]
    end = records[-1]
    assert (end["resolved_at"], end["opened_at"]) == (7 * HOUR, HOUR)
    assert end["sentence"] == "Over: quiet in 3 judged windows in a row."
    assert (end["cause"], end["severity"]) == ("concept", "critical")
    assert [one["status"] for one in end["history"]] == ["open", "resolved"]


def test_how_many_is_a_rule() -> None:
    """One is enough where they say so."""
    assert statuses(said(signal(0, "floor"), quiet(1, "floor"), rules=Rules(quiet=1)))[-1][1] == "resolved"


def test_every_family_in_trouble_must_be_quiet() -> None:
    """The estimate's quiet says nothing of the realised quality; what is over no longer leads."""
    life = Lifecycle(ABOUT)
    life.judged([signal(0, "floor", cause="label"), signal(0, "estimate", cause="data", severity="warning")])
    assert life.judged([quiet(hour, "estimate") for hour in range(1, 9)]) == []
    life.judged([signal(9, "estimate", cause="data", severity="warning")])
    (told,) = life.judged([quiet(hour, "floor") for hour in range(1, 9)])
    assert (told["status"], told["cause"], told["severity"]) == ("updated", "data", "warning")
    (over,) = life.judged([quiet(hour, "estimate") for hour in range(10, 13)])
    assert over["status"] == "resolved"


def test_trouble_that_comes_back_is_the_same_alert() -> None:
    """Within a week; afterwards it is another."""
    ends = [quiet(hour, "floor") for hour in (1, 2, 3)]
    first, _, back = said(signal(0, "floor"), *ends, signal(100, "floor"))
    assert (back["status"], back["alert_id"], back["opened_at"]) == ("reopened", first["alert_id"], HOUR)
    assert back["resolved_at"] is None
    first, _, later = said(signal(0, "floor"), *ends, signal(200, "floor"))
    assert (later["status"], later["opened_at"]) == ("open", 201 * HOUR)
    assert later["alert_id"] != first["alert_id"]
    assert len(later["history"]) == 1


def test_a_cohort_of_days_ago_does_not_turn_the_clock_back() -> None:
    """Estimates speak of now, realised quality of a horizon ago: an alert's own times only grow."""
    records = said(signal(100, "estimate"), *(quiet(100 + hour, "estimate") for hour in (1, 2, 3)), signal(60, "floor"))
    assert [one["status"] for one in records] == ["open", "resolved", "reopened"]
    assert records[-1]["updated_at"] == records[-2]["resolved_at"] == 104 * HOUR
    assert records[-1]["end"] == 61 * HOUR


def test_a_version_that_is_no_longer_served_is_over() -> None:
    """Once another was judged for two days without it, family by family: its cohorts come later."""
    life = Lifecycle(ABOUT)
    life.judged([signal(0, "quality"), signal(0, "floor")])
    assert life.judged([quiet(48, "quality", model_version="v2")]) == []
    (one,) = life.judged([quiet(49, "quality", model_version="v2")])
    assert (one["group"], one["status"]) == ("quality", "resolved")
    assert "version v1 is no longer judged" in one["sentence"]
    known = [two["record"] for two in life.state()["alerts"]]
    assert [two["group"] for two in known if two["status"] != "resolved"] == ["performance"]


def test_versions_and_arms_are_told_apart() -> None:
    """Each its own alert."""
    records = said(signal(0, "floor"), signal(0, "floor", model_version="v2"), signal(0, "floor", arm="b"))
    assert len({one["alert_id"] for one in records}) == 3


def test_a_history_keeps_its_beginning_and_its_end() -> None:
    """The first, the last fifty, how many lie between."""
    records = said(*(signal(24 * day, "floor") for day in range(80)))
    last = records[-1]
    assert (len(records), len(last["history"]), last["history_left_out"]) == (80, 51, 29)
    assert last["history"][0]["status"] == "open"
    assert [one["at"] for one in last["history"][1:]] == [24 * day * HOUR + HOUR for day in range(30, 80)]


def test_few_resolved_alerts_are_remembered() -> None:
    """A forgotten one is a new one when it comes back."""
    life = Lifecycle(ABOUT, Rules(quiet=1, resolved=2, reopen=timedelta(days=99), gone=timedelta(days=99)))
    for number in range(5):
        life.judged([signal(2 * number, "floor", model_version=f"v{number}")])
        life.judged([quiet(2 * number + 1, "floor", model_version=f"v{number}")])
    assert len(life.state()["alerts"]) == 2
    assert life.judged([signal(10, "floor", model_version="v4")])[0]["status"] == "reopened"
    assert life.judged([signal(10, "floor", model_version="v0")])[0]["status"] == "open"


def test_an_id_is_made_of_what_the_alert_is() -> None:
    """SHA-256 of model, version, arm, group and when it opened: frozen, for people keep them in tickets."""
    (one,) = said(signal(0, "floor"))
    assert one["alert_id"] == "890e958beadb11783c55b61993a8eeb1fae1fb621a75e09cccb758aa4d1bca4b"


def test_a_state_outlives_its_process_as_json() -> None:
    """And is no window into the living one."""
    life = Lifecycle(ABOUT)
    life.judged([signal(0, "floor"), signal(0, "quality")])
    text = json.dumps(life.state())
    state = life.state()
    life.judged([signal(1, "gap", severity="critical", cause="label"), quiet(1, "quality")])
    assert json.dumps(state) == text
    other = Lifecycle(ABOUT)
    other.restore(json.loads(text))
    rest = [quiet(hour, family) for hour in (2, 3, 4) for family in ("floor", "quality")]
    assert [one["status"] for one in other.judged(rest)] == ["resolved", "resolved"]
    assert DAY == 24 * HOUR
