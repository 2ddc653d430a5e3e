"""JSON events as columns, row by row: the slow road for topics that are declared JSON."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from schemas.columns import (
    ABSENT,
    NOT_FINITE,
    NULL,
    UNSEEN,
    UNSEEN_CATEGORY,
    WRONG_TYPE,
    Columns,
    FeatureField,
    Wanted,
    blank,
    fault,
)
from schemas.decoding.moments import parse_moment
from schemas.json_text import TextRefused, parse_event
from schemas.packed import LIFTED, Numbers, alike, json_numbers, lift_numbers

BAD_JSON, BAD_VALUE, NO_ID, NO_TIME = (fault(name) for name in ("bad_json", "bad_value", "no_id", "no_time"))
LONG_LIMIT = 1 << 63


class RowFault(Exception):
    """The row cannot be read; `why` indexes FAULTS."""

    def __init__(self, why: int, detail: str = "") -> None:
        super().__init__(detail)
        self.why, self.detail = why, detail


def read_json(values: Sequence[bytes], wanted: Wanted) -> Columns:
    """Read a batch of JSON objects; what is not one, or lacks id or time, is that row's fault."""
    out = blank(len(values), len(wanted.features))
    for row, value in enumerate(values):
        try:
            rest, lifted = lift_numbers(value, wanted.packed, out.matrix[row])
            event = _parse(rest) | lifted
            name, micros = identity_of(event.get(wanted.id)), _moment(event.get(wanted.time))
        except RowFault as broken:
            out.faults[row], out.matrix[row] = broken.why, math.nan
            if broken.detail:
                out.details[row] = broken.detail
            continue
        out.ids[row], out.times[row] = name, micros
        put_cells(out, row, event, wanted)
    readable = (out.faults == 0)[:, None]
    out.flags[readable & ~np.isfinite(out.matrix) & (out.flags == 0)] = NOT_FINITE
    return out


def put_cells(
    out: Columns, row: int, event: Mapping[str, Any], wanted: Wanted, *, numbers: Numbers = json_numbers
) -> None:
    """Put the features of an event, those of a packed field as `numbers` finds them in it."""
    if wanted.single:
        cells = [cell_of(event, feature) for _, feature in wanted.single]
        places = [place for place, _ in wanted.single] if wanted.packed else slice(None)
        with np.errstate(over="ignore"):
            out.matrix[row, places] = [number for number, _ in cells]
        out.flags[row, places] = [flags for _, flags in cells]
    for one in wanted.packed:
        if event.get(one.name) is LIFTED:
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            found, flags = numbers(event[one.name], one) if one.name in event else alike(one, ABSENT)
            out.matrix[row, one.places], out.flags[row, one.places] = found, flags


def _parse(value: bytes) -> dict[str, Any]:
    try:
        event = parse_event(value)
    except TextRefused as refused:
        raise RowFault(BAD_JSON, str(refused)) from refused
    except (ValueError, RecursionError) as error:
        raise RowFault(BAD_JSON, f"not JSON: {type(error).__name__}") from error
    if not isinstance(event, dict):
        raise RowFault(BAD_JSON, f"found a JSON {type(event).__name__}, expected an object")
    return event


def identity_of(found: object) -> bytes:
    """The id as UTF-8. Raises RowFault."""
    if found is None or found == "":
        raise RowFault(NO_ID)
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise RowFault(BAD_VALUE, "the id is neither a string nor a whole number")
    try:
        return str(found).encode()
    except ValueError as error:
        raise RowFault(BAD_VALUE, "the id is not Unicode text, or too long a number") from error


def _moment(found: object) -> int:
    if found is None or found == "":
        raise RowFault(NO_TIME)
    micros = parse_moment(found) if isinstance(found, str) else found
    if isinstance(micros, bool) or not isinstance(micros, int) or not -LONG_LIMIT <= micros < LONG_LIMIT:
        raise RowFault(BAD_VALUE, "the time is neither ISO-8601 with an offset nor whole microseconds")
    return micros


def cell_of(event: Mapping[str, Any], feature: FeatureField) -> tuple[float, int]:
    """A feature's number, NaN where there is none, with its flags."""
    if feature.name not in event:
        return math.nan, ABSENT
    found = event[feature.name]
    if found is None:
        return math.nan, NULL
    if feature.kind == "category":
        return _category(found, feature.categories)
    if feature.kind == "bool":
        return (float(found), 0) if isinstance(found, bool) else (math.nan, WRONG_TYPE)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return math.nan, WRONG_TYPE
    return _number(found, feature.kind)


def _category(found: object, categories: tuple[str, ...]) -> tuple[float, int]:
    if not isinstance(found, str):
        return math.nan, WRONG_TYPE
    return (float(categories.index(found)), 0) if found in categories else (UNSEEN_CATEGORY, UNSEEN)


def _number(found: float, kind: str) -> tuple[float, int]:
    try:
        number = float(found)
    except OverflowError:
        number = math.inf if found > 0 else -math.inf
    if kind == "int" and math.isfinite(number) and not number.is_integer():
        return math.nan, WRONG_TYPE
    return number, 0
