"""The table that outcomes make, held against the flights: right, or the first row that is not is named."""

from datetime import date
from typing import Any

import pyarrow as pa

from load.flights.compared import Joined, compared
from load.flights.joined import Patience
from load.flights.table import read_flights

HOUR = 3_600_000_000
PATIENCE = Patience(horizon=36 * HOUR, late=24 * HOUR)
FLIGHTS = read_flights(date(2013, 3, 1), date(2013, 3, 1))
ROWS = FLIGHTS.append_column("at", FLIGHTS["event_time"].cast(pa.int64())).append_column(
    "known", FLIGHTS["labelled_at"].cast(pa.int64())
)


def answers() -> list[dict[str, Any]]:
    """A prediction a flight: late where its number is even, never right on purpose."""
    key = {"model_version": "1", "arm": "champion", "mode": "scored", "score": 0.5}
    return [
        {
            **key,
            "event_id": row["event_id"],
            "event_time": row["at"],
            "decision": "true" if row["flight"] % 2 else "false",
        }
        for row in ROWS.to_pylist()
    ]


def outcomes() -> list[dict[str, Any]]:
    """What a labeler makes of them: some expire first, and are matched when their label comes."""
    found = []
    for number, (said, row) in enumerate(zip(answers(), ROWS.to_pylist(), strict=True)):
        none = {"status": "expired", "label": None, "labelled_at": None, "delay_micros": None, "correct": None}
        if row["late"] is None or number % 10 == 0:
            found.append({**said, **none, "seq": 0})
        if row["late"] is not None:
            known = {"label": row["late"], "labelled_at": row["known"], "delay_micros": row["known"] - row["at"]}
            correct = (said["decision"] == "true") == row["late"]
            found.append({**said, **known, "status": "matched", "correct": correct, "seq": int(number % 10 == 0)})
    return found


def told(records: list[dict[str, Any]]) -> Joined:
    """The comparison of these outcomes."""
    return compared(records, answers(), FLIGHTS, PATIENCE)


def test_a_right_table_has_no_faults() -> None:
    """842 flights of the first of March, some of which never arrived."""
    found = told(outcomes())
    assert found.faults == ()
    assert found.quality.rows == len(FLIGHTS) > 800
    assert found.quality.by_status == {
        "expired": FLIGHTS["late"].null_count,
        "matched": len(FLIGHTS) - FLIGHTS["late"].null_count,
    }
    assert found.as_data()["faults"] == []


def test_one_outcome_that_is_off_is_named_with_the_figures_that_change() -> None:
    """A label turned around; a record lost; a record twice."""
    good = outcomes()
    turned = [
        {**one, "label": not one["label"], "correct": not one["correct"]} if n == 5 else one
        for n, one in enumerate(good)
    ]
    said = told(turned).faults
    assert said[0].startswith(
        f"1 joined rows differ from those computed offline, the first is {good[5]['event_id']}: label"
    )
    assert any(one.startswith("joined table, accuracy: found") for one in said)
    lost = [one for n, one in enumerate(good) if n != 5]
    assert f"the first is {good[5]['event_id']}: found no row" in told(lost).faults[0]
    (twice,) = told([*good, good[5]]).faults
    assert twice.startswith(
        f"1 predictions have outcomes that do not follow each other, the first is {good[5]['event_id']}"
    )


def test_the_first_of_several_is_that_of_the_earliest_event() -> None:
    """Whatever the order of the records."""
    good = outcomes()
    (first, *_) = told([one for n, one in enumerate(good) if n not in {7, 400}][::-1]).faults
    assert first.startswith(f"2 joined rows differ from those computed offline, the first is {good[7]['event_id']}")
