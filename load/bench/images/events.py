"""Events of 784 numbers in one field: as Crayfish has them, JSON with the numbers in a string, and as packed Avro."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from load.bench.rig.events import SEED, START, STEP, event_id
from schemas.framing import frame
from schemas.varints import write_long

Shape = Literal["columns", "json", "packed"]
"""How an event holds its numbers: each in a field of its own, or all in one."""
PIXELS, CLASSES, TOGETHER = 784, 10, 1_000
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Image",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "pixels", "type": "bytes"},
    ],
}


def pixels(first: int, count: int) -> NDArray[np.float32]:
    """What the events from `first` on hold, (count, 784) from 0 to 1; `first` is a multiple of 1,000."""
    blocks = range(first, first + count, TOGETHER)
    drawn = [np.random.default_rng((SEED, block)).random((TOGETHER, PIXELS), dtype=np.float32) for block in blocks]
    return np.concatenate(drawn)[:count]


def images(count: int, shape: Shape, schema_id: int) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each of `count` events."""
    prefix = frame(schema_id)
    for first in range(0, count, TOGETHER):
        for row, numbers in enumerate(pixels(first, min(TOGETHER, count - first)), start=first):
            name, micros = event_id(row), START + row * STEP
            yield name, text(name, micros, numbers) if shape == "json" else packed(name, micros, numbers, prefix)


def text(name: bytes, micros: int, numbers: NDArray[np.float32]) -> bytes:
    """One event as Crayfish's JSON, about 15 kB: numbers with commas between in a string, printed as doubles."""
    joined = ",".join(map(repr, numbers.tolist()))
    return b'{"event_id": "%s", "event_time": %d, "pixels": "%s"}' % (name, micros, joined.encode())


def packed(name: bytes, micros: int, numbers: NDArray[np.float32], prefix: bytes) -> bytes:
    """One event as Avro, 3,168 bytes: the numbers as float32, little end first, in one field of bytes."""
    raw = numbers.tobytes()
    return b"".join((prefix, write_long(len(name)), name, write_long(micros), write_long(len(raw)), raw))
