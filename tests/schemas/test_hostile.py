"""What a hostile producer can send: each payload and schema is refused, with its reason, at no cost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.columns import FAULTS, FeatureField, Wanted
from schemas.decoding import skip
from schemas.lint import MAX_DEPTH, SchemaRefused, read_schema
from schemas.plan import compile_plan
from schemas.varints import write_long

GOOD = b"\x02a\x02"
"""Id 'a', time 1."""
LIST = {"type": "array", "items": "long"}
DOUBLES = {"type": "array", "items": "double"}
TEXTS = {"type": "array", "items": "string"}
KIND = {"type": "enum", "name": "Kind", "symbols": ["lo", "hi"]}


def record(*types: Any) -> dict[str, Any]:
    """A schema with an id and a time before fields x0, x1 and so on."""
    fields = [{"name": "id", "type": "string"}, {"name": "t", "type": "long"}]
    return {
        "type": "record",
        "name": "E",
        "fields": fields + [{"name": f"x{i}", "type": t} for i, t in enumerate(types)],
    }


def fault_of(body: bytes, *types: Any, wanted: FeatureField | None = None) -> str:
    """The fault of `body` between two good rows, which must stay good."""
    plan = compile_plan(record(*types), Wanted("id", "t", (wanted,) if wanted else ()))
    found = plan.decode([GOOD + body, body, GOOD + body], 0)
    assert found.faults[0] == found.faults[2]
    return FAULTS[int(found.faults[0])]


@pytest.mark.parametrize(
    ("written", "body", "why"),
    [
        ("long", b"\xff" * 10 + b"\x01", "bad_value"),
        ("long", b"\xff" * 9 + b"\x02", "bad_value"),
        ("long", b"\xff" * 9 + b"\x01", ""),
        ("long", b"\xff" * 1000 + b"\x01", "bad_value"),
        ("long", b"\xff" * 9, "truncated"),
        ("long", b"\xff\xff", "truncated"),
        ("int", write_long(1 << 31), "bad_value"),
        ("int", write_long(-(1 << 31)), ""),
        ("boolean", b"\x07", "bad_value"),
        ("string", write_long(-5), "bad_value"),
        ("string", write_long(-(1 << 62)), "bad_value"),
        ("string", write_long(1 << 62), "truncated"),
        ("string", write_long((1 << 63) - 1), "truncated"),
        ("bytes", write_long(1 << 31) + b"abc", "truncated"),
        ({"type": "fixed", "name": "F", "size": 1 << 30}, b"abc", "truncated"),
        (["null", "long"], b"\x01", "bad_value"),
        (["null", "long"], b"\x0e\x00", "bad_value"),
        (["null", "long"], write_long(-(1 << 63)), "bad_value"),
        (KIND, b"\x01", "bad_value"),
        (KIND, write_long(99), "bad_value"),
        (LIST, write_long(1 << 40), "truncated"),
        (LIST, write_long(-(1 << 40)) + write_long(1 << 40), "truncated"),
        (LIST, write_long(-(1 << 63)) + write_long(-1), "truncated"),
        (LIST, b"\x02\x02", "truncated"),
        (LIST, b"\x02" + b"\xff" * 11 + b"\x00", "bad_value"),
        (TEXTS, b"\x02" + write_long(-1) + b"\x00", "bad_value"),
        (LIST, b"\x01\x02\x08\x00", ""),
        (LIST, b"\x01\x04\x08\x00", "bad_value"),
        (LIST, b"\x61\x02\x08\x00", "truncated"),
        (DOUBLES, b"\x04" + bytes(16) + b"\x02" + bytes(8) + b"\x00", ""),
        (DOUBLES, b"\x04" + bytes(16), "truncated"),
        (DOUBLES, b"\x04" + bytes(15), "truncated"),
        (DOUBLES, b"\x03\x20" + bytes(16) + b"\x00", ""),
        (DOUBLES, b"\x03\x1e" + bytes(16) + b"\x00", "bad_value"),
        ({"type": "map", "values": "boolean"}, b"\x02\x02k\x07\x00", "bad_value"),
        ({"type": "map", "values": ["null", "int"]}, b"\x02\x02k\x05\x00", "bad_value"),
        ("double", b"\x00" * 9, "trailing_bytes"),
        ("null", b"garbage", "trailing_bytes"),
    ],
)
def test_a_hostile_value_is_refused_for_what_it_is(written: Any, body: bytes, why: str) -> None:
    """Varints without end, indexes out of range, lengths that lie, tails that nobody declared."""
    assert fault_of(body, written) == why


def test_a_negative_block_that_lies_about_its_size_costs_nothing() -> None:
    """A block's size is compared with what its items took, never trusted."""
    assert fault_of(write_long(-1) + write_long(1 << 62) + b"\x08\x00", LIST) == "bad_value"


