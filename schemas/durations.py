"""Durations as people write them: 50ms, 30s, 15m, 36h, 7d."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SHAPE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$")


def parse_duration(text: Any) -> timedelta:
    """Read `text` as a duration; a timedelta passes through.

    >>> parse_duration("36h").total_seconds()
    129600.0
    """
    if isinstance(text, timedelta):
        return text
    found = SHAPE.match(str(text))
    if not found:
        raise ValueError(f"found {text!r}, expected a number and a unit such as 50ms, 30s, 15m, 36h or 7d")
    return timedelta(seconds=float(found[1]) * UNITS[found[2]])


def micros(duration: timedelta) -> int:
    """`duration` in whole microseconds."""
    return duration // timedelta(microseconds=1)


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
