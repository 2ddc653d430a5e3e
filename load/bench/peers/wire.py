"""Events and predictions by fastavro, a dictionary each, as its documentation has it."""

import io
import time
from typing import Any

import fastavro
import numpy as np
from numpy.typing import NDArray

from load.bench.peers.scoring import THRESHOLD, VERSION

FEATURES, FRAME = 30, b"\x00\x00\x00\x00\x02"
NAMES = [f"f{place}" for place in range(FEATURES)]
EVENT = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Event",
        "fields": [
            {"name": "event_id", "type": "string"},
            {"name": "event_time", "type": "long"},
            *({"name": name, "type": "double"} for name in NAMES),
        ],
    }
)
TYPES = {
    "event_id": "string",
    "event_time": "long",
    "scored_at": "long",
    "model": "string",
    "score": "double",
    "decision": "int",
    "threshold": "double",
    "drift": "boolean",
}
PREDICTION = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Prediction",
        "fields": [{"name": name, "type": kind} for name, kind in TYPES.items()],
    }
)


def read(value: bytes) -> dict[str, Any]:
    """An event."""
    found: Any = fastavro.schemaless_reader(io.BytesIO(value[len(FRAME) :]), EVENT, None)
    return dict(found)


def rows(events: list[dict[str, Any]]) -> NDArray[np.float32]:
    """What the model takes, (n, F)."""
    return np.array([[event[name] for name in NAMES] for event in events], dtype=np.float32)


def written(event: dict[str, Any], score: float) -> bytes:
    """The prediction of an event."""
    out = io.BytesIO()
    out.write(FRAME)
    prediction = {
        "event_id": event["event_id"],
        "event_time": event["event_time"],
        "scored_at": time.time_ns() // 1000,
        "model": VERSION,
        "score": score,
        "decision": int(score >= THRESHOLD),
        "threshold": THRESHOLD,
        "drift": False,
    }
    fastavro.schemaless_writer(out, PREDICTION, prediction)
    return out.getvalue()
