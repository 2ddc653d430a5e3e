"""Events with a packed field in any type it may have, and what a model should see of each."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.columns import NOT_FINITE, NULL, WRONG_TYPE, FeatureField, PackedField, Wanted
from tests.schemas.avro_events import DOUBLE, FLOAT, VALUES, record

Row = dict[str, Any]
STRANGERS = ("int", "string", "boolean", "null")


def wanted_packed(count: int, width: Any = 4) -> Wanted:
    """A feature, `count` packed ones after it, one more."""
    named = [FeatureField(f"p_{place}", "float", nullable=True) for place in range(count)]
    features = (FeatureField("a", "float"), *named, FeatureField("z", "float"))
    return Wanted("id", "t", features, (PackedField("p", 1, count, width, nullable=True),))


def types_of(count: int, width: int) -> dict[str, Any]:
    """The types of a packed field by a name."""
    return {
        "float": {"type": "array", "items": "float"},
        "double": {"type": "array", "items": "double"},
        "bytes": "bytes",
        "fixed": {"type": "fixed", "name": "Packed", "size": count * width},
    }


def packed_schema(written: Any) -> dict[str, Any]:
    """An event whose field `p` is of that type; something follows it."""
    return record(("a", "double"), ("p", written), ("z", "float"))


@st.composite
def packed_batches(draw: st.DrawFn) -> tuple[dict[str, Any], Wanted, list[Row], list[Any]]:
    """A schema, what is wanted, rows, and what `p` holds in each: numbers, or the flag of all."""
    count, width = draw(st.integers(1, 300)), draw(st.sampled_from([4, 8]))
    kind = draw(st.sampled_from(["float", "double", "bytes", "fixed"]))
    others = draw(st.lists(st.sampled_from(STRANGERS), max_size=2, unique=True))
    branches = draw(st.permutations([kind, *others]))
    types = types_of(count, width)
    written = [types.get(one, one) for one in branches] if others else types[kind]
    rows, truths = [], []
    for number in range(draw(st.integers(0, 5))):
        branch = draw(st.sampled_from(branches))
        value, truth = _value(draw, branch, count, width)
        rows.append({"id": f"e{number}", "t": number, "a": 0.5, "p": value, "z": 2.5})
        truths.append(truth)
    return packed_schema(written), wanted_packed(count, width), rows, truths


def _value(draw: st.DrawFn, branch: str, count: int, width: int) -> tuple[Any, Any]:
    if branch in STRANGERS:
        return draw(VALUES[branch]), NULL if branch == "null" else WRONG_TYPE
    few = draw(st.lists(FLOAT if branch == "float" else DOUBLE, min_size=1, max_size=4))
    size = draw(st.sampled_from([count, count, count, count + 1, 0])) if branch != "fixed" else count
    numbers = (few * (count + 1))[:size]
    truth = numbers if size == count else WRONG_TYPE
    if branch in ("float", "double"):
        return numbers, truth
    with np.errstate(over="ignore"):
        packed = np.array(numbers, f"<f{width}")
    return packed.tobytes(), packed.tolist() if size == count else WRONG_TYPE


def seen_packed(truth: Any, count: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """What the matrix and the flags should hold."""
    if isinstance(truth, int):
        return np.full(count, np.nan, np.float32), np.full(count, truth, np.uint8)
    with np.errstate(over="ignore"):
        numbers = np.array(truth, np.float32)
    return numbers, np.where(np.isfinite(numbers), 0, NOT_FINITE).astype(np.uint8)
