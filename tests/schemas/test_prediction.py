"""The templated encoder writes byte for byte what fastavro writes."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import latest
from schemas.framing import frame
from schemas.prediction import MODES, PredictionBatch, encode
from schemas.records import read_record, write_record

LONG = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2**55)
NULLABLE = st.floats() | st.just(float("nan"))
NAMES = st.text(max_size=10)
REASONS: tuple[tuple[str, ...], ...] = (
    (),
    ("missing:wind",),
    ("a", "é" * 40),
    tuple(f"missing:{i}" for i in range(100)),
)
SEGMENTS = ((), (("carrier", "UA"), ("origin", "EWR")), (("é", ""),))
ROW = st.tuples(
    st.text(max_size=8) | st.text(min_size=60, max_size=70) | st.text(min_size=250, max_size=260),
    st.tuples(LONG, LONG, LONG),
    st.tuples(NULLABLE, NULLABLE, NULLABLE),
    st.tuples(st.integers(0, 3), st.integers(-1, 1), st.integers(0, 3), st.integers(0, 2), st.booleans()),
    st.integers(0, 2**31 - 1),
)


@st.composite
def predictions(draw: st.DrawFn) -> PredictionBatch:
    """A batch of up to eight."""
    rows = draw(st.lists(ROW, max_size=8))
    classes = draw(st.none() | st.integers(1, 40))
    ids, times, floats, words, partitions = map(list, zip(*rows, strict=True)) if rows else ([], [], [], [], [])
    longs = np.array(times, dtype=np.int64).reshape(-1, 3)
    doubles = np.array(floats, dtype=np.float64).reshape(-1, 3)
    marks = np.array(words, dtype=np.int64).reshape(-1, 5)
    names: dict[str, Any] = {one: draw(NAMES) for one in ("model", "model_version", "bundle_digest", "arm", "topic")}
    return PredictionBatch(
        ids=[one.encode() for one in ids],
        times=longs[:, 0],
        buckets=longs[:, 1],
        offsets=longs[:, 2],
        scored_at=draw(LONG),
        modes=marks[:, 0].astype(np.int8),
        scores=doubles[:, 0],
        class_scores=None if classes is None else np.repeat(doubles[:, :1], classes, axis=1),
        decisions=marks[:, 1],
        decision_names=("false", "true"),
        estimates=doubles[:, 1],
        reasons=marks[:, 2].astype(np.int32),
        reason_sets=REASONS,
        ood=doubles[:, 2],
        ood_flags=marks[:, 4].astype(np.bool_),
        segments=marks[:, 3].astype(np.int32),
        segment_sets=SEGMENTS,
        partitions=np.array(partitions, dtype=np.int64),
        **names,
    )


def record(batch: PredictionBatch, row: int) -> dict[str, Any]:
    """Row `row` as a dictionary."""
    classes = [] if batch.class_scores is None else batch.class_scores[row].tolist()
    return {
        "event_id": batch.ids[row].decode(),
        "event_time": int(batch.times[row]),
        "bucket": int(batch.buckets[row]),
        "scored_at": batch.scored_at,
        **{one: getattr(batch, one) for one in ("model", "model_version", "bundle_digest", "arm")},
        "mode": MODES[int(batch.modes[row])],
        "score": _null(batch.scores[row]),
        "scores": [] if np.isnan(classes).all() else classes,
        "decision": None if batch.decisions[row] < 0 else batch.decision_names[int(batch.decisions[row])],
        "estimate": _null(batch.estimates[row]),
        "reasons": list(batch.reason_sets[int(batch.reasons[row])]),
        "ood": None
        if np.isnan(batch.ood[row])
        else {"score": float(batch.ood[row]), "flagged": bool(batch.ood_flags[row])},
        "segments": dict(batch.segment_sets[int(batch.segments[row])]),
        "source": {
            "topic": batch.topic,
            "partition": int(batch.partitions[row]),
            "offset": int(batch.offsets[row]),
        },
    }


def _null(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


@settings(max_examples=300, deadline=None)
@given(predictions())
def test_a_batch_is_written_as_fastavro_writes_it(batch: PredictionBatch) -> None:
    """Ids, reasons and varints of any length, nulls, several classes, names with accents."""
    told = [record(batch, row) for row in range(len(batch.ids))]
    assert encode(batch, frame(7)) == [write_record("prediction", one, frame(7)) for one in told]


@settings(max_examples=30, deadline=None)
@given(predictions())
def test_what_is_written_can_be_read(batch: PredictionBatch) -> None:
    """The contract reads back what the encoder wrote."""
    assert [read_record("prediction", one) for one in encode(batch, frame(1))] == [
        record(batch, row) for row in range(len(batch.ids))
    ]


def test_modes_are_the_contracts() -> None:
    """In its order: the encoder writes their places."""
    mode = next(field for field in latest("prediction")["fields"] if field["name"] == "mode")
    assert tuple(mode["type"]["symbols"]) == MODES
