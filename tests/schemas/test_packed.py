"""Features packed in one field are read as if each had a field of its own, by all three readers alike."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.compiled import compiled
from load.bench.codec import OneSchema
from schemas.columns import ABSENT, FAULTS, NOT_FINITE, NULL, WRONG_TYPE, Columns, PackedField, Wanted
from schemas.framing import frame
from schemas.lint import SchemaRefused
from schemas.oracle import Oracle, difference
from schemas.plan import Plan, compile_plan
from schemas.reader import Reader
from schemas.source import DirectorySource
from schemas.varints import write_long
from tests.schemas.avro_events import record, write
from tests.schemas.packed_events import packed_batches, packed_schema, seen_packed, types_of, wanted_packed

PREFIX = frame(7)
MOST = 1_000_000
WANTED = wanted_packed(3)
NUMBERS = np.array([1.5, -2.0, 3.25], "<f4")


def holds(found: Columns, truths: list[Any], count: int) -> None:
    """Every row is what it should be, its neighbours' features as well."""
    assert not found.faults.any()
    for row, truth in enumerate(truths):
        numbers, flags = seen_packed(truth, count)
        np.testing.assert_array_equal(found.matrix[row], [np.float32(0.5), *numbers, np.float32(2.5)])
        assert found.flags[row].tolist() == [0, *flags.tolist(), 0]


@settings(max_examples=120, deadline=None)
@given(packed_batches())
def test_the_steps_and_fastavro_see_what_was_written(batch: Any) -> None:
    """Arrays, bytes and fixed, in unions in any order; other lengths, nulls, strangers, extreme numbers."""
    schema, want, rows, truths = batch
    bodies = [_written(schema, row) for row in rows]
    found, oracle = compile_plan(schema, want).decode(bodies, len(PREFIX)), Oracle(schema, want)
    holds(found, truths, want.packed[0].count)
    for row, body in enumerate(bodies):
        assert difference(found, row, oracle.decode([body], len(PREFIX))) == ""


@settings(max_examples=120, deadline=None)
@given(packed_batches(), st.data())
def test_the_walk_sees_what_the_steps_see_or_leaves_it(batch: Any, data: st.DataObject) -> None:
    """Whole rows and damaged ones; a whole one of the right length is never left."""
    schema, want, rows, truths = batch
    plan = compile_plan(schema, want)
    if plan.walk is None:
        assert compiled is None
        return
    values = [_written(schema, row) for row in rows]
    spoilt = [_spoilt(value, data) for value in values]
    found, left = _plain(plan, [*values, *spoilt])
    expected = plan.decode([*values, *spoilt], len(PREFIX))
    done = [row for row in range(len(found.ids)) if row not in left]
    for name in ("times", "matrix", "flags", "faults"):
        np.testing.assert_array_equal(getattr(found, name)[done], getattr(expected, name)[done])
    assert all(truths[row] == WRONG_TYPE for row in left if row < len(values))


def _written(schema: dict[str, Any], row: dict[str, Any]) -> bytes:
    return write(schema, row, PREFIX)


def _plain(plan: Plan, values: list[bytes]) -> tuple[Columns, list[int]]:
    found, left = plan.decode_plain(list(values), PREFIX, np.ones(len(values), np.uint8), MOST)
    return found, left.tolist()


def _spoilt(value: bytes, data: st.DataObject) -> bytes:
    body = bytearray(value)
    for _ in range(data.draw(st.integers(0, 2))):
        body[data.draw(st.integers(5, min(30, len(body)) - 1))] = data.draw(st.integers(0, 255))
    return bytes(body[: data.draw(st.integers(5, len(body)) | st.just(len(body)))])


def _array(*blocks: tuple[int, bool]) -> bytes:
    """An event whose array is in blocks of so many numbers, with their size in front where that is said."""
    body, taken = b"\2a\2" + bytes(8), 0
    for count, is_sized in blocks:
        numbers = NUMBERS[taken : taken + count].tobytes()
        body += write_long(-count) + write_long(len(numbers)) if is_sized else write_long(count)
        body, taken = body + numbers, taken + count
    return body + b"\0" + np.float32(2.5).tobytes()


@pytest.mark.parametrize(
    "blocks", [[(3, False)], [(3, True)], [(1, False), (2, True)], [(1, True), (1, False), (1, True)]]
)
def test_an_array_may_come_in_blocks(blocks: list[tuple[int, bool]]) -> None:
    """Avro lets a writer choose; those beside it do not mind."""
    schema = packed_schema({"type": "array", "items": "float"})
    bodies = [PREFIX + one for one in (_array((3, False)), _array(*blocks), _array((2, False)), _array((3, False)))]
    reader = Reader(WANTED, OneSchema(schema))
    for _ in range(2):
        found = reader.read(list(bodies))
        assert not found.faults.any()
        assert found.matrix[[0, 1, 3], 1:4].tolist() == [NUMBERS.tolist()] * 3
        assert found.flags[:, 1].tolist() == [0, 0, WRONG_TYPE, 0]
        assert found.matrix[:, 4].tolist() == [2.5] * 4


