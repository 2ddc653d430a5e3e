"""The joined table: what the contract makes of each flight, and every way in which a table can be another."""

from typing import Any

import pyarrow as pa
import pytest

from load.flights.joined import ANSWERS, JOINED, OUTCOMES, Patience, astray, differences, expected, latest, table_of
from load.flights.quality import quality

BY_TIME = [("event_time", "ascending"), ("event_id", "ascending")]
HOUR = 3_600_000_000
PATIENCE = Patience(horizon=36 * HOUR, late=24 * HOUR)
T = 1_362_096_000_000_000


def answer(name: str, **other: Any) -> dict[str, Any]:
    """A prediction of the flight `name`."""
    row = {"event_id": name, "model_version": "1", "arm": "champion", "mode": "scored", "event_time": T}
    return {**row, "score": 0.7, "decision": "true", **other}


def flights(**known: tuple[bool | None, int | None]) -> pa.Table:
    """Flights by name: whether late, and how many µs after T that was known."""
    at = [None if delay is None else T + delay for _, delay in known.values()]
    return pa.table(
        {
            "event_id": list(known),
            "late": pa.array([late for late, _ in known.values()], pa.bool_()),
            "labelled_at": pa.array(at, pa.timestamp("us", "UTC")),
        }
    )


TRUTH = flights(
    a=(True, HOUR), b=(False, 36 * HOUR), c=(False, 36 * HOUR + 1), d=(True, 60 * HOUR), e=(True, 60 * HOUR + 1),
    f=(None, None),
)  # fmt: skip
TABLE = expected(table_of([answer(name) for name in "abcdef"], ANSWERS), TRUTH, PATIENCE)


def row(name: str, status: str, *, late: bool | None = None, delay: int | None = None, **other: Any) -> dict[str, Any]:
    """A row of the joined table."""
    at = None if delay is None else T + delay
    found = {"status": status, "label": late, "labelled_at": at, "delay_micros": delay}
    return {**answer(name), **found, "correct": late, **other}


ROWS = [
    row("a", "matched", late=True, delay=HOUR),
    row("b", "matched", late=False, delay=36 * HOUR),
    row("c", "matched_late", late=False, delay=36 * HOUR + 1),
    row("d", "matched_late", late=True, delay=60 * HOUR),
    row("e", "expired"),
    row("f", "expired"),
]


def test_each_flight_has_the_status_that_the_contract_gives_it() -> None:
    """In time to the microsecond, late to the microsecond, too late, never: decision 0012's table."""
    assert TABLE.schema == JOINED
    assert TABLE.to_pylist() == ROWS


def test_every_flight_that_arrived_is_matched_in_time(year: pa.Table) -> None:
    """The longest takes 33 hours of the 36; those that never arrived expire."""
    some = year.slice(100_000, 20_000)
    times = some["event_time"].cast(pa.int64()).to_pylist()
    said = [answer(name, event_time=at) for name, at in zip(some["event_id"].to_pylist(), times, strict=True)]
    table = expected(table_of(said, ANSWERS), some, PATIENCE)
    arrived = len(some) - some["late"].null_count
    assert table["event_id"].to_pylist() == some.sort_by(BY_TIME)["event_id"].to_pylist()
    assert quality(table).by_status == {"matched": arrived, "expired": some["late"].null_count}
    assert 0 < some["late"].null_count < 2_000


def test_rejected_predictions_join_nothing_and_degraded_ones_do() -> None:
    """The first are not in the table; a decision of none is neither right nor wrong."""
    some = [answer("a", mode="rejected"), answer("b", mode="prior", decision=None)]
    (only,) = expected(table_of(some, ANSWERS), TRUTH, PATIENCE).to_pylist()
    assert (only["event_id"], only["mode"], only["status"], only["correct"]) == ("b", "prior", "matched", None)


def test_rows_stand_in_the_order_of_their_events() -> None:
    """By time, then by id."""
    some = [answer("b"), answer("a", event_time=T + 1), answer("c", event_time=T - 1)]
    assert expected(table_of(some, ANSWERS), TRUTH, PATIENCE)["event_id"].to_pylist() == ["c", "b", "a"]


