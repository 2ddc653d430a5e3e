"""Predictions are read as columns just as fastavro reads them one by one, or carry their fault."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.columnar.contract import ContractReader
from schemas.columnar.prediction_columns import PLAIN, PredictionColumns
from schemas.columnar.predictions import prediction_reader
from schemas.columns import FAULTS
from schemas.contracts import latest, versions
from schemas.examples import example
from schemas.framing import HEADER, frame
from schemas.records import RecordRefused, read_record
from tests.schemas.columnar.told import (
    BREAKS,
    CLASSES,
    Source,
    blocked,
    predictions,
    said_of_prediction,
    seen_predictions,
    stranger,
    written,
)

OURS = latest("prediction")
GOOD = written(OURS, {**example("prediction", 1), "event_id": "good"})


def reader(*schemas: object, **told: Any) -> ContractReader[PredictionColumns]:
    """A reader of predictions whose schemas have ids from 1 on."""
    return prediction_reader(Source(*(schemas or (OURS,))), classes=CLASSES, **told)


@settings(max_examples=300, deadline=None)
@given(predictions(), predictions())
def test_every_prediction_is_seen_as_it_was_written(first: list[Any], second: list[Any]) -> None:
    """In the second batch as in the first, which the reader remembers words of."""
    one = reader()
    for records in (first, second, first):
        found = one.read([written(OURS, record) for record in records])
        assert seen_predictions(found) == [said_of_prediction(record) for record in records]


@settings(max_examples=100, deadline=None)
@given(predictions(), st.booleans())
def test_blocks_of_any_kind_are_read(records: list[Any], sized: Any) -> None:
    """Avro lets a writer cut arrays and maps into blocks, and say how many bytes each takes."""
    found = reader().read([blocked(record, sized=sized) for record in records])
    assert seen_predictions(found) == [said_of_prediction(record) for record in records]


@settings(max_examples=100, deadline=None)
@given(predictions())
def test_a_strangers_schema_is_read_to_the_same_columns(records: list[Any]) -> None:
    """Row by row, and in a batch with our own."""
    theirs, ours = stranger("prediction"), [written(OURS, record, 2) for record in records]
    slow = reader(theirs, OURS).read([written(theirs, record) for record in records])
    fast = reader(theirs, OURS).read(ours)
    assert seen_predictions(slow) == seen_predictions(fast)
    for name in PLAIN:
        np.testing.assert_array_equal(getattr(slow, name), getattr(fast, name))
    mixed = reader(theirs, OURS).read([*(written(theirs, record) for record in records), *ours, GOOD])
    assert seen_predictions(mixed)[:-1] == 2 * seen_predictions(fast)


def test_every_kept_version_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adds a version sees here that its bodies would be read as those of the first."""
    monkeypatch.setattr("schemas.columnar.contract.body_reader", pytest.fail)
    for schema in versions("prediction"):
        bare = json.loads(json.dumps(schema), object_hook=lambda one: {k: v for k, v in one.items() if k != "doc"})
        found = reader(bare).read([written(schema, example("prediction", 1))])
        assert seen_predictions(found) == [said_of_prediction(example("prediction", 1))]


@settings(max_examples=300, deadline=None)
@given(predictions(), st.sampled_from(sorted(BREAKS)), st.integers(5, 400), st.booleans())
def test_broken_bytes_are_a_fault_or_what_fastavro_reads(records: Any, how: str, at: int, warm: Any) -> None:
    """Never an error, never another row's, whether or not the reader has seen such words before."""
    one = reader()
    if warm:
        one.read([written(OURS, record) for record in records])
    broken = [BREAKS[how](value, min(at, len(value) - 1)) for value in (written(OURS, one) for one in records)]
    values = [value for other in broken for value in (GOOD, other)] + [GOOD]
    seen = seen_predictions(one.read(values))
    assert set(seen[::2]) == set(seen_predictions(one.read([GOOD])))
    for value, said in zip(broken, seen[1::2], strict=True):
        try:
            read = read_record("prediction", value)
        except RecordRefused:
            assert isinstance(said, str), "fastavro does not read it"
        else:
            assert isinstance(said, str) or said == said_of_prediction(read)


