"""Alerts in rows and lines: the worst first, nothing that upsets a terminal."""

import json
from typing import Any

import pytest

from driftline.alerts.command import show_standing
from driftline.alerts.view import data_of, happened, line_of, narrow_row_of, row_of, standing
from tests.services.notifier.records import SECOND, told

HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND
FELL = "Accuracy of 2,140 rows is 0.861, below the floor of 0.880."


def alert(alert_id: str, status: str = "open", severity: str = "warning", **said: Any) -> dict[str, Any]:
    """One, whose history tells what had happened."""
    made = told(alert_id, status, severity, **{"updated_at": 0, "sentence": FELL, **said})
    past = [{**one, "sentence": FELL, "status": "open"} for one in made["history"]]
    return {**made, "history": past}


def test_the_latest_record_of_each_counts() -> None:
    """Open ones by severity and age, resolved ones by when."""
    found = standing(
        [
            alert("a"),
            alert("b", severity="critical", opened_at=9 * HOUR),
            alert("c", severity="critical", opened_at=3 * HOUR),
            alert("d"),
            alert("a", "updated", "info"),
            alert("d", "resolved", updated_at=5),
            alert("e", "resolved", updated_at=6),
        ]
    )
    assert [one["alert_id"] for one in found.open] == ["c", "b", "a"]
    assert [one["alert_id"] for one in found.resolved] == ["e", "d"]


def test_what_ended_long_ago_is_left_out() -> None:
    """A week before the latest news; event time, for the demo's is another year's."""
    ended = [alert(f"{n}", "resolved", updated_at=n * DAY) for n in (1, 2, 3)]
    found = standing([alert("new", updated_at=9 * DAY), *ended])
    assert [one["alert_id"] for one in found.recent().resolved] == ["3", "2"]
    assert standing([]).recent().open == []


def test_a_row_says_what_and_what_to_do() -> None:
    """Since when, which version, why, what happened, what to do, whom to ask, where to read on."""
    row = row_of(alert("a", "open", "critical", opened_at=DAY))
    assert row == [
        "critical",
        "1970-01-02T00:00Z",
        "m-a 2026-11-01",
        "performance",
        "concept",
        f"{FELL} [delay_so_far, origin]",
        "retrain (flight-operations@example.com)",
        "docs/runbooks/ModelPerformance.md",
    ]
    assert row_of(alert("a", arm="b"))[2] == "m-a 2026-11-01 b"


def test_a_terminal_has_room_for_three_columns() -> None:
    """Each several lines high, with the same words."""
    assert narrow_row_of(alert("a", opened_at=DAY)) == [
        "warning",
        "performance: concept\nm-a 2026-11-01\nsince 1970-01-02T00:00Z",
        (
            f"{FELL} [delay_so_far, origin]\nTo do: retrain (flight-operations@example.com)\n"
            "Read: docs/runbooks/ModelPerformance.md"
        ),
    ]


def test_a_resolved_one_says_what_had_happened() -> None:
    """When it ended; there is nothing to do."""
    row = row_of(alert("a", "resolved", sentence="Over: quiet.", opened_at=0, resolved_at=DAY))
    assert row[1] == "1970-01-01T00:00Z to 1970-01-02T00:00Z"
    assert row[5].startswith(FELL)
    assert row[6] == "nothing"


def test_features_that_the_sentence_names_are_not_named_again() -> None:
    """Of many the first three."""
    sentence = "dep_delay is a thousand times what it was."
    assert happened(alert("a", sentence=sentence, features=["dep_delay"])) == sentence
    many = happened(alert("a", sentence="x", features=[f"f{n}" for n in range(40)]))
    assert many == "x [f0, f1, f2 and 37 more]"


def test_a_line_says_all_of_a_record() -> None:
    """For whoever follows."""
    said = line_of(alert("a", "reopened", features=[], updated_at=HOUR))
    assert said == (
        f"1970-01-01T01:00Z reopened warning performance m-a 2026-11-01: {FELL} Cause: concept. "
        "To do: retrain (flight-operations@example.com)."
    )


@pytest.mark.parametrize("name", ["sentence", "action", "runbook", "model", "model_version", "arm", "contact"])
def test_nothing_that_a_terminal_obeys_is_printed(name: str) -> None:
    """Alerts hold feature names and words of others."""
    evil = alert("a", features=["a\x1b[2J"], **{name: "a\x1b[2J\r\nb"})
    assert all(cell.isprintable() for cell in row_of(evil))
    assert line_of(evil).isprintable()
    assert all(cell.replace("\n", "").isprintable() for cell in narrow_row_of(evil))


def test_json_has_times_as_text() -> None:
    """And everything else as it is."""
    data = data_of(alert("a"))
    assert json.loads(json.dumps(data)) == data
    assert data["opened_at"] == "1970-01-01T00:16:40.000Z"
    assert data["history"][0]["at"].endswith("Z")
    assert data["resolved_at"] is None


def test_no_alert_at_all_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Rather than an empty table."""
    show_standing(standing([]))
    assert capsys.readouterr().out == "No alert is open.\n"
