"""The story the replay tells: flights and their labels as framed Avro messages in the order of time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import fastavro
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from load.flights.bad import Bad, spoil
from schemas.contracts import latest
from schemas.framing import frame

FLIGHT_SCHEMA: dict[str, Any] = json.loads((Path(__file__).parent / "flight.avsc").read_text(encoding="utf-8"))
LABEL_SCHEMA = latest("label")
FIELDS = tuple(field["name"] for field in FLIGHT_SCHEMA["fields"])
ONE_IN = 1000
Row = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Lines:
    """n messages of one topic: `times` (n,) int64 µs UTC, rising; keys, values, and faults ("" = good)."""

    times: NDArray[np.int64]
    keys: Sequence[bytes]
    values: Sequence[bytes]
    faults: Sequence[str]

    def __len__(self) -> int:
        return len(self.keys)


def feature_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The flights of `table` as the records of flight.avsc, times in µs."""
    columns = [_plain(table[name]) for name in FIELDS]
    return [dict(zip(FIELDS, values, strict=True)) for values in zip(*columns, strict=True)]


def events(table: pa.Table, schema_id: int) -> Lines:
    """The feature events of `table` (event-time order), written with schema `schema_id`; keys are the ids."""
    rows = feature_rows(table)
    keys = [row["event_id"].encode() for row in rows]
    return Lines(_micros(table["event_time"]), keys, encode(rows, FLIGHT_SCHEMA, schema_id), [""] * len(rows))


def labels(table: pa.Table, schema_id: int) -> Lines:
    """The labels of those flights of `table` that arrived, in the order in which they became known."""
    known = table.filter(table["late"].is_valid()).sort_by([("labelled_at", "ascending"), ("event_id", "ascending")])
    ids, late, at = (_plain(known[name]) for name in ("event_id", "late", "labelled_at"))
    rows = [
        {"event_id": name, "label": ("boolean", value), "labelled_at": when, "revision": 0}
        for name, value, when in zip(ids, late, at, strict=True)
    ]
    values = encode(rows, LABEL_SCHEMA, schema_id)
    return Lines(_micros(known["labelled_at"]), [name.encode() for name in ids], values, [""] * len(rows))


def with_bad(good: Lines, table: pa.Table, schema_id: int, *, seed: int) -> Lines:
    """`good` with a bad record for every thousand among them, at least one a fault; equal seeds, equal lines.

    `good` are the events of `table`, at least one. A bad record spoils the event it stands before and has an
    id and a key of its own, `bad-000001` and up; the faults take turns.
    """
    count = max(len(Bad), len(good) // ONE_IN)
    before = np.sort(np.random.default_rng(seed).integers(0, len(good), count))
    rows = feature_rows(table.take(before))
    faults = [list(Bad)[number % len(Bad)] for number in range(count)]
    names = [f"bad-{number + 1:06d}" for number in range(count)]
    written = encode(list(map(spoil, rows, faults, names)), FLIGHT_SCHEMA, schema_id)
    return Lines(
        np.insert(good.times, before, good.times[before]),
        _inserted(good.keys, before, [name.encode() for name in names]),
        _inserted(good.values, before, [fault.damage(value) for fault, value in zip(faults, written, strict=True)]),
        _inserted(good.faults, before, [fault.value for fault in faults]),
    )


def _inserted(into: Sequence[T], before: NDArray[np.int64], new: Sequence[T]) -> list[T]:
    """`into` with new[i] before the element that stood at before[i]; `before` rises."""
    out: list[T] = []
    start = 0
    for place, one in zip(before.tolist(), new, strict=True):
        out += into[start:place]
        out.append(one)
        start = place
    return [*out, *into[start:]]


def encode(rows: Sequence[Row], schema: Mapping[str, Any], schema_id: int) -> list[bytes]:
    """`rows` as framed Avro, in their order."""
    parsed, prefix, out = fastavro.parse_schema(dict(schema)), frame(schema_id), []
    for row in rows:
        body = BytesIO()
        body.write(prefix)
        fastavro.schemaless_writer(body, parsed, row)
        out.append(body.getvalue())
    return out


def in_time_order(events: Lines, labels: Lines) -> Iterator[tuple[bool, int]]:
    """(is a label, its place) of every message by time; an event goes before a label of the same instant."""
    times = np.concatenate([events.times, labels.times])
    order = np.argsort(times, kind="stable").tolist()
    split = len(events)
    return ((place >= split, place - split * (place >= split)) for place in order)


def _plain(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return list(column.to_pylist())


def _micros(column: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)
