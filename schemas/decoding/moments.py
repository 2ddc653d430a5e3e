"""Event times as events write them, brought to microseconds UTC."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICKS = {
    "": (1, 1),
    "timestamp-micros": (1, 1),
    "local-timestamp-micros": (1, 1),
    "timestamp-millis": (1000, 1),
    "local-timestamp-millis": (1000, 1),
    "timestamp-nanos": (1, 1000),
    "local-timestamp-nanos": (1, 1000),
}
"""Avro logical type -> (factor, divisor) that makes microseconds; a number without one is microseconds."""


def parse_moment(text: str) -> int | None:
    """Microseconds UTC of an ISO-8601 moment with an offset; None when it is not one.

    >>> parse_moment("2013-03-01T05:00:00Z")
    1362114000000000
    """
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else (moment - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None