@pytest.mark.parametrize("field", ["event_id", "model", "arm", "decision", "reasons", "segments", "topic"])
def test_what_is_not_text_is_a_bad_value(field: str) -> None:
    """Wherever it stands, also where nobody asks for it; once more when the reader knows those bytes."""
    mark = {"decision": "MARK", "reasons": ["MARK"], "segments": {"MARK": ""}, "event_id": "MARK"}
    record = {**example("prediction", 1), field: mark.get(field, "MARK")}
    if field == "topic":
        record = {**example("prediction", 1), "source": {"topic": "MARK", "partition": 0, "offset": 0}}
    value, one = written(OURS, record).replace(b"MARK", b"\xff\xfe\xfd\xfc"), reader()
    for _ in range(2):
        assert [FAULTS[code] for code in one.read([GOOD, value, GOOD]).faults] == ["", "bad_value", ""]
        assert [FAULTS[code] for code in one.read([value]).faults] == ["bad_value"]


def test_a_row_of_endless_items_is_too_large_and_its_neighbours_are_read() -> None:
    """Items cost time one by one, so a row has only so many."""
    bomb = blocked({**example("prediction", 1), "reasons": [""] * 5000}, sized=False)
    assert [FAULTS[code] for code in reader().read([GOOD, bomb, GOOD]).faults] == ["", "too_large", ""]


def test_frames_headers_and_sizes_are_judged_as_an_events() -> None:
    """The envelope of every reader is one."""
    one = reader(OURS, {"type": "record", "name": "Prediction", "fields": [{"name": "x", "type": "int"}]}, "nonsense")
    values = [GOOD, None, b"", b"\0\0", b"\1" + GOOD[1:], frame(9) + GOOD[5:], frame(2) + b"\2", frame(3) + b"\2"]
    found = one.read([*values, GOOD[5:], GOOD[:-1], GOOD + b"\0"], {8: [(HEADER, frame(1))]}.get)
    assert [FAULTS[code] for code in found.faults] == [
        *("", "empty", "empty", "frame_too_short", "bad_magic", "unknown_schema", "schema_refused", "schema_refused"),
        *("", "truncated", "trailing_bytes"),
    ]
    assert found.ids == [b"good", *[b""] * 7, b"good", b"", b""]
    assert [code for row, code in enumerate(found.words.tolist()) if found.faults[row]] == [-1] * 9
    assert [FAULTS[code] for code in reader(most_bytes=len(GOOD)).read([GOOD, GOOD + b"!"]).faults] == ["", "too_large"]


def test_rows_wait_while_their_schema_cannot_be_asked_for() -> None:
    """Those whose schema is known go on."""
    source = Source(OURS, stranger("prediction"))
    one = prediction_reader(source, classes=CLASSES)
    theirs = written(source.schemas[1], example("prediction", 1), 2)  # type: ignore[arg-type]  # a dict, as made above
    one.read([GOOD])
    source.down = True
    found = one.read([GOOD, theirs])
    assert (found.waiting.tolist(), found.faults.tolist()) == ([False, True], [0, 0])
    assert found.details == {1: "the registry is down"}
    source.down = False
    assert one.read([GOOD, theirs]).ids == [b"good", example("prediction", 1)["event_id"].encode()]


def test_a_strangers_moments_are_brought_to_microseconds() -> None:
    """A unit that cannot be is refused with the schema; a moment out of reach is a bad value."""
    millis = {"type": {"type": "long", "logicalType": "timestamp-millis"}}
    theirs = stranger("prediction", event_time=millis)
    odd = stranger("prediction", event_time={"type": {"type": "long", "logicalType": "time-micros"}})
    record = {**example("prediction", 1), "event_time": 1_362_114_000_000}
    values = [written(theirs, record), written(odd, record, 2), written(theirs, {**record, "event_time": 2**62})]
    found = reader(theirs, odd).read(values)
    assert found.times.tolist() == [1_362_114_000_000_000, 0, 0]
    assert [FAULTS[code] for code in found.faults] == ["", "schema_refused", "bad_value"]


def test_an_empty_batch_is_read() -> None:
    """No rows, no columns, no error."""
    assert reader().read([]).ids == []
