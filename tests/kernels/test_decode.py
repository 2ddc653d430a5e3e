"""The compiled walk sees what the plan's own steps see, or leaves the row to them."""

import shutil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.compiled import compiled
from load.bench.codec import OneSchema
from schemas.columns import Columns, FeatureField, Wanted
from schemas.framing import frame
from schemas.plan import Plan, compile_plan
from schemas.reader import Reader
from tests.schemas.avro_events import batches, record, wanted, write

PREFIX = frame(7)
MOST = 1_000_000


OPTIONAL: dict[str, Any] = {"name": "b", "type": ["null", "int"]}
NEAR = {"more": {"a": "x", "b": None}, "mark": b"abc"}
RICH: list[dict[str, Any]] = [
    {**NEAR, "id": 7, "t": -1, "code": "zz", "x": None, "n": 2.0},
    {**NEAR, "id": -(2**31), "t": -1_500, "code": "AA", "x": {"c": True}, "n": 2.5},
    {**NEAR, "id": 0, "t": 1_362_096_000_001, "code": "a", "x": {"c": 0.5}, "n": float("inf")},
    {**NEAR, "id": 2**31 - 1, "t": 2_000, "code": "a", "x": 0.25, "n": -3.0, "more": {"a": "", "b": 5}},
]


def same(found: Columns, expected: Columns, rows: list[int]) -> None:
    """Those rows are equal, cell by cell."""
    assert [found.ids[row] for row in rows] == [expected.ids[row] for row in rows]
    for name in ("times", "matrix", "flags", "faults"):
        np.testing.assert_array_equal(getattr(found, name)[rows], getattr(expected, name)[rows])


def plain(plan: Plan, values: list[bytes | None]) -> tuple[Columns, list[int], list[int]]:
    """What the walk read, the rows it did, those it left."""
    found, left = plan.decode_plain(values, PREFIX, np.ones(len(values), np.uint8), MOST)
    return found, [row for row in range(len(values)) if row not in left], left.tolist()


def test_the_kernels_are_there_wherever_they_can_be_built() -> None:
    """A tree without them would test numpy against itself."""
    assert compiled is not None or shutil.which("cc") is None


@settings(max_examples=150, deadline=None)
@given(batches())
def test_it_reads_what_the_steps_read(batch: Any) -> None:
    """Any order of fields, unions in any order, nulls, extreme numbers; ids that are not ASCII it leaves."""
    schema, want, rows = batch
    plan = compile_plan(schema, want)
    if plan.walk is None:
        assert compiled is None
        return
    values: list[bytes | None] = [write(schema, row, PREFIX) for row in rows]
    found, done, left = plain(plan, values)
    same(found, plan.decode([value or b"" for value in values], len(PREFIX)), done)
    assert all(not rows[row]["id"].isascii() for row in left)
    assert not any(found.ids[row] for row in left)


@settings(max_examples=200, deadline=None)
@given(batches(), st.data())
def test_a_damaged_row_is_left_or_read_as_the_steps_read_it(batch: Any, data: st.DataObject) -> None:
    """Bytes changed, cut off, added: the walk never reads what the steps call broken, nor anything else."""
    schema, want, rows = batch
    plan = compile_plan(schema, want)
    if plan.walk is None or not rows:
        return
    values = [bytearray(write(schema, row, PREFIX)) for row in rows]
    for value in values:
        for _ in range(data.draw(st.integers(0, 3))):
            value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
        del value[data.draw(st.integers(1, len(value)) | st.just(len(value))) :]
        value.extend(data.draw(st.binary(max_size=2)))
    whole: list[bytes | None] = [bytes(value) for value in values]
    found, done, _ = plain(plan, whole)
    same(found, plan.decode([value or b"" for value in whole], len(PREFIX)), done)


