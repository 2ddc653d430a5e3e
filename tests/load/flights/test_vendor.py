"""The derivation of the vendored file, on a timetable of four flights."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from load.flights.vendor import SCHEMA, derive

HOUR = datetime(2013, 1, 1, 10, tzinfo=UTC)
ON_TIME = {
    "year": 2013, "month": 1, "day": 1, "dep_time": 517, "sched_dep_time": 515, "dep_delay": 2,
    "arr_time": 830, "sched_arr_time": 819, "arr_delay": 11, "carrier": "UA", "flight": 1545,
    "origin": "EWR", "dest": "IAH", "distance": 1400, "minute": 15, "time_hour": HOUR,
}  # fmt: skip
HELD_UP = ON_TIME | {"flight": 1, "dep_time": 700, "dep_delay": 105, "arr_time": 954, "arr_delay": 95}
DIVERTED = ON_TIME | {"flight": 2, "arr_time": 1204, "arr_delay": None, "dest": "SJU"}
CANCELLED = ON_TIME | {
    "flight": 3, "dep_time": None, "dep_delay": None, "arr_time": None, "arr_delay": None, "minute": 5,
    "sched_dep_time": 505,
}  # fmt: skip


def derived(*flights: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows derived from `flights`, with two hours of weather at EWR."""
    sky = {"origin": "EWR", "wind_speed": 10.357019999999999, "precip": 0.0, "visib": 10.0}
    weather = [
        sky | {"temp": 39.02, "pressure": None, "time_hour": HOUR.replace(hour=9)},
        sky | {"temp": 55.0, "pressure": 1012.0, "time_hour": HOUR},
    ]
    airports = pa.table({"faa": ["IAH"], "tzone": ["America/Chicago"]})
    rows = derive(pa.Table.from_pylist(list(flights)), pa.Table.from_pylist(weather), airports)
    assert rows.schema.equals(SCHEMA)
    return list(rows.to_pylist())


def test_an_event_stands_fifteen_minutes_after_the_scheduled_departure() -> None:
    """Its id names the schedule; day, weekday and minute are New York's."""
    (row,) = derived(ON_TIME)
    assert row["event_time"] == datetime(2013, 1, 1, 10, 30, tzinfo=UTC)
    assert (row["day"], row["weekday"], row["dep_minute"]) == (date(2013, 1, 1), 2, 5 * 60 + 15)
    assert (row["departed"], row["delay_so_far"], row["cancelled"]) == (True, 2.0, False)


def test_weather_is_that_of_the_hour_before() -> None:
    """The departure's own hour is not observed yet; what is missing stays missing."""
    (row,) = derived(ON_TIME)
    assert (row["temp"], row["wind_speed"], row["pressure"]) == (39.02, 10.36, None)
    (unknown,) = derived(ON_TIME | {"origin": "LGA"})
    assert unknown["temp"] is None


@pytest.mark.parametrize(
    ("flight", "late", "arrival"),
    [
        (ON_TIME, False, datetime(2013, 1, 1, 14, 30, tzinfo=UTC)),
        (HELD_UP, True, datetime(2013, 1, 1, 15, 54, tzinfo=UTC)),
        (DIVERTED, None, None),
        (CANCELLED, None, None),
    ],
    ids=["on-time", "held-up", "diverted", "cancelled"],
)
def test_a_label_is_known_at_the_arrival(
    *, flight: dict[str, Any], late: bool | None, arrival: datetime | None
) -> None:
    """08:30 in Houston is 14:30 UTC; a flight that never got there never gets a label."""
    (row,) = derived(flight)
    assert (row["late"], row["labelled_at"]) == (late, arrival)


def test_nothing_of_the_future_is_in_an_event() -> None:
    """Two flights that differ only after the event's time differ only in their labels."""
    early, late = derived(HELD_UP), derived(HELD_UP | {"dep_delay": 600, "dep_time": 1515, "arr_delay": 590})
    for row in (*early, *late):
        for name in ("late", "labelled_at", "cancelled"):
            del row[name]
    assert early == late


def test_rows_stand_in_event_time_order() -> None:
    """Ties go by carrier, number and origin, so that equal tables give equal files."""
    assert [row["flight"] for row in derived(ON_TIME, DIVERTED, HELD_UP, CANCELLED)] == [3, 1, 2, 1545]


def test_an_airport_without_a_time_zone_is_refused() -> None:
    """A guessed zone would date labels wrongly."""
    with pytest.raises(KeyError, match="XYZ"):
        derived(ON_TIME | {"dest": "XYZ"})
