"""The rules that turn a row of the timetable into an event and its late label."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

NEW_YORK = "America/New_York"
ATLANTIC = "America/Puerto_Rico"
# These four airports are missing from airports.csv; all keep UTC-4 the year round.
UNLISTED = {"BQN": ATLANTIC, "PSE": ATLANTIC, "SJU": ATLANTIC, "STT": ATLANTIC}
EVENT_DELAY_MINUTES = 15
LATE_MINUTES = 15
DAY_MINUTES = 24 * 60


def clock_minutes(hhmm: int) -> int:
    """Minutes after midnight of a clock reading written as hours * 100 + minutes; 2400 is midnight.

    >>> clock_minutes(517), clock_minutes(2400)
    (317, 0)
    """
    return (hhmm // 100 * 60 + hhmm % 100) % DAY_MINUTES


@cache
def offset_minutes(zone: str, hour: int) -> int:
    """Minutes that the clocks of `zone` were ahead of UTC in the UTC hour `hour` (hours since 1970)."""
    instant = datetime.fromtimestamp(hour * 3600, tz=UTC)
    offset = instant.astimezone(ZoneInfo(zone)).utcoffset()
    return (offset or timedelta()) // timedelta(minutes=1)


def arrival_minute(departed: int, arrival_clock: int, zone: str) -> int:
    """The instant at which the clocks of `zone` next read `arrival_clock` after the instant `departed`.

    Instants are UTC minutes since 1970; `arrival_clock` is hours * 100 + minutes. The arrival's own offset
    counts, so a night in which the clocks change is right too.
    """
    there = departed + offset_minutes(zone, departed // 60)
    flown = (clock_minutes(arrival_clock) - there) % DAY_MINUTES or DAY_MINUTES
    change = offset_minutes(zone, (departed + flown) // 60) - offset_minutes(zone, departed // 60)
    return departed + flown - change


def departed_by_event(departure_delay: int | None) -> bool:
    """Whether the flight had left when its event was made, 15 minutes after the scheduled departure."""
    return departure_delay is not None and departure_delay <= EVENT_DELAY_MINUTES


def delay_so_far(departure_delay: int | None) -> int:
    """Minutes of departure delay known when the event was made: at most 15, and 15 if it had not left.

    >>> delay_so_far(-3), delay_so_far(90), delay_so_far(None)
    (-3, 15, 15)
    """
    return EVENT_DELAY_MINUTES if departure_delay is None else min(departure_delay, EVENT_DELAY_MINUTES)


def label(arrival_delay: int | None) -> bool | None:
    """Whether the flight arrived more than 15 minutes late; None for one cancelled or diverted.

    >>> label(15), label(16), label(None)
    (False, True, None)
    """
    return None if arrival_delay is None else arrival_delay > LATE_MINUTES