def test_a_field_that_is_read_is_as_strict_as_one_that_is_not() -> None:
    """The same refusals where the value is a feature."""
    assert fault_of(b"\x07", "boolean", wanted=FeatureField("x0", "bool")) == "bad_value"
    assert fault_of(b"\x01", KIND, wanted=FeatureField("x0", "category", ("lo",))) == "bad_value"
    assert fault_of(b"\x05", ["null", "int"], wanted=FeatureField("x0", "int")) == "bad_value"


def nested(depth: int) -> Any:
    """Arrays in arrays, `depth` deep."""
    schema: Any = "long"
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def pyramid(levels: int) -> list[Any]:
    """Records that each use the one before ten times: a short schema that is endless written out."""
    made: list[Any] = [{"type": "record", "name": "R0", "fields": [{"name": "x", "type": "long"}]}]
    for level in range(1, levels):
        fields = [{"name": f"f{i}", "type": f"R{level - 1}"} for i in range(10)]
        made.append({"type": "record", "name": f"R{level}", "fields": fields})
    return made


RECURSIVE = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
EMPTY_RECORD = {"type": "record", "name": "Nothing", "fields": []}
ZERO_FIXED = {"type": "fixed", "name": "Zero", "size": 0}


@pytest.mark.parametrize(
    ("types", "why"),
    [
        ([RECURSIVE], "holds itself"),
        ([{"type": "array", "items": RECURSIVE}], "holds itself"),
        ([{"type": "array", "items": "null"}], "take no bytes"),
        ([{"type": "map", "values": "null"}], "take no bytes"),
        ([{"type": "array", "items": EMPTY_RECORD}], "take no bytes"),
        ([{"type": "array", "items": ZERO_FIXED}], "take no bytes"),
        ([nested(MAX_DEPTH)], "nested deeper"),
        ([nested(200_000)], "nested deeper"),
        (["long"] * 2000, "expected at most 2000"),
        (pyramid(9), "flatten it"),
        ([["null", ["null", "int"]]], "none of them a union"),
        ([["int", "int"]], "different types"),
        (["Unknown"], "defined before"),
        ([42], "expected an Avro type"),
        ([{"type": "fixed", "name": "F", "size": -1}], "size in bytes"),
        ([{"type": "enum", "name": "K", "symbols": []}], "symbols"),
    ],
)
def test_a_hostile_schema_is_refused_before_it_is_used(types: list[Any], why: str) -> None:
    """Recursion, bombs, depth and size are refused when the plan is made, in one clear message."""
    with pytest.raises(SchemaRefused, match=why):
        compile_plan(record(*types), Wanted("id", "t", ()))


@pytest.mark.parametrize("schema", ["string", ["null", "string"], None, 3, {"type": "record", "name": "E"}, {}])
def test_what_is_no_record_is_refused(schema: object) -> None:
    """Events are records."""
    with pytest.raises(SchemaRefused):
        read_schema(schema)


def test_an_array_of_unions_of_nothing_is_bounded_by_its_bytes() -> None:
    """A union's branch takes a byte, so a count beyond the bytes left is a lie."""
    assert fault_of(write_long(1 << 22) + b"\x00" * 8, {"type": "array", "items": ["null"]}) == "truncated"


def test_a_row_pays_for_the_items_of_all_its_fields() -> None:
    """Two arrays are no way around the limit of one; whole numbers, found all at once, are not paid for."""
    many = write_long(3000) + b"\x00" * 3000 + b"\x00"
    assert fault_of(many, TEXTS) == ""
    assert fault_of(many + b"\x00", TEXTS, TEXTS) == ""
    assert fault_of(many * 2, TEXTS, TEXTS) == "too_large"
    assert fault_of(many * 3, LIST, LIST, TEXTS) == ""


def test_a_row_of_the_next_batch_pays_for_itself() -> None:
    """What one row spent is not missed by another."""
    plan = compile_plan(record(TEXTS), Wanted("id", "t", ()))
    row = GOOD + write_long(3000) + b"\x00" * 3000 + b"\x00"
    for _ in range(2):
        assert not plan.decode([row] * 3, 0).faults.any()


@given(
    st.lists(
        st.sampled_from([b"\x00", b"\x7f", b"\x80\x01", b"\xff" * 9 + b"\x01", b"\xff" * 10, b"\xff"]), max_size=40
    ),
    st.integers(0, 50),
    st.sampled_from([b"", b"\x00"]),
)
def test_many_whole_numbers_are_read_as_one_by_one(parts: list[bytes], count: int, last: bytes) -> None:
    """With the same fault for the same bytes, wherever they break."""
    body = write_long(count) + b"".join(parts) + last
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skip, "FEW", 1 << 62)
        slow = fault_of(body, LIST)
        patch.setattr(skip, "FEW", 1)
        patch.setattr(skip, "MANY", 7)
        assert fault_of(body, LIST) == slow
