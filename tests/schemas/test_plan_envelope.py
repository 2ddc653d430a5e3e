"""Ids and times are found in every form that a contract allows."""

import pytest

from schemas.columns import FAULTS, FeatureField
from schemas.plan import compile_plan
from tests.schemas.avro_events import MICROS, record, wanted, write


@pytest.mark.parametrize(
    ("logical", "ticks", "expected"),
    [
        ("timestamp-micros", MICROS, MICROS),
        ("timestamp-millis", MICROS // 1000, MICROS),
        ("local-timestamp-millis", MICROS // 1000, MICROS),
        ("timestamp-nanos", MICROS * 1000, MICROS),
    ],
)
def test_times_come_to_microseconds(logical: str, ticks: int, expected: int) -> None:
    """The writer's unit is in the logical type."""
    schema = {"type": "record", "name": "E", "fields": [{"name": "id", "type": "string"}]}
    schema["fields"].append({"name": "t", "type": {"type": "long", "logicalType": logical}})  # type: ignore[attr-defined] # a literal
    found = compile_plan(schema, wanted()).decode([write(schema, {"id": "a", "t": ticks})], 0)
    assert found.times.tolist() == [expected]


@pytest.mark.parametrize(
    ("text", "micros", "why"),
    [
        ("2013-03-01T05:00:00Z", MICROS, ""),
        ("2013-03-01T00:00:00.000001-05:00", MICROS + 1, ""),
        ("2013-03-01T05:00:00", 0, "bad_value"),
        ("yesterday", 0, "bad_value"),
        ("", 0, "no_time"),
    ],
)
def test_times_may_be_iso_8601(text: str, micros: int, why: str) -> None:
    """With an offset: without one nobody knows when it was."""
    schema = {
        "type": "record",
        "name": "E",
        "fields": [{"name": "id", "type": "string"}, {"name": "t", "type": "string"}],
    }
    found = compile_plan(schema, wanted()).decode([write(schema, {"id": "a", "t": text})], 0)
    assert (found.times.tolist(), FAULTS[found.faults[0]]) == ([micros], why)


def test_ids_may_be_numbers_but_not_empty_nor_null() -> None:
    """A whole number stands in decimal; a row without an id is nobody's."""
    schema = record()
    schema["fields"][0]["type"] = ["null", "string", "long"]
    rows = [{"id": one, "t": 1} for one in ("a", -12, "", None)]
    found = compile_plan(schema, wanted()).decode([write(schema, row) for row in rows], 0)
    assert found.ids == [b"a", b"-12", b"", b""]
    assert [FAULTS[one] for one in found.faults] == ["", "", "no_id", "no_id"]


def test_an_id_that_is_not_utf_8_is_a_bad_value() -> None:
    """It could not be written into a prediction; its neighbour with accents can."""
    found = compile_plan(record(), wanted()).decode([b"\x02\xff\x02", b"\x04\xc3\xa9\x02"], 0)
    assert [FAULTS[one] for one in found.faults] == ["bad_value", ""]
    assert found.ids == [b"", "é".encode()]


def test_a_null_time_is_no_time() -> None:
    """Whatever the rest of the row says."""
    schema = record()
    schema["fields"][1]["type"] = ["null", "long"]
    found = compile_plan(schema, wanted()).decode([write(schema, {"id": "a", "t": one}) for one in (None, 5)], 0)
    assert [FAULTS[one] for one in found.faults] == ["no_time", ""]


def test_the_time_may_be_a_feature_too() -> None:
    """One field, two uses."""
    found = compile_plan(record(), wanted(FeatureField("t", "float"))).decode([b"\x02a\x08"], 0)
    assert (found.times.tolist(), found.matrix.tolist()) == ([4], [[4.0]])
