"""What an Alertmanager is told of an alert."""

import pytest

from services.drift.alerting.grouping import ALERTS
from services.notifier.core import NAMES, Words, former, moment, over, standing
from tests.services.notifier.records import EXAMPLE, SECOND, told

WORDS = Words()
NOW = 10_000.0


def test_every_group_has_the_name_of_its_runbook() -> None:
    """The two services may not import each other: their tables are held together here."""
    assert NAMES == ALERTS


def test_an_alert_that_stands() -> None:
    """Labels to route by, annotations to read, since when, until when without another post."""
    (post,) = standing(told(), Words(link="http://grafana/{model}?alert={alert_id}"), NOW)
    assert post == {
        "labels": {
            "alertname": "ModelPerformance",
            "severity": "warning",
            "model": "m-a",
            "model_version": "2026-11-01",
            "arm": "champion",
            "group": "performance",
            "team": "flight-operations",
        },
        "annotations": {
            "summary": EXAMPLE["sentence"],
            "cause": "concept",
            "action": "retrain",
            "features": "delay_so_far, origin",
            "runbook_url": "docs/runbooks/ModelPerformance.md",
            "contact": "flight-operations@example.com",
            "alert_id": "a",
            "report_id": EXAMPLE["report_id"],
        },
        "startsAt": "1970-01-01T00:16:40.000000Z",
        "endsAt": "1970-01-01T02:51:40.000000Z",
        "generatorURL": "http://grafana/m-a?alert=a",
    }


def test_an_alert_that_is_over() -> None:
    """Since it was resolved; never in the future, whatever event time says; never before it began."""
    assert over(told(status="resolved"), WORDS, NOW)[0]["endsAt"] == moment(2_000)
    (ahead,) = over(told(status="resolved", opened_at=11_000 * SECOND, resolved_at=12_000 * SECOND), WORDS, NOW)
    assert (ahead["startsAt"], ahead["endsAt"]) == (moment(NOW), moment(NOW))


def test_a_former_severity_is_over() -> None:
    """Labels make an alert what it is there."""
    posts = former(told(severity="critical"), {"warning", "critical", "info"}, WORDS, NOW)
    assert [(one["labels"]["severity"], one["endsAt"]) for one in posts] == [
        ("info", moment(NOW)),
        ("warning", moment(NOW)),
    ]


def test_what_is_too_little_is_not_posted() -> None:
    """Nor ended."""
    words = Words(least="warning")
    assert standing(told(severity="info"), words, NOW) == []
    assert standing(told(severity="warning"), words, NOW) != []
    assert former(told(severity="critical"), {"info"}, words, NOW) == []


def test_labels_and_annotations_without_text_are_left_out() -> None:
    """An Alertmanager refuses empty ones."""
    (post,) = standing(told(team="", contact="", features=[], action=""), WORDS, NOW)
    assert "team" not in post["labels"]
    assert not {"contact", "features", "action"} & set(post["annotations"])
    assert "generatorURL" not in post


def test_many_features_are_the_first_ten() -> None:
    """And how many more."""
    (post,) = standing(told(features=[f"f{n}" for n in range(40)]), WORDS, NOW)
    assert post["annotations"]["features"].endswith("f9 and 30 more")


@pytest.mark.parametrize(
    ("runbook", "prefix", "url"),
    [
        ("docs/runbooks/A.md", "", "docs/runbooks/A.md"),
        ("docs/runbooks/A.md", "https://wiki/", "https://wiki/A.md"),
        ("https://there/A.md", "https://wiki/", "https://there/A.md"),
    ],
)
def test_a_runbook_is_where_they_say(runbook: str, prefix: str, url: str) -> None:
    """In the documentation, or where that was put."""
    (post,) = standing(told(runbook=runbook), Words(runbooks=prefix), NOW)
    assert post["annotations"]["runbook_url"] == url


def test_a_group_of_a_later_release_has_a_name_too() -> None:
    """Rather than none."""
    assert standing(told(group="unknown"), WORDS, NOW)[0]["labels"]["alertname"] == "ModelAlert"


@pytest.mark.parametrize("at", [-1e18, 1e18, 0.0, 253_402_300_799.0])
def test_any_time_can_be_said(at: float) -> None:
    """A clock a million years ahead is told as the last year there is."""
    assert len(moment(at)) == len("1970-01-01T00:00:00.000000Z")
