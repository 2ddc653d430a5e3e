"""Whatever bytes a row holds, its neighbours are read and nothing outside it is."""

import io
from typing import Any

import fastavro
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.columns import FAULTS, UNSEEN, FeatureField
from schemas.plan import compile_plan
from tests.schemas.avro_events import MICROS, batches, record, wanted, write

RICH = record(
    ("x", "double"),
    ("n", ["null", "int"]),
    ("c", "string"),
    ("b", "boolean"),
    ("e", {"type": "enum", "name": "Kind", "symbols": ["lo", "hi"]}),
    (
        "skipped",
        {"type": "record", "name": "Inner", "fields": [{"name": "deep", "type": ["string", "long"]}]},
    ),
    ("raw", {"type": "fixed", "name": "Raw", "size": 3}),
    ("tags", {"type": "array", "items": "string"}),
    ("more", ["null", {"type": "map", "values": "long"}]),
)


RICH_WANTED = wanted(
    FeatureField("x", "float"),
    FeatureField("n", "int", nullable=True),
    FeatureField("c", "category", ("UA", "AA")),
    FeatureField("b", "bool"),
    FeatureField("e", "category", ("hi", "other")),
)


RICH_ROW = {"id": "one", "t": MICROS, "x": 1.5, "n": 7, "c": "AA", "b": True, "e": "hi", "raw": b"abc"} | {
    "skipped": {"deep": "text"},
    "tags": ["a", "bb"],
    "more": {"k": 1 << 40},
}


RICH_SEEN = [1.5, 7.0, 1.0, 1.0, 0.0]


@settings(max_examples=100, deadline=None)
@given(batches(), st.data())
def test_a_broken_row_never_disturbs_its_neighbours(batch: Any, data: st.DataObject) -> None:
    """A row of random bytes between good ones changes no bit of theirs."""
    schema, want, rows = batch
    plan, good = compile_plan(schema, want), [write(schema, row) for row in rows]
    at = data.draw(st.integers(0, len(good)))
    broken = data.draw(st.binary(max_size=60))
    alone, together = plan.decode(good, 0), plan.decode([*good[:at], broken, *good[at:]], 0)
    np.testing.assert_array_equal(np.delete(together.matrix, at, axis=0), alone.matrix)
    np.testing.assert_array_equal(np.delete(together.flags, at, axis=0), alone.flags)
    np.testing.assert_array_equal(np.delete(together.times, at), alone.times)
    assert together.ids[:at] + together.ids[at + 1 :] == alone.ids
    assert not np.delete(together.faults, at).any()


def test_enums_records_fixed_arrays_and_maps_are_read_or_stepped_over() -> None:
    """A schema with everything that Avro has still gives its features."""
    other = RICH_ROW | {"e": "lo", "skipped": {"deep": -5}, "tags": [], "more": None, "c": "ÜA", "b": False}
    found = compile_plan(RICH, RICH_WANTED).decode([write(RICH, RICH_ROW), write(RICH, other)], 0)
    assert found.faults.tolist() == [0, 0]
    assert found.matrix.tolist() == [RICH_SEEN, [1.5, 7.0, -1.0, 0.0, -1.0]]
    assert found.flags.tolist() == [[0] * 5, [0, 0, UNSEEN, 0, UNSEEN]]


def test_a_message_cut_at_any_byte_is_truncated_and_its_neighbours_are_read() -> None:
    """Every prefix of a good message is a fault of that row alone."""
    whole = write(RICH, RICH_ROW)
    bodies = [one for cut in range(len(whole)) for one in (whole, whole[:cut])]
    found = compile_plan(RICH, RICH_WANTED).decode(bodies, 0)
    assert {FAULTS[one] for one in found.faults[1::2]} == {"truncated"}
    assert not found.faults[::2].any()
    assert (found.matrix[::2] == np.array(RICH_SEEN, dtype=np.float32)).all()
    assert np.isnan(found.matrix[1::2]).all()
    assert not found.flags[1::2].any()


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_never_crashes_and_reads_as_fastavro_reads_it(place: int, byte: int) -> None:
    """Whatever one byte becomes, the row is a fault or has the values that fastavro finds."""
    body = bytearray(write(RICH, RICH_ROW))
    body[place % len(body)] = byte
    found = compile_plan(RICH, RICH_WANTED).decode([bytes(body)], 0)
    if found.faults[0] == 0:
        parsed = fastavro.parse_schema(RICH)
        read: Any = fastavro.schemaless_reader(io.BytesIO(bytes(body)), parsed, handle_unicode_errors="replace")
        with np.errstate(over="ignore"):
            np.testing.assert_equal(found.matrix[0, 0], np.float32(read["x"]))
        assert found.times[0] == read["t"]


def test_records_in_unions_are_stepped_over_in_the_rows_that_have_them() -> None:
    """With unions, texts, enums, arrays and floats of their own; the other rows do not move.

    The first byte of x looks like a branch of the inner union to who reads it in the wrong row.
    """
    x = 2.0 + 2**-50
    inner = [
        {"name": "u", "type": ["null", "long", "string"]},
        {"name": "e", "type": {"type": "enum", "name": "Kind", "symbols": ["lo", "hi"]}},
        {"name": "f", "type": "float"},
        {"name": "l", "type": {"type": "array", "items": ["null", "int"]}},
        {"name": "b", "type": "boolean"},
        {"name": "s", "type": "string"},
    ]
    schema = record(("r", ["null", {"type": "record", "name": "Inner", "fields": inner}]), ("x", "double"))
    some = {"u": 70_000, "e": "hi", "f": 2.5, "l": [None, 3], "b": True, "s": "text"}
    rows = [{"id": "i", "t": 1, "x": x, "r": one} for one in (some, None, some | {"u": None}, None, some | {"u": "u"})]
    found = compile_plan(schema, wanted(FeatureField("x", "float"))).decode([write(schema, row) for row in rows], 0)
    assert not found.faults.any()
    assert found.matrix[:, 0].tolist() == [2.0] * 5
    assert write(schema, rows[1])[-8] == 2


def test_a_row_that_ends_early_reads_nothing_beyond_the_batch() -> None:
    """The last row of a batch, with a field so wide that what follows would lie outside all memory."""
    types = [
        ("wide", {"type": "fixed", "name": "Wide", "size": 1 << 30}),
        ("text", "string"),
        ("x", "double"),
    ]
    plan = compile_plan(record(*types, ("n", ["null", "long"])), wanted(FeatureField("x", "float")))
    for body in (b"", b"\x02a\x02", b"\x02a\x02abc", b"\xff" * 20):
        assert FAULTS[plan.decode([body], 0).faults[0]] in ("truncated", "bad_value")


def test_no_rows_are_no_columns() -> None:
    """An empty batch is a batch."""
    assert compile_plan(RICH, RICH_WANTED).decode([], 0).matrix.shape == (0, 5)
