"""The columnar codec against fastavro: 13 features, an id and a time decoded; predictions encoded."""

import io
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import fastavro
import numpy as np

from load.bench.race import heading, line, race, say
from schemas.columns import FeatureField, Wanted
from schemas.contracts import latest
from schemas.framing import frame
from schemas.prediction import MODES, PredictionBatch, encode
from schemas.reader import Reader
from schemas.records import without_logical_types

MICROS = 1_362_114_000_000_000
CATEGORIES = tuple(f"CAT{place}" for place in range(20))
REPEATS = 25
SIZES = (500, 4000)
PREFIX = frame(1)

FEATURES = (
    *(FeatureField(f"double{i}", "float") for i in range(6)),
    *(FeatureField(f"int{i}", "int", nullable=True) for i in range(3)),
    *(FeatureField(f"category{i}", "category", CATEGORIES) for i in range(3)),
    FeatureField("flag", "bool"),
)
WANTED = Wanted("event_id", "event_time", FEATURES)
AVRO = {"float": "double", "int": ["null", "int"], "category": "string", "bool": "boolean"}
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "event_time", "type": "long"},
        *({"name": one.name, "type": AVRO[one.kind]} for one in FEATURES),
    ],
}


class OneSchema:
    """A schema source with one schema."""

    def __init__(self, schema: object) -> None:
        self.schema = schema

    def by_id(self, schema_id: int) -> object | None:
        """Answer any id with it."""
        del schema_id
        return self.schema

    def by_guid(self, guid: bytes) -> object | None:
        """Answer no GUID."""
        del guid
        return None


def events(count: int) -> list[bytes]:
    """`count` framed events."""
    chance = random.Random(1)
    values: dict[str, Callable[[], Any]] = {
        "float": lambda: chance.gauss(0, 1),
        "int": lambda: None if chance.random() < 0.1 else chance.randrange(2000),  # noqa: PLR2004 - a tenth is null
        "category": lambda: chance.choice((*CATEGORIES, "OTHER")),
        "bool": lambda: chance.random() < 0.5,  # noqa: PLR2004 - half is true
    }
    rows = [
        {"event_id": f"UA-{row:08d}-EWR", "event_time": MICROS + row}
        | {one.name: values[one.kind]() for one in FEATURES}
        for row in range(count)
    ]
    return _write(SCHEMA, rows)


def _write(schema: Any, rows: list[dict[str, Any]]) -> list[bytes]:
    parsed, written = fastavro.parse_schema(schema), []
    for row in rows:
        out = io.BytesIO()
        out.write(PREFIX)
        fastavro.schemaless_writer(out, parsed, row)
        written.append(out.getvalue())
    return written


def decode_with_fastavro(values: list[bytes]) -> Any:
    """What the reader does, by fastavro and a dictionary per row."""
    parsed = fastavro.parse_schema(SCHEMA)
    places = {one: float(place) for place, one in enumerate(CATEGORIES)}
    matrix, ids, times = np.empty((len(values), len(FEATURES)), dtype=np.float32), [], []
    for at, value in enumerate(values):
        row: Any = fastavro.schemaless_reader(io.BytesIO(value[len(PREFIX) :]), parsed)
        ids.append(row["event_id"].encode())
        times.append(row["event_time"])
        matrix[at] = [_cell(row[one.name], one.kind, places) for one in FEATURES]
    return ids, np.array(times), matrix


def _cell(value: Any, kind: str, places: dict[str, float]) -> float:
    if value is None:
        return np.nan
    return places.get(value, -1.0) if kind == "category" else float(value)


def predictions(count: int) -> PredictionBatch:
    """`count` predictions as a scorer makes them."""
    chance = np.random.default_rng(1)
    scores = chance.random(count)
    nothing = np.full(count, np.nan)
    return PredictionBatch(
        ids=[b"UA-%08d-EWR" % row for row in range(count)],
        times=MICROS + np.arange(count),
        buckets=np.full(count, MICROS),
        offsets=np.arange(count),
        partitions=np.arange(count) % 8,
        scored_at=MICROS,
        model="flights",
        model_version="2026-11-01",
        bundle_digest="9f86d081" * 8,
        arm="champion",
        topic="flights.features",
        modes=np.zeros(count, dtype=np.int8),
        scores=scores,
        class_scores=None,
        decisions=(scores > 0.5).astype(np.int64),  # noqa: PLR2004 - the threshold
        decision_names=("false", "true"),
        estimates=np.maximum(scores, 1 - scores),
        reasons=np.zeros(count, dtype=np.int32),
        reason_sets=((),),
        ood=nothing,
        ood_flags=np.zeros(count, dtype=np.bool_),
        segments=np.arange(count) % 2,
        segment_sets=((("carrier", "UA"),), (("carrier", "AA"),)),
    )


def encode_with_fastavro(batch: PredictionBatch, schema: Any) -> list[bytes]:
    """What the encoder does, by fastavro from a dictionary per row."""
    same = {one: getattr(batch, one) for one in ("scored_at", "model", "model_version", "bundle_digest", "arm")}
    scores, estimates, decisions = batch.scores.tolist(), batch.estimates.tolist(), batch.decisions.tolist()
    rows = [
        {
            **same,
            "event_id": batch.ids[row].decode(),
            "event_time": int(batch.times[row]),
            "bucket": int(batch.buckets[row]),
            "mode": MODES[batch.modes[row]],
            "score": scores[row],
            "scores": [],
            "decision": batch.decision_names[decisions[row]],
            "estimate": estimates[row],
            "reasons": [],
            "ood": None,
            "segments": dict(batch.segment_sets[int(batch.segments[row])]),
            "source": {
                "topic": batch.topic,
                "partition": int(batch.partitions[row]),
                "offset": int(batch.offsets[row]),
            },
        }
        for row in range(len(scores))
    ]
    return _write(schema, rows)


def main() -> None:
    """Check that both give the same, then race them."""
    plain = without_logical_types(latest("prediction"))
    reader = Reader(WANTED, OneSchema(SCHEMA))
    say(heading("driftline", "fastavro"))
    for size in SIZES:
        values, batch = events(size), predictions(size)
        ids, times, matrix = decode_with_fastavro(values)
        found = reader.read(values)
        np.testing.assert_array_equal(found.matrix, matrix)
        if found.ids != ids or found.times.tolist() != times.tolist() or found.faults.any():
            raise SystemExit("the codec and fastavro read different rows: run the tests of schemas")
        if encode(batch, PREFIX) != encode_with_fastavro(batch, plain):
            raise SystemExit("the codec and fastavro write different bytes: run the tests of schemas")
        decode, by_row = partial(reader.read, values), partial(decode_with_fastavro, values)
        write, write_by_row = partial(encode, batch, PREFIX), partial(encode_with_fastavro, batch, plain)
        decoded = race(decode, by_row, rows=size, repeats=REPEATS)
        encoded = race(write, write_by_row, rows=size, repeats=REPEATS)
        say(line(f"decode, {size} at once", *decoded))
        say(line(f"encode, {size} at once", *encoded))


if __name__ == "__main__":
    main()
