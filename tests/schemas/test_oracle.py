"""fastavro reads one event in many again; what differs is never served."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from load.bench.codec import OneSchema
from schemas import reader as reading
from schemas.columns import NOT_FINITE, Columns, FeatureField, blank
from schemas.framing import frame
from schemas.oracle import Oracle, difference
from schemas.plan import Plan, compile_plan
from schemas.reader import Reader
from tests.schemas.avro_events import batches, record, wanted, write
from tests.schemas.packed_events import packed_schema, wanted_packed

SCHEMA = record(("x", ["null", "double"]), ("y", "double"))
WANT = wanted(FeatureField("x", "float", nullable=True), FeatureField("y", "float"))
VALUES = [write(SCHEMA, {"id": f"e{n}", "t": n, "x": ("double", n / 2), "y": 1.5}, frame(7)) for n in range(20)]


@settings(max_examples=150, deadline=None)
@given(batches())
def test_it_sees_what_the_plan_sees(batch: Any) -> None:
    """Any order of fields, unions, nulls, extreme numbers: an event that is read right is never doubted."""
    schema, want, rows = batch
    bodies = [write(schema, row) for row in rows]
    found, oracle = compile_plan(schema, want).decode(bodies, 0), Oracle(schema, want)
    for row, body in enumerate(bodies):
        expected = oracle.decode([body], 0)
        assert not expected.faults.any()
        assert difference(found, row, expected) == ""


def test_a_nan_that_signals_is_one_like_any_other() -> None:
    """No reader warns of it: else whoever writes events could."""
    schema, want, signal = packed_schema("bytes"), wanted_packed(2), b"\1\0\x80\x7f"
    body = write(schema, {"id": "e", "t": 1, "a": 0.5, "p": np.float32(1.5).tobytes() + signal, "z": 2.5})
    found, oracle = (one.decode([body], 0) for one in (compile_plan(schema, want), Oracle(schema, want)))
    assert found.flags[0].tolist() == oracle.flags[0].tolist() == [0, 0, NOT_FINITE, 0]
    assert found.matrix[0, [0, 1, 3]].tolist() == oracle.matrix[0, [0, 1, 3]].tolist() == [0.5, 1.5, 2.5]


def test_a_wrong_cell_is_never_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema goes over to fastavro, once and for good, before the batch that showed it is handed on."""
    right = Reader(WANT, OneSchema(SCHEMA)).read(list(VALUES))
    decode = Plan.decode_joined

    def wrong(plan: Plan, bodies: Any, skip: int) -> Columns:
        out = decode(plan, bodies, skip)
        out.matrix[:, 1] += 1
        return out

    def left(plan: Plan, values: Any, _prefix: bytes, may: NDArray[np.uint8], _most: int) -> Any:
        may[:] = 0
        return blank(len(values), plan.features), np.arange(len(values))

    monkeypatch.setattr(Plan, "decode_joined", wrong)
    monkeypatch.setattr(Plan, "decode_plain", left)
    monkeypatch.setattr(reading, "CHECK_EVERY", 15)
    reader = Reader(WANT, OneSchema(SCHEMA))
    for _ in range(2):
        found = reader.read(list(VALUES))
        np.testing.assert_array_equal(found.matrix, right.matrix)
        assert found.ids == right.ids
    (why,) = reader.disagreements
    assert "schema 7" in why
    assert "[1]" in why


def test_a_reader_that_is_right_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking again changes nothing."""
    monkeypatch.setattr(reading, "CHECK_EVERY", 1)
    reader = Reader(WANT, OneSchema(SCHEMA))
    for size in (1, 3, 20):
        assert reader.read(list(VALUES[:size])).ids == [b"e%d" % n for n in range(size)]
    assert reader.disagreements == []
    assert isinstance(reader.plans[7], Plan)


def test_what_fastavro_refuses_is_no_disagreement() -> None:
    """Text that is not UTF-8, in a field that nobody asked for."""
    schema = record(("x", ["null", "double"]), ("y", "double"), ("note", "string"))
    body = write(schema, {"id": "e", "t": 1, "x": None, "y": 1.5, "note": "ab"}).replace(b"ab", b"\xff\xfe")
    found = compile_plan(schema, WANT).decode([body], 0)
    assert not found.faults.any()
    assert difference(found, 0, Oracle(schema, WANT).decode([body], 0)) == ""
