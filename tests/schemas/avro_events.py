"""Random flat Avro schemas with rows of them, and what a model should see of each row."""

import io
import math
from typing import Any

import fastavro
import numpy as np
from hypothesis import strategies as st

from schemas.columns import NOT_FINITE, NULL, UNSEEN, UNSEEN_CATEGORY, WRONG_TYPE, FeatureField, Kind, Wanted

MICROS = 1_362_114_000_000_000
CATEGORIES = ("", "a", "AA", "été", "a category of more than eight bytes", "ABCDEFGH", "ABCDEFG")
INT = st.integers(-(2**31), 2**31 - 1)
LONG = st.integers(-(2**63), 2**63 - 1)
FLOAT = st.floats(width=32)
DOUBLE = st.floats()
TEXT = st.sampled_from(CATEGORIES) | st.text(max_size=20)
SYMBOLS = ("AA", "a", "zz")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": INT,
    "long": LONG,
    "float": FLOAT,
    "double": DOUBLE,
    "boolean": st.booleans(),
    "string": TEXT,
    "bytes": st.binary(max_size=9),
    "null": st.none(),
}
TAKEN = {"float": ("int", "long", "float", "double"), "bool": ("boolean",), "category": ("string",)}
TAKEN["int"] = TAKEN["float"]


@st.composite
def field_types(draw: st.DrawFn, kind: Kind) -> list[str] | str:
    """An Avro type for a feature of `kind`: plain, or a union in any order with null or strangers."""
    good = draw(st.sampled_from(TAKEN[kind]))
    others = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=2, unique=True))
    branches = list(dict.fromkeys([good, *others]))
    return draw(st.permutations(branches)) if len(branches) > 1 else good


@st.composite
def batches(draw: st.DrawFn) -> tuple[dict[str, Any], Wanted, list[dict[str, Any]]]:
    """A writer's schema, what is wanted of it, and up to six rows (of unions: branch and value)."""
    kinds: list[Kind] = draw(st.lists(st.sampled_from(["float", "int", "bool", "category"]), min_size=1, max_size=6))
    features = [
        FeatureField(f"f{place}", kind, CATEGORIES if kind == "category" else (), nullable=True)
        for place, kind in enumerate(kinds)
    ]
    types: dict[str, Any] = {one.name: draw(field_types(one.kind)) for one in features}
    types |= {
        "id": "string",
        "t": draw(st.sampled_from(["long", {"type": "long", "logicalType": "timestamp-micros"}])),
    }
    types |= {f"x{place}": one for place, one in enumerate(draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=3)))}
    names = draw(st.permutations(sorted(types)))
    schema = {
        "type": "record",
        "name": "E",
        "fields": [{"name": name, "type": types[name]} for name in names],
    }
    rows = draw(st.lists(st.fixed_dictionaries({name: _value(name, types[name]) for name in names}), max_size=6))
    return schema, Wanted("id", "t", tuple(features)), rows


def _value(name: str, written: Any) -> st.SearchStrategy[Any]:
    if name == "id":
        return st.text(min_size=1, max_size=12)
    if name == "t":
        return LONG
    if isinstance(written, list):
        return st.one_of([st.tuples(st.just(branch), VALUES[branch]) for branch in written])
    return VALUES[written]


def write(schema: dict[str, Any], row: dict[str, Any], prefix: bytes = b"") -> bytes:
    """`row` as Apache's format has it, by fastavro, with logical types off."""
    plain = {**schema, "fields": [{**one, "type": _without_logical(one["type"])} for one in schema["fields"]]}
    out = io.BytesIO()
    out.write(prefix)
    fastavro.schemaless_writer(out, fastavro.parse_schema(plain), row)
    return out.getvalue()


def _without_logical(written: Any) -> Any:
    return written["type"] if isinstance(written, dict) and "logicalType" in written else written


def seen(feature: FeatureField, written: Any, value: Any) -> tuple[float, int]:
    """What the matrix and the flags should hold for `value`, written as `written`."""
    branch, plain = value if isinstance(written, list) else (written, value)
    if branch == "null":
        return math.nan, NULL
    if branch not in TAKEN[feature.kind]:
        return math.nan, WRONG_TYPE
    if feature.kind == "category":
        known = plain in CATEGORIES
        return (float(CATEGORIES.index(plain)), 0) if known else (UNSEEN_CATEGORY, UNSEEN)
    if feature.kind == "int" and branch in ("float", "double") and math.isfinite(plain) and not plain.is_integer():
        return math.nan, WRONG_TYPE
    with np.errstate(over="ignore"):
        number = float(np.float32(float(plain)))
    return number, 0 if math.isfinite(number) else NOT_FINITE


def record(*fields: tuple[str, Any]) -> dict[str, Any]:
    """A schema with an id and a time before `fields`."""
    every = [("id", "string"), ("t", "long"), *fields]
    return {"type": "record", "name": "E", "fields": [{"name": name, "type": one} for name, one in every]}


def wanted(*features: FeatureField) -> Wanted:
    """`features` besides id and t."""
    return Wanted("id", "t", features)
