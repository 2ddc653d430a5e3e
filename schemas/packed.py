"""The numbers of a packed field, out of what a parser made of it."""

import json
import math
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from schemas.columns import NULL, WRONG_TYPE, PackedField

Cells = tuple[NDArray[np.float64], NDArray[np.uint8]]
"""A number and its flags for each of the field's features."""
Numbers = Callable[[object, PackedField], Cells]
JOINED = re.compile(r"[-+.0-9eE, ]*+")
"""Numbers with commas between, as Crayfish's events have them in a string; what is no number in it JSON tells."""


MOST_LIFTED = 8
"""The text is looked through once for each field; of more than so many the others are left to the parser."""
LIFTED = object()
"""What stands in an event for numbers that were read before its text was parsed."""


def lift_numbers(
    text: bytes, fields: Sequence[PackedField], row: NDArray[np.float32]
) -> tuple[bytes, dict[str, object]]:
    """Read the numbers of `fields` into their places in `row` (F,); the text that is left to parse, and whose it lacks.

    A field that is not plainly there, with just its numbers, is left in the text, and its places are undefined. What is
    left tells of everything else that is wrong with the text, for brackets and quotes stay.
    """
    found: dict[str, object] = {}
    for one in fields[:MOST_LIFTED] if compiled is not None else ():
        rest = None if "\\" in one.name else compiled.lift(text, one.name.encode(), row[one.places])
        if rest is not None:
            text, found[one.name] = rest, LIFTED
    return text, found


def alike(field: PackedField, flag: int) -> Cells:
    """All of them without a number, and flagged.

    >>> alike(PackedField("pixels", 0, 2), 4)
    (array([nan, nan]), array([4, 4], dtype=uint8))
    """
    return np.full(field.count, math.nan), np.full(field.count, flag, np.uint8)


def json_numbers(found: object, field: PackedField) -> Cells:
    """Those of a JSON array, or of a string that holds one without its brackets; each element has its own flags."""
    if found is None:
        return alike(field, NULL)
    if isinstance(found, str) and JOINED.fullmatch(found):
        found = _parsed(found)
    return _elements(found, field) if isinstance(found, list) else alike(field, WRONG_TYPE)


def avro_numbers(found: object, field: PackedField) -> Cells:
    """Those of an Avro array of floats or doubles, of bytes, of fixed."""
    if found is None:
        return alike(field, NULL)
    if isinstance(found, bytes) and len(found) == field.count * field.width:
        return np.frombuffer(found, f"<f{field.width}").astype(np.float64), np.zeros(field.count, np.uint8)
    return _elements(found, field) if isinstance(found, list) else alike(field, WRONG_TYPE)


def _parsed(text: str) -> object:
    try:
        return json.loads(f"[{text}]")
    except ValueError:
        return None


def _elements(found: Sequence[object], field: PackedField) -> Cells:
    if len(found) != field.count:
        return alike(field, WRONG_TYPE)
    if set(map(type, found)) <= {int, float}:
        try:
            return np.array(found, np.float64), np.zeros(field.count, np.uint8)
        except OverflowError:
            pass
    numbers, flags = zip(*map(_element, found), strict=True)
    return np.array(numbers, np.float64), np.array(flags, np.uint8)


def _element(found: object) -> tuple[float, int]:
    if found is None:
        return math.nan, NULL
    if isinstance(found, bool) or not isinstance(found, int | float):
        return math.nan, WRONG_TYPE
    try:
        return float(found), 0
    except OverflowError:
        return math.inf if found > 0 else -math.inf, 0