@pytest.mark.parametrize(
    ("written", "packed"),
    [
        ("bytes", write_long(14) + bytes(12) + b"\4\0"),
        ({"type": "array", "items": "float"}, write_long(3) + bytes(12) + b"\2" + b"\x0a\0\0\0" + b"\0"),
        ({"type": "array", "items": "float"}, write_long(4) + bytes(12) + b"\0\x08\0\0" + b"\0"),
    ],
)
def test_what_is_too_long_is_not_read_as_the_field_behind_it(written: Any, packed: bytes) -> None:
    """Whoever took three numbers and went on would find a text in the rest, to the last byte."""
    schema = record(("p", written), ("s", "string"))
    want = Wanted("id", "t", WANTED.features[1:4], (PackedField("p", 0, 3),))
    body, plan = PREFIX + b"\2a\2" + packed + b"\0", compile_plan(schema, want)
    found = plan.decode([body], len(PREFIX))
    assert (found.faults.tolist(), found.flags.tolist()) == ([0], [[WRONG_TYPE] * 3])
    assert difference(found, 0, Oracle(schema, want).decode([body], len(PREFIX))) == ""
    assert plan.walk is None or _plain(plan, [body])[1] == [0]


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (b"\x06" + bytes(11), "truncated"),
        (write_long(10**12), "truncated"),
        (write_long(-3) + write_long(5) + bytes(12) + b"\0", "bad_value"),
        (b"\xff" * 11, "bad_value"),
        ((write_long(1) + bytes(4)) * 5_000 + b"\0", "too_large"),
    ],
)
def test_a_broken_array_is_its_row_s_fault(array: bytes, why: str) -> None:
    """Cut off, with a count that nothing backs, with sizes that lie, in more blocks than anybody steps over."""
    schema = packed_schema({"type": "array", "items": "float"})
    tail = b"" if why == "truncated" else bytes(4)
    bodies = [PREFIX + one for one in (_array((3, False)), b"\2a\2" + bytes(8) + array + tail, _array((3, False)))]
    reader = Reader(WANTED, OneSchema(schema))
    for _ in range(2):
        assert [FAULTS[one] for one in reader.read(list(bodies)).faults] == ["", why, ""]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("double", "p is double, expected array of float or double, bytes, or fixed of 12 bytes"),
        ({"type": "array", "items": "int"}, "p is array of int, expected array of float"),
        ({"type": "fixed", "name": "F", "size": 24}, "p is fixed of 24 bytes, expected .* fixed of 12 bytes"),
        (["null", {"type": "array", "items": "long"}, "bytes"], "array of long"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 0}, "p is bytes decimal"),
    ],
)
def test_a_schema_that_cannot_hold_the_numbers_is_refused(written: Any, said: str) -> None:
    """By the name of the field, with what was found and expected."""
    with pytest.raises(SchemaRefused, match=said):
        compile_plan(packed_schema(written), WANTED)


def test_a_schema_without_the_field_is_refused_or_leaves_all_of_them_absent() -> None:
    """As with any other feature."""
    schema = record(("a", "double"), ("z", "float"))
    needed = Wanted("id", "t", WANTED.features, (PackedField("p", 1, 3),))
    with pytest.raises(SchemaRefused, match="lacks p:"):
        compile_plan(schema, needed)
    body = write(schema, {"id": "e", "t": 1, "a": 0.5, "z": 2.5}, PREFIX)
    reader = Reader(WANTED, OneSchema(schema))
    for _ in range(2):
        assert reader.read([body]).flags[0].tolist() == [0, ABSENT, ABSENT, ABSENT, 0]


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("[1.5, -2, 3.25]", [0, 0, 0]),
        ('"1.5,-2, 3.25"', [0, 0, 0]),
        ("[1.5, -2]", [WRONG_TYPE] * 3),
        ("[]", [WRONG_TYPE] * 3),
        ('"1.5,-2"', [WRONG_TYPE] * 3),
        ('""', [WRONG_TYPE] * 3),
        ('"1.5,-2,x"', [WRONG_TYPE] * 3),
        ('"1.5,,-2"', [WRONG_TYPE] * 3),
        ('"1.5,NaN,2"', [WRONG_TYPE] * 3),
        ('"[1,2,3]"', [WRONG_TYPE] * 3),
        ("null", [NULL] * 3),
        ("7", [WRONG_TYPE] * 3),
        ('{"0": 1}', [WRONG_TYPE] * 3),
        ("[1.5, null, true]", [0, NULL, WRONG_TYPE]),
        ('[1.5, "2", [3]]', [0, WRONG_TYPE, WRONG_TYPE]),
        (f"[1e400, -{'9' * 400}, 1e39]", [NOT_FINITE] * 3),
    ],
)
def test_json_holds_an_array_or_a_string_of_numbers(tmp_path: Path, text: str, flags: list[int]) -> None:
    """A wrong length is a wrong type, of all of them; what is wrong with one element is that one's."""
    value = f'{{"id": "a", "t": 1, "a": 0.5, "p": {text}, "z": 2.5}}'.encode()
    found = Reader(WANTED, DirectorySource(tmp_path), json=True).read([value])
    assert found.flags[0].tolist() == [0, *flags, 0]
    whole = np.array([one if not flag else np.nan for one, flag in zip([1.5, -2.0, 3.25], flags, strict=True)])
    known = np.array(flags) != NOT_FINITE
    np.testing.assert_array_equal(found.matrix[0, 1:4][known], whole.astype(np.float32)[known])


def test_json_without_the_field_has_none_of_them(tmp_path: Path) -> None:
    """Each is absent."""
    value = json.dumps({"id": "a", "t": 1, "a": 0.5, "z": 2.5}).encode()
    found = Reader(WANTED, DirectorySource(tmp_path), json=True).read([value])
    assert found.flags[0].tolist() == [0, ABSENT, ABSENT, ABSENT, 0]


def test_a_run_of_floats_before_it_is_not_made_longer() -> None:
    """A fixed field is a run of its own to the walk."""
    schema = record(("a", "float"), ("p", types_of(3, 4)["fixed"]), ("z", "float"))
    row = {"id": "e", "t": 1, "a": 0.5, "p": NUMBERS.tobytes(), "z": 2.5}
    reader = Reader(WANTED, OneSchema(schema))
    for _ in range(2):
        assert reader.read([write(schema, row, PREFIX)]).matrix[0].tolist() == [0.5, *NUMBERS.tolist(), 2.5]