@settings(max_examples=100, deadline=None)
@given(batches(), st.data())
def test_a_reader_says_the_same_with_it_and_without(batch: Any, data: st.DataObject) -> None:
    """Nulls, strange frames, headers and large values among the plain ones: each keeps its place and its fault."""
    schema, want, rows = batch
    good = [write(schema, row, PREFIX) for row in rows]
    strange = [None, b"", b"\0\0", b"\1" + PREFIX, PREFIX, b"\0\0\0\0\x09abc", bytes(200)]
    values = [*good, *data.draw(st.permutations(strange))] if good else list(strange)
    reader = Reader(want, OneSchema(schema), most_bytes=150)
    first = reader.read(values)  # nothing is known of the schema yet: the steps read it
    again = reader.read(values)
    same(again, first, list(range(len(values))))
    assert again.details == first.details


@pytest.mark.parametrize("unit", ["timestamp-millis", "timestamp-nanos"])
@pytest.mark.parametrize("number", ["int", "long"])
def test_it_reads_what_few_schemas_hold(number: str, unit: str) -> None:
    """A number as the id, times in other units, enums, fixed bytes and records on the way or where a number belongs."""
    inner: Any = {"type": "record", "name": "Inner", "fields": [{"name": "a", "type": "string"}, OPTIONAL]}
    odd = {"type": "record", "name": "Odd", "fields": [{"name": "c", "type": ["boolean", "float"]}]}
    code = {"type": "enum", "name": "Code", "symbols": ["zz", "AA", "a"]}
    fields: dict[str, Any] = {"id": number, "more": inner, "t": {"type": "long", "logicalType": unit}, "code": code}
    fields |= {"mark": {"type": "fixed", "name": "Mark", "size": 3}, "x": ["null", odd, "float"], "n": "double"}
    schema = {"type": "record", "name": "E", "fields": [{"name": name, "type": one} for name, one in fields.items()]}
    features = (FeatureField("code", "category", ("AA", "a")), FeatureField("x", "float"), FeatureField("n", "int"))
    plan = compile_plan(schema, wanted(*features, FeatureField("lacking", "float", nullable=True)))
    if plan.walk is None:
        assert compiled is None
        return
    values: list[bytes | None] = [write(schema, row, PREFIX) for row in RICH]
    found, done, left = plain(plan, values)
    assert left == []
    same(found, plan.decode([value or b"" for value in values], len(PREFIX)), done)


def test_rows_by_the_header_are_not_the_walks() -> None:
    """A schema named by a header has no prefix in front of its body."""
    schema = record(("x", "double"))
    want = Wanted("id", "t", (FeatureField("x", "float"),))
    rows = [{"id": "a", "t": 1, "x": 1.5}, {"id": "b", "t": 2, "x": 2.5}]
    values = [write(schema, rows[0], PREFIX), write(schema, rows[1])]
    headers = {1: [("__value_schema_id", PREFIX)]}
    reader = Reader(want, OneSchema(schema))
    for _ in range(2):
        found = reader.read(values, headers.get)
        assert (found.ids, found.matrix[:, 0].tolist()) == ([b"a", b"b"], [1.5, 2.5])


def test_too_large_a_value_is_not_the_walk_s() -> None:
    """However plain it is, it is refused as large."""
    schema = record(("x", "double"), ("note", "string"))
    values = [write(schema, {"id": "a", "t": 1, "x": 1.5, "note": "n" * size}, PREFIX) for size in (1, 100)]
    reader = Reader(wanted(FeatureField("x", "float")), OneSchema(schema), most_bytes=60)
    for _ in range(2):
        assert (reader.read(values).faults != 0).tolist() == [False, True]


@pytest.mark.parametrize(("number", "is_left"), [(2**31, True), (2**31 - 1, False), (-(2**31) - 1, True)])
def test_a_number_too_large_for_its_type_is_left(number: int, *, is_left: bool) -> None:
    """Bytes of a long where an int is said."""
    plan = compile_plan(record(("n", "int")), wanted(FeatureField("n", "int")))
    if plan.walk is None:
        assert compiled is None
        return
    _, _, left = plain(plan, [write(record(("n", "long")), {"id": "a", "t": 1, "n": number}, PREFIX)])
    assert bool(left) == is_left


def test_arrays_are_left_to_the_steps() -> None:
    """The walk knows flat records; a schema with more has none."""
    schema = record(("x", "double"), ("more", {"type": "array", "items": "int"}))
    assert compile_plan(schema, wanted(FeatureField("x", "float"))).walk is None
