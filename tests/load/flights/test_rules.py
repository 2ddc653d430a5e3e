"""The rules that make events and labels of the timetable."""

from datetime import UTC, datetime

import pytest

from load.flights import rules

CHICAGO = "America/Chicago"


def minute(text: str) -> int:
    """The UTC instant `text` in minutes since 1970."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60


@pytest.mark.parametrize(
    ("left", "clock", "zone", "arrives"),
    [
        ("2013-01-01T10:17", 830, CHICAGO, "2013-01-01T14:30"),
        ("2013-01-01T10:17", 830, rules.NEW_YORK, "2013-01-01T13:30"),
        ("2013-01-02T03:30", 15, rules.NEW_YORK, "2013-01-02T05:15"),
        ("2013-01-02T03:30", 2400, rules.NEW_YORK, "2013-01-02T05:00"),
        ("2013-07-01T12:00", 1200, rules.ATLANTIC, "2013-07-01T16:00"),
        ("2013-01-15T15:00", 1530, "Pacific/Honolulu", "2013-01-16T01:30"),
    ],
    ids=["other-zone", "same-zone", "past-midnight", "at-midnight", "no-summer-time", "next-day-in-utc"],
)
def test_an_arrival_is_read_on_the_clocks_of_its_airport(left: str, clock: int, zone: str, arrives: str) -> None:
    """Arrival times are local to the destination, and the instant is the next one the clock reads so."""
    assert rules.arrival_minute(minute(left), clock, zone) == minute(arrives)


@pytest.mark.parametrize(
    ("left", "clock", "arrives"),
    [
        ("2013-03-10T05:30", 345, "2013-03-10T07:45"),
        ("2013-11-03T04:30", 345, "2013-11-03T08:45"),
    ],
    ids=["spring", "autumn"],
)
def test_a_night_in_which_the_clocks_change_costs_no_hour(left: str, clock: int, arrives: str) -> None:
    """The arrival's own offset counts, not the departure's."""
    assert rules.arrival_minute(minute(left), clock, rules.NEW_YORK) == minute(arrives)


@pytest.mark.parametrize(
    ("delay", "left", "known"),
    [(-4, True, -4), (0, True, 0), (15, True, 15), (16, False, 15), (300, False, 15), (None, False, 15)],
)
def test_an_event_knows_only_the_first_fifteen_minutes(*, delay: int | None, left: bool, known: int) -> None:
    """A flight delayed by more, or cancelled, looks the same: not departed, 15 minutes so far."""
    assert (rules.departed_by_event(delay), rules.delay_so_far(delay)) == (left, known)


@pytest.mark.parametrize(("delay", "late"), [(-20, False), (15, False), (16, True), (None, None)])
def test_late_is_more_than_fifteen_minutes(*, delay: int | None, late: bool | None) -> None:
    """A flight that never arrived where it should has no label."""
    assert rules.label(delay) is late
