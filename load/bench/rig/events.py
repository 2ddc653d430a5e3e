"""The event of the benchmarks, 270 bytes: an id of 16 bytes, a time, 30 doubles of which each is a float32 too."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.framing import frame
from schemas.varints import write_long

FEATURES, SEED = 30, 7
START, STEP = 1_760_000_000_000_000, 10_000
"""Time of the first event and from each to the next, microseconds."""
TOGETHER = 10_000
LONG_BYTES = 8
"""An Avro long of today's microseconds: those from 1979 to 3111 take as many."""


def schema_of(features: int, spare: int = 0) -> dict[str, Any]:
    """The Avro schema of an event with so many features, and before them a text that nobody asks for, if any."""
    return {
        "type": "record",
        "name": "Event",
        "fields": [
            {"name": "event_id", "type": "string"},
            {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
            *([{"name": "note", "type": "string"}] if spare else []),
            *({"name": f"f{place}", "type": "double"} for place in range(features)),
        ],
    }


SCHEMA = schema_of(FEATURES)
ID_AT = 6
"""Where the id begins in an event, and in every prediction: behind five bytes of frame and one of length."""
ID_BYTES = 16
TIME_AT = ID_AT + ID_BYTES


def event_id(number: int) -> bytes:
    """The id of an event, which is its key as well.

    >>> event_id(7)
    b'event-0000000007'
    """
    return b"event-%010d" % number


def matrix(first: int, count: int, *, features: int = FEATURES) -> NDArray[np.float32]:
    """What the events from `first` on hold, (count, features); equal numbers, equal rows."""
    chance = np.random.default_rng((SEED, first))
    return chance.standard_normal((count, features), dtype=np.float32).clip(-6, 6)


def written(event: bytes, at: bytes, tail: bytes, prefix: bytes) -> bytes:
    """One event of an id and a time, an Avro long; `tail` are its features as doubles, little end first."""
    return b"".join((prefix, b"\x20", event, at, tail))


def longs(micros: NDArray[np.int64]) -> list[bytes]:
    """Times (n,) as Avro longs; all at once, for a sender shares the machine with whom it measures.

    >>> longs(np.array([START])) == [write_long(START)]
    True
    """
    raw = micros[:, None] << 1 >> np.arange(0, 7 * LONG_BYTES, 7)
    said = (raw & 0x7F | np.where(np.arange(LONG_BYTES) < LONG_BYTES - 1, 0x80, 0)).astype(np.uint8).tobytes()
    return [said[at : at + LONG_BYTES] for at in range(0, len(said), LONG_BYTES)]


def events(count: int, schema_id: int, *, features: int = FEATURES, spare: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each of `count` events, with `spare` bytes that nobody asks for."""
    prefix, width = frame(schema_id), features * 8
    note = write_long(spare) + b"x" * spare if spare else b""
    for first in range(0, count, TOGETHER):
        rows = min(TOGETHER, count - first)
        tails = matrix(first, rows, features=features).astype("<f8").tobytes()
        for row in range(rows):
            name = event_id(first + row)
            tail = note + tails[row * width : row * width + width]
            yield name, written(name, write_long(START + (first + row) * STEP), tail, prefix)


def label(number: int, at: bytes, prefix: bytes) -> bytes:
    """The label of an event, known at a time, an Avro long: two in three are false."""
    truth = b"\x02\x01" if number % 3 == 0 else b"\x02\x00"
    return b"".join((prefix, b"\x20", event_id(number), truth, at, b"\x00"))


def time_of(value: bytes) -> int:
    """The event's time, microseconds, in an event or in any system's prediction of it."""
    number = shift = 0
    for byte in value[TIME_AT : TIME_AT + 10]:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte has no eighth bit
            break
    return number >> 1 ^ -(number & 1)
