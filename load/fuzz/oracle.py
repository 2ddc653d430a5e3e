"""What must hold of every reading: faults that exist, neighbours unharmed, agreement with fastavro about good rows."""

import io
import json
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import fastavro
import numpy as np

from schemas.columns import (
    ABSENT,
    FAULTS,
    NOT_FINITE,
    NULL,
    UNSEEN,
    UNSEEN_CATEGORY,
    WRONG_TYPE,
    Columns,
    FeatureField,
    Wanted,
)
from schemas.records import without_logical_types

WANTED = Wanted(
    "id",
    "t",
    (
        FeatureField("f0", "float", nullable=True),
        FeatureField("f1", "category", ("", "a", "lo"), nullable=True),
        FeatureField("f2", "int", nullable=True),
        FeatureField("f3", "bool", nullable=True),
    ),
)
EXCUSED = ("", "no_id", "no_time", "id_too_long", "too_large")
"""What may become of a row that fastavro reads and writes back the same."""


class Finding(AssertionError):
    """A law of reading is broken."""


def hold(claim: object, words: str) -> None:
    """Raise Finding unless `claim` is true; an assert would be gone under -O."""
    if not claim:
        raise Finding(words)


def check_neighbours(read: Callable[[list[bytes]], Columns], value: bytes, good: bytes) -> Columns:
    """Read `value` alone, and between rows of `good`: nothing differs. Returns it alone."""
    alone, lone_good = read([value]), read([good])
    found = read([good, value, good, value])
    for row, same in enumerate((lone_good, alone, lone_good, alone)):
        hold(0 <= found.faults[row] < len(FAULTS), "a fault that does not exist")
        hold(_row(found, row) == _row(same, 0), f"row {row} of a batch differs from the same row alone")
        hold(found.details.get(row) == same.details.get(0), "a detail differs")
    hold(not lone_good.faults[0], "the good row is not good")
    if alone.faults[0]:
        hold(_row(alone, 0)[:2] == (b"", 0), "a faulted row has an id or a time")
        hold(np.isnan(alone.matrix).all() and not alone.flags.any(), "a faulted row has features")
    hold(all(text.isprintable() for text in alone.details.values()), "a detail cannot be shown")
    return alone


def _row(columns: Columns, row: int) -> tuple[object, ...]:
    return (
        columns.ids[row],
        int(columns.times[row]),
        columns.matrix[row].tobytes(),
        columns.flags[row].tobytes(),
        int(columns.faults[row]),
        bool(columns.waiting[row]),
    )


def check_agreement(found: Columns, body: bytes, schema: Any) -> None:
    """What fastavro reads from `body` and writes back the same, we read the same; what it cannot read, we do not."""
    why, (record, readable) = FAULTS[found.faults[0]], _valid(body, schema)
    if record is None:
        hold(why or readable, "a row is read that fastavro cannot read")
        return
    moment, kinds = record.get("t"), {one["name"]: one["type"] for one in schema["fields"]}
    if why == "bad_value":
        late = isinstance(moment, int) and abs(moment) > (1 << 63) // 1000
        hold(late or isinstance(moment, str) or isinstance(record.get("id"), bytes), "a valid row is a bad value")
        return
    hold(why in EXCUSED, f"a valid row is {why}")
    if why:
        return
    hold(found.ids[0] == str(record["id"]).encode(), "the id differs")
    if kinds["t"] in ("long", "int", ["null", "long"]):
        hold(int(found.times[0]) == moment, "the time differs")
    for place, feature in enumerate(WANTED.features):
        number, flag = _told(feature, record) if feature.name in record else (math.nan, ABSENT)
        hold(int(found.flags[0, place]) == flag, f"{feature.name}: found flag {found.flags[0, place]}, expected {flag}")
        hold(np.array_equal(found.matrix[0, place], np.float32(number), equal_nan=True), f"{feature.name} differs")


def _valid(body: bytes, schema: Any) -> tuple[dict[str, Any] | None, bool]:
    """The record in `body`, when it is what fastavro would have written; whether it can be read at all.

    Text that is no UTF-8 counts as readable: where nobody wants the field, we do not look.
    """
    plain = _parsed(json.dumps(schema))
    source, written = io.BytesIO(body), io.BytesIO()
    try:
        found: Any = fastavro.schemaless_reader(source, plain, None, return_named_type=True)
    except UnicodeDecodeError:
        return None, True
    except Exception:  # noqa: BLE001 - fastavro raises whatever its C code ran into
        return None, False
    if source.read(1):
        return None, False
    try:
        fastavro.validate(found, plain)
        fastavro.schemaless_writer(written, plain, found)
    except Exception:  # noqa: BLE001 - as above; then nothing is to be agreed on
        return None, True
    return (dict(found), True) if written.getvalue() == body else (None, True)


@lru_cache(maxsize=100)
def _parsed(schema: str) -> Any:
    return fastavro.parse_schema(without_logical_types(json.loads(schema)))


def _told(feature: FeatureField, record: dict[str, Any]) -> tuple[float, int]:
    value = record[feature.name]
    if value is None:
        return math.nan, NULL
    if feature.kind == "category":
        if not isinstance(value, str):
            return math.nan, WRONG_TYPE
        known = value in feature.categories
        return (float(feature.categories.index(value)), 0) if known else (UNSEEN_CATEGORY, UNSEEN)
    if isinstance(value, bool) != (feature.kind == "bool") or not isinstance(value, int | float):
        return math.nan, WRONG_TYPE
    if feature.kind == "int" and isinstance(value, float) and math.isfinite(value) and not value.is_integer():
        return math.nan, WRONG_TYPE
    with np.errstate(over="ignore", invalid="ignore"):
        number = float(np.float32(float(value)))
    return number, 0 if math.isfinite(number) else NOT_FINITE
