"""The columnar decoder sees in every field what fastavro wrote there."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.columns import ABSENT, NOT_FINITE, WRONG_TYPE, FeatureField
from schemas.lint import SchemaRefused
from schemas.plan import compile_plan
from tests.schemas.avro_events import batches, record, seen, wanted, write


@settings(max_examples=300, deadline=None)
@given(batches(), st.sampled_from([b"", b"\0\0\0\0\7"]))
def test_every_value_is_seen_as_fastavro_wrote_it(batch: Any, prefix: bytes) -> None:
    """Any order of fields, unions in any order, nulls, unicode, ints, extra fields, extreme numbers."""
    schema, want, rows = batch
    types = {one["name"]: one["type"] for one in schema["fields"]}
    found = compile_plan(schema, want).decode([write(schema, row, prefix) for row in rows], len(prefix))
    assert not found.faults.any()
    assert found.ids == [row["id"].encode() for row in rows]
    assert found.times.tolist() == [row["t"] for row in rows]
    for at, row in enumerate(rows):
        for place, feature in enumerate(want.features):
            number, flags = seen(feature, types[feature.name], row[feature.name])
            np.testing.assert_equal((float(found.matrix[at, place]), int(found.flags[at, place])), (number, flags))


def test_a_category_with_a_nul_at_its_end_is_another_category() -> None:
    """Padding must not make strings equal."""
    feature = FeatureField("c", "category", ("a", "a\0", ""))
    schema = record(("c", "string"))
    rows = [{"id": "i", "t": 1, "c": one} for one in ("a", "a\0", "", "\0", "a\0\0")]
    found = compile_plan(schema, wanted(feature)).decode([write(schema, row) for row in rows], 0)
    assert found.matrix[:, 0].tolist() == [0.0, 1.0, 2.0, -1.0, -1.0]


def test_a_double_too_large_for_float32_is_not_finite() -> None:
    """The model would see an infinity; so does the flag."""
    feature = FeatureField("x", "float")
    schema = record(("x", "double"))
    rows = [{"id": "i", "t": 1, "x": one} for one in (1e39, -1e39, float("nan"), 3e38)]
    found = compile_plan(schema, wanted(feature)).decode([write(schema, row) for row in rows], 0)
    assert found.flags[:, 0].tolist() == [NOT_FINITE] * 3 + [0]
    assert found.matrix[:2, 0].tolist() == [np.inf, -np.inf]


def test_signalling_nans_are_not_finite_and_warn_nobody() -> None:
    """Bit patterns that no float operation makes still arrive from a wire."""
    single, double = bytes.fromhex("0100807f"), bytes.fromhex("010000000000f07f")
    types: list[tuple[str, Any]] = [
        ("a", "float"),
        ("b", "double"),
        ("c", ["null", "float"]),
        ("d", ["null", "double"]),
    ]
    features = [FeatureField(name, kind) for name, _ in types for kind in ("float", "int")]
    body = b"\x02a\x02" + single + double + b"\x02" + single + b"\x02" + double
    found = compile_plan(record(*types), wanted(*features)).decode([body, body], 0)
    assert (found.flags == NOT_FINITE).all()


def test_a_nullable_feature_may_be_absent_and_another_may_not() -> None:
    """Absence is marked in every row; a needed field is asked for by name."""
    found = compile_plan(record(), wanted(FeatureField("x", "float", nullable=True))).decode([b"\x02a\x02"], 0)
    assert found.flags.tolist() == [[ABSENT]]
    assert np.isnan(found.matrix).all()
    with pytest.raises(SchemaRefused, match=r"writer schema E lacks x, y"):
        compile_plan(record(), wanted(FeatureField("x", "float"), FeatureField("y", "bool")))


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("bool", "int"),
        ("category", "long"),
        ("int", "string"),
        ("float", ["null", "bytes"]),
        ("float", "null"),
    ],
)
def test_a_field_of_a_wrong_type_is_refused_by_name(kind: Any, written: Any) -> None:
    """No row of such a schema could be used, so none is read."""
    feature = FeatureField("x", kind, ("a",) if kind == "category" else ())
    with pytest.raises(SchemaRefused, match=r"x is .*, expected"):
        compile_plan(record(("x", written)), wanted(feature))


def test_a_wrong_branch_is_flagged_in_its_rows() -> None:
    """A union may carry strangers; each is marked where it stands."""
    schema = record(("x", ["double", "string", {"type": "array", "items": "int"}]))
    rows = [{"id": "i", "t": 1, "x": one} for one in (2.0, "two", [1, 2])]
    found = compile_plan(schema, wanted(FeatureField("x", "float"))).decode([write(schema, row) for row in rows], 0)
    assert found.flags[:, 0].tolist() == [0, WRONG_TYPE, WRONG_TYPE]
