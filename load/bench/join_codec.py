"""The labeler's codec against fastavro: predictions and labels decoded into columns, outcomes encoded."""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import fastavro
import numpy as np

from load.bench.codec import MICROS, PREFIX, REPEATS, SIZES, OneSchema, predictions
from load.bench.race import heading, line, race, say
from schemas.columnar.labels import label_reader
from schemas.columnar.predictions import prediction_reader
from schemas.contracts import latest
from schemas.outcome import STATUSES, OutcomeBatch, encode
from schemas.prediction import MODES
from schemas.prediction import encode as encode_predictions
from schemas.records import without_logical_types, write_record

CLASSES = ("false", "true")
HOUR = 3_600_000_000
SEGMENTS = ((("carrier", "UA"),), (("carrier", "AA"),))


def parsed(contract: str) -> Any:
    """A contract as fastavro knows it."""
    return fastavro.parse_schema(without_logical_types(latest(contract)))


def labels(count: int) -> list[bytes]:
    """`count` framed labels."""
    return [
        write_record(
            "label",
            {"event_id": f"UA-{row:08d}-EWR", "label": bool(row % 3), "labelled_at": MICROS + row, "revision": 0},
            PREFIX,
        )
        for row in range(count)
    ]


def predictions_by_row(schema: Any, values: list[bytes]) -> Any:
    """What the reader of predictions does, by fastavro and a dictionary per row."""
    ids, words, segments = [], dict[Any, int](), dict[Any, int]()
    rows = np.empty((len(values), 9))
    for at, value in enumerate(values):
        row: Any = fastavro.schemaless_reader(io.BytesIO(value[len(PREFIX) :]), schema, None)
        source = row["source"]
        who = (row["model_version"], row["bundle_digest"], row["arm"], source["topic"], source["partition"])
        ids.append(row["event_id"].encode())
        said = -1 if row["decision"] is None else CLASSES.index(row["decision"])
        numbers = [np.nan if row[name] is None else row[name] for name in ("score", "estimate")]
        named = (words.setdefault(who, len(words)), segments.setdefault(tuple(row["segments"].items()), len(segments)))
        times = (row["event_time"], row["bucket"])
        rows[at] = (*times, MODES.index(row["mode"]), *numbers, said, *named, source["offset"])
    return ids, rows


def labels_by_row(schema: Any, values: list[bytes]) -> Any:
    """What the reader of labels does, by fastavro and a dictionary per row."""
    ids, rows = [], np.empty((len(values), 3))
    for at, value in enumerate(values):
        row: Any = fastavro.schemaless_reader(io.BytesIO(value[len(PREFIX) :]), schema, None)
        ids.append(row["event_id"].encode())
        rows[at] = float(row["label"]), row["labelled_at"], row["revision"]
    return ids, rows


def outcomes(count: int) -> OutcomeBatch:
    """`count` outcomes as a labeler makes them: three in four matched, the others expired."""
    told = predictions(count)
    found = np.arange(count) % 4 > 0
    return OutcomeBatch(
        ids=told.ids,
        times=told.times,
        buckets=told.buckets,
        modes=told.modes,
        scores=told.scores,
        estimates=told.estimates,
        decisions=told.decisions,
        decision_names=CLASSES,
        statuses=np.where(found, 0, 1),
        seqs=np.zeros(count, dtype=np.int32),
        task="binary",
        labels=np.where(found, np.arange(count) % 2, np.nan),
        label_names=CLASSES,
        labelled_at=told.times + HOUR,
        revisions=np.zeros(count, dtype=np.int32),
        joined_at=MICROS + 2 * HOUR,
        model="flights",
        words=np.zeros(count, dtype=np.int32),
        word_sets=(("2026-11-01", "9f86d081" * 8, "champion", "flights.features", 3),),
        segments=told.segments,
        segment_sets=SEGMENTS,
        predictions_topic="flights.predictions",
        labels_topic="flights.labels",
        partitions=np.full(count, 3, dtype=np.int32),
        offsets=np.arange(count),
        sources=np.arange(count),
        label_offsets=np.where(found, np.arange(count), -1),
    )


def outcomes_by_row(schema: Any, batch: OutcomeBatch) -> list[bytes]:
    """What the encoder does, by fastavro from a dictionary per row."""
    version, digest, arm, topic, partition = batch.word_sets[0]
    same = {"model": batch.model, "model_version": version, "bundle_digest": digest, "arm": arm}
    written = []
    for row, event_id in enumerate(batch.ids):
        found, time, at = bool(batch.labels[row] >= 0), int(batch.times[row]), int(batch.labelled_at[row])
        label, own = bool(batch.labels[row] == 1), {"partition": 3, "offset": int(batch.offsets[row])}
        record = {
            **same,
            "event_id": event_id.decode(),
            "mode": MODES[int(batch.modes[row])],
            "event_time": time,
            "bucket": int(batch.buckets[row]),
            "score": float(batch.scores[row]),
            "decision": CLASSES[int(batch.decisions[row])],
            "estimate": float(batch.estimates[row]),
            "segments": dict(batch.segment_sets[int(batch.segments[row])]),
            "status": STATUSES[int(batch.statuses[row])],
            "seq": int(batch.seqs[row]),
            "label": label if found else None,
            "revision": int(batch.revisions[row]) if found else None,
            "labelled_at": at if found else None,
            "delay_micros": at - time if found else None,
            "correct": CLASSES[int(batch.decisions[row])] == CLASSES[label] if found else None,
            "joined_at": batch.joined_at,
            "source": {"topic": topic, "partition": partition, "offset": int(batch.sources[row])},
            "prediction": {"topic": batch.predictions_topic, **own},
            "label_source": {"topic": batch.labels_topic, **own} if found else None,
        }
        out = io.BytesIO()
        out.write(PREFIX)
        fastavro.schemaless_writer(out, schema, record)
        written.append(out.getvalue())
    return written


def check(size: int) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """The contestants over `size` rows, after a look that both give the same."""
    said, truths, batch = encode_predictions(predictions(size), PREFIX), labels(size), outcomes(size)
    predicted = prediction_reader(OneSchema(latest("prediction")), classes=CLASSES)
    labelled = label_reader(OneSchema(latest("label")), task="binary")
    one, other = predicted.read(said), labelled.read(truths)
    names = ("times", "buckets", "modes", "scores", "estimates", "decisions", "words", "segments", "sources")
    (ids, rows), (of, columns) = predictions_by_row(parsed("prediction"), said), labels_by_row(parsed("label"), truths)
    np.testing.assert_array_equal(np.stack([getattr(one, name) for name in names], axis=1), rows)
    np.testing.assert_array_equal(np.stack([other.values, other.times, other.revisions], axis=1), columns)
    if (one.ids, other.ids) != (ids, of) or encode(batch, PREFIX) != outcomes_by_row(parsed("outcome"), batch):
        raise SystemExit("the codec and fastavro differ: run the tests of schemas")
    return {
        "predictions": (partial(predicted.read, said), partial(predictions_by_row, parsed("prediction"), said)),
        "labels": (partial(labelled.read, truths), partial(labels_by_row, parsed("label"), truths)),
        "outcomes": (partial(encode, batch, PREFIX), partial(outcomes_by_row, parsed("outcome"), batch)),
    }


def main() -> None:
    """Check that both give the same, then race them."""
    say(heading("driftline", "fastavro"))
    for size in SIZES:
        for name, contestants in check(size).items():
            say(line(f"{name}, {size} at once", *race(*contestants, rows=size, repeats=REPEATS)))


if __name__ == "__main__":
    main()
