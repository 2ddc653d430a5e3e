"""The templated encoder of outcomes writes byte for byte what fastavro writes."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from load.bench.join_codec import outcomes as outcomes_of
from schemas.contracts import latest
from schemas.framing import frame
from schemas.outcome import STATUSES, OutcomeBatch, encode
from schemas.prediction import MODES
from schemas.records import read_record, write_record

LONG = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2**55)
OFFSET = st.integers(0, 2**63 - 1) | st.integers(0, 100)
SHORT = st.integers(0, 2**31 - 1)
NULLABLE = st.floats() | st.just(math.nan)
NAME = st.text(max_size=5) | st.text(min_size=250, max_size=260)
CLASSES = ("a", "été", "c" * 70)
WORDS = st.tuples(NAME, NAME, NAME, NAME, SHORT)
SEGMENTS = st.dictionaries(NAME, NAME, max_size=3).map(lambda one: tuple(one.items()))
ROW = st.fixed_dictionaries(
    {
        "ids": st.text(max_size=8) | st.text(min_size=250, max_size=260),
        "times": LONG,
        "buckets": LONG,
        "modes": st.integers(0, 3),
        "scores": NULLABLE,
        "estimates": NULLABLE,
        "decisions": st.integers(-1, 2),
        "statuses": st.integers(0, 5),
        "seqs": st.integers(-1, 2**31 - 1),
        "labels": NULLABLE,
        "labelled_at": LONG,
        "revisions": SHORT,
        "words": st.integers(0, 2),
        "segments": st.integers(0, 2),
        "partitions": SHORT,
        "offsets": OFFSET,
        "sources": OFFSET,
        "label_offsets": st.just(-1) | OFFSET,
    }
)
FLOATS = ("scores", "estimates", "labels")


@st.composite
def outcomes(draw: st.DrawFn) -> OutcomeBatch:
    """A batch of up to eight, of any task."""
    rows = draw(st.lists(ROW, max_size=8))
    task: Any = draw(st.sampled_from(["binary", "multiclass", "regression"]))
    names = CLASSES if task == "multiclass" else ("false", "true", "maybe")
    columns: dict[str, Any] = {
        name: np.array([row[name] for row in rows], dtype=np.float64 if name in FLOATS else np.int64)
        for name in (draw(ROW) if not rows else rows[0])
        if name != "ids"
    }
    if task != "regression":
        coded = draw(st.lists(st.sampled_from([math.nan, 0.0, 1.0]), min_size=len(rows), max_size=len(rows)))
        columns["labels"] = np.array(coded, dtype=np.float64)
    return OutcomeBatch(
        **{**columns, "ids": [str(row["ids"]).encode() for row in rows]},
        task=task,
        decision_names=names,
        label_names=names,
        joined_at=draw(LONG),
        model=draw(NAME),
        word_sets=draw(st.lists(WORDS, min_size=3, max_size=3)),
        segment_sets=draw(st.lists(SEGMENTS, min_size=3, max_size=3)),
        predictions_topic=draw(NAME),
        labels_topic=draw(NAME),
    )


def record(batch: OutcomeBatch, row: int) -> dict[str, Any]:
    """Row `row` as a dictionary."""
    version, digest, arm, topic, partition = batch.word_sets[int(batch.words[row])]
    own, time, at = int(batch.partitions[row]), int(batch.times[row]), int(batch.labelled_at[row])
    decision = None if batch.decisions[row] < 0 else batch.decision_names[int(batch.decisions[row])]
    label, offset = spoken(batch, row), int(batch.label_offsets[row])
    compared = batch.task != "regression" and None not in (label, decision)
    return {
        "event_id": batch.ids[row].decode(),
        "model": batch.model,
        "model_version": version,
        "bundle_digest": digest,
        "arm": arm,
        "mode": MODES[int(batch.modes[row])],
        "event_time": time,
        "bucket": int(batch.buckets[row]),
        "score": null(batch.scores[row]),
        "decision": decision,
        "estimate": null(batch.estimates[row]),
        "segments": dict(batch.segment_sets[int(batch.segments[row])]),
        "status": STATUSES[int(batch.statuses[row])],
        "seq": int(batch.seqs[row]),
        "label": label,
        "revision": None if label is None else int(batch.revisions[row]),
        "labelled_at": None if label is None else at,
        "delay_micros": None if label is None else max(-(2**63), min(2**63 - 1, at - time)),
        "correct": decision == (str(label).lower() if batch.task == "binary" else label) if compared else None,
        "joined_at": batch.joined_at,
        "source": {"topic": topic, "partition": partition, "offset": int(batch.sources[row])},
        "prediction": {"topic": batch.predictions_topic, "partition": own, "offset": int(batch.offsets[row])},
        "label_source": None if offset < 0 else {"topic": batch.labels_topic, "partition": own, "offset": offset},
    }


def spoken(batch: OutcomeBatch, row: int) -> Any:
    """The label as the outcome says it."""
    value = float(batch.labels[row])
    if math.isnan(value):
        return None
    if batch.task == "binary":
        return bool(value)
    return batch.label_names[int(value)] if batch.task == "multiclass" else value


def null(value: float) -> float | None:
    """NaN is null."""
    return None if math.isnan(value) else float(value)


@settings(max_examples=200, deadline=None)
@given(outcomes())
def test_a_batch_is_written_as_fastavro_writes_it(batch: OutcomeBatch) -> None:
    """Ids, names and varints of any length, nulls, every task and status."""
    told = [record(batch, row) for row in range(len(batch.ids))]
    assert encode(batch, frame(7)) == [write_record("outcome", one, frame(7)) for one in told]


@settings(max_examples=50, deadline=None)
@given(outcomes())
def test_what_is_written_can_be_read(batch: OutcomeBatch) -> None:
    """The contract reads back what the encoder wrote."""
    told = [record(batch, row) for row in range(len(batch.ids))]
    assert [read_record("outcome", one) for one in encode(batch, frame(1))] == told


WORD = ("v", "d", "a", "t", 3)
LONG_ONES: dict[str, dict[str, Any]] = {
    "a delay beyond a long": {"times": np.array([5, -(2**63), 5]), "labelled_at": np.array([6, 2**62, 6])},
    "a delay below a long": {"times": np.array([5, 2**63 - 1, 5]), "labelled_at": np.array([6, -(2**62), 6])},
    "a time of nine bytes": {"times": np.array([5, 2**60, 5]), "labelled_at": np.array([6, 2**60 + 1, 6])},
    "a long topic": {"words": np.array([0, 1, 0]), "word_sets": (WORD, (*WORD[:3], "t" * 300, 3))},
    "a long arm": {"words": np.array([0, 1, 0]), "word_sets": (WORD, ("v", "d", "a" * 300, "t", 3))},
    "long segments": {"segments": np.array([0, 1, 0]), "segment_sets": ((), (("s", "x" * 300),))},
    "a long id": {"ids": [b"a", b"b" * 300, b"c"]},
}


@pytest.mark.parametrize("name", LONG_ONES)
def test_a_row_of_great_length_stands_between_short_ones(name: str) -> None:
    """Nothing of it is cut, nothing of theirs is moved."""
    batch = replace(outcomes_of(3), labels=np.array([1.0, 0.0, math.nan]), **LONG_ONES[name])
    told = [record(batch, row) for row in range(3)]
    assert encode(batch, frame(7)) == [write_record("outcome", one, frame(7)) for one in told]


def test_statuses_and_modes_are_the_contracts() -> None:
    """In its order: the encoder writes their places."""
    types = {field["name"]: field["type"] for field in latest("outcome")["fields"]}
    symbols = {name: types[name]["symbols"] for name in ("mode", "status")}
    assert symbols == {"mode": list(MODES), "status": list(STATUSES)}