def test_equal_tables_have_no_difference() -> None:
    """In whatever order their rows stand."""
    assert differences(TABLE, TABLE) == []
    assert differences(TABLE.take([5, 3, 1, 0, 2, 4]), TABLE) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "expired"}, "c: status: found expired, expected matched_late"),
        ({"label": True}, "c: label: found True, expected False"),
        ({"label": None}, "c: label: found None, expected False"),
        ({"labelled_at": T}, f"c: labelled_at: found {T}, expected {T + 36 * HOUR + 1}"),
        ({"delay_micros": 36 * HOUR}, f"c: delay_micros: found {36 * HOUR}, expected {36 * HOUR + 1}"),
        ({"event_time": T + 1}, f"c: event_time: found {T + 1}, expected {T}"),
        ({"decision": "false"}, "c: decision: found false, expected true"),
        ({"correct": True}, "c: correct: found True, expected False"),
        ({"score": 0.7000000000000001}, "c: score: found 0.7000000000000001, expected 0.7"),
        ({"mode": "prior"}, "c: mode: found prior, expected scored"),
    ],
)
def test_a_single_row_that_is_off_is_named(change: dict[str, Any], said: str) -> None:
    """Wrongly timed, labelled, decided: whose it is, what was found, what expected."""
    found = table_of([{**one, **(change if one["event_id"] == "c" else {})} for one in ROWS], JOINED)
    assert [str(one) for one in differences(found, TABLE)] == [said]


def test_a_single_row_that_is_missing_is_named() -> None:
    """Each of them."""
    for number, gone in enumerate(ROWS):
        (one,) = differences(TABLE.take([n for n in range(6) if n != number]), TABLE)
        said = f"found no row, expected {gone['status']} (model version 1, arm champion)"
        assert str(one) == f"{gone['event_id']}: {said}"


def test_a_single_row_too_many_is_named() -> None:
    """The same again, or one of a version that nobody expects."""
    doubled = table_of([*ROWS, ROWS[3]], JOINED)
    assert [str(one) for one in differences(doubled, TABLE)] == ["d: found 2 rows, expected one"]
    strange = table_of([*ROWS, {**ROWS[3], "model_version": "2"}], JOINED)
    said = "d: found matched_late, expected no such row (model version 2, arm champion)"
    assert [str(one) for one in differences(strange, TABLE)] == [said]


def test_the_first_difference_is_that_of_the_earliest_event() -> None:
    """Whatever the order of the rows."""
    early = {**ROWS[4], "event_time": T - 1}
    found = table_of([{**ROWS[0], "label": False}, *ROWS[1:4], early], JOINED)
    assert [one.event_id for one in differences(found, TABLE)] == ["a", "e", "f"]
    wanted = table_of([*ROWS[:4], {**early, "status": "matched"}, ROWS[5]], JOINED)
    assert [one.event_id for one in differences(found, wanted)] == ["e", "a", "f"]


def outcomes(*seqs: tuple[dict[str, Any], int]) -> pa.Table:
    """Records of the outcomes topic."""
    return table_of([{**one, "seq": seq} for one, seq in seqs], OUTCOMES)


def test_a_consumer_keeps_the_highest_seq_and_the_first_of_them() -> None:
    """A duplicate, which is -1, replaces nothing; what comes twice counts once."""
    first, second = ROWS[4], {**ROWS[4], "status": "matched_late", "label": True}
    other, again = {**ROWS[0], "score": 0.1}, {**second, "label": False}
    found = latest(outcomes((first, 0), (ROWS[0], 0), (second, 1), (other, -1), (again, 1), (ROWS[1], 0)))
    assert found.schema == JOINED
    assert differences(found, table_of([ROWS[0], ROWS[1], second], JOINED)) == []


def test_outcomes_count_from_0_each_once() -> None:
    """A first one that is missing, one that comes twice, one out of order is named; a duplicate's does not count."""
    a, b, c = ROWS[:3]
    assert list(astray(outcomes((a, 0), (b, 0), (a, 1), (a, -1), (c, 0), (a, 2)))) == []
    assert [str(one)[:32] for one in astray(outcomes((a, 0), (b, 1), (c, 0)))] == ["b: found outcomes with seq 1, ex"]
    assert [str(one)[:35] for one in astray(outcomes((a, 0), (b, 0), (a, 0)))] == [
        "a: found outcomes with seq 0, 0, ex"
    ]
    assert [one.event_id for one in astray(outcomes((c, 1), (c, 0)))] == ["c"]
