"""Laws of the lifecycle, over any history of windows."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.drift.alerting.lifecycle import About, Lifecycle
from services.drift.alerting.signal import Signal
from tests.services.drift.alerting.signals import DAY, histories

ABOUT = About(model="flights")
NEXT = {
    None: {"open"},
    "open": {"updated", "resolved"},
    "updated": {"updated", "resolved"},
    "reopened": {"updated", "resolved"},
    "resolved": {"reopened"},
}


def flat(windows: list[list[Signal]]) -> list[Signal]:
    """All signals in a row."""
    return [signal for window in windows for signal in window]


@settings(max_examples=40)
@given(histories(), st.data())
def test_any_batching_and_any_order_within_a_window_give_the_same_records(
    windows: list[list[Signal]], data: st.DataObject
) -> None:
    """With a restart from its state between any two batches."""
    whole = Lifecycle(ABOUT).judged(flat(windows))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(windows)))) | {0, len(windows)})
    life, records = Lifecycle(ABOUT), []
    for begin, end in pairwise(cuts):
        records += life.judged(flat([data.draw(st.permutations(one)) for one in windows[begin:end]]))
        state = json.loads(json.dumps(life.state()))
        life = Lifecycle(ABOUT)
        life.restore(state)
    assert records == whole


@settings(max_examples=40)
@given(histories())
def test_every_alert_lives_one_life(windows: list[list[Signal]]) -> None:
    """It opens once, resolves only when open, reopens only when resolved; its history says the same."""
    told: dict[str, list[dict[str, Any]]] = {}
    for record in Lifecycle(ABOUT).judged(flat(windows)):
        told.setdefault(record["alert_id"], []).append(record)
    for records in told.values():
        was = None
        for record in records:
            assert record["status"] in NEXT[was]
            was = record["status"]
            assert (record["resolved_at"] is not None) == (was == "resolved")
            assert record["opened_at"] <= record["updated_at"]
        assert [one["status"] for one in records[-1]["history"]] == [one["status"] for one in records]
        times = [one["updated_at"] for one in records]
        assert times == sorted(times)


@settings(max_examples=40)
@given(histories())
def test_of_a_group_at_most_one_alert_is_open(windows: list[list[Signal]]) -> None:
    """Of one version and arm; what is open is what was told last as not resolved."""
    life = Lifecycle(ABOUT)
    latest: dict[str, dict[str, Any]] = {}
    for window in windows:
        latest |= {one["alert_id"]: one for one in life.judged(window)}
        running = [one for one in latest.values() if one["status"] != "resolved"]
        keys = [(one["model_version"], one["arm"], one["group"]) for one in running]
        assert len(keys) == len(set(keys))
        known = [one["record"] for one in life.state()["alerts"]]
        assert {one["alert_id"] for one in known if one["status"] != "resolved"} == {one["alert_id"] for one in running}


@settings(max_examples=40)
@given(histories())
def test_a_day_holds_few_records_of_an_alert(windows: list[list[Signal]]) -> None:
    """Updates are bounded whatever the windows say: by causes, severities, and one a day."""
    times: dict[str, list[int]] = {}
    for record in Lifecycle(ABOUT).judged(flat(windows)):
        if record["status"] == "updated":
            times.setdefault(record["alert_id"], []).append(record["updated_at"])
    for some in times.values():
        assert all(sum(at <= one < at + DAY for one in some) <= 12 for at in some)
