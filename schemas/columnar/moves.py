"""Moves over what our contracts are made of, for all rows of a walk at once."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from schemas.decoding.skip import MOST_ITEMS, Broken, Purse, Skip, TooMany, skipper
from schemas.lint import Type
from schemas.walk import BAD_VALUE, PAD, TOO_LARGE, TRUNCATED, Longs, Mask, Walk

FEW = 16
"""Items of an array or map that are moved over for all rows at once; a row with more of them goes by itself."""
WORD = 8
TEXT = Type("string")


def branches(walk: Walk, count: int, on: Mask = None) -> Iterator[tuple[int, Mask]]:
    """Read a union's branch; every branch that some row chose, with those rows."""
    index = walk.index(count, on)
    if on is None and len(index) and 0 <= index[0] < count and (index == index[0]).all():
        yield int(index[0]), None
        return
    for place in range(count):
        chosen = index == place if on is None else (index == place) & on
        if chosen.any():
            yield place, None if chosen.all() else chosen


def nullable_double(walk: Walk) -> NDArray[np.float64]:
    """Read ["null", "double"], NaN for null; a number that is not finite is infinite."""
    found = np.full(len(walk.at), np.nan)
    for place, on in branches(walk, 2):
        if place:
            values = walk.number("<f8", on)
            values[~np.isfinite(values)] = np.inf
            np.copyto(found, values, where=True if on is None else on)
    return found


def doubles(walk: Walk) -> None:
    """Move over an array of doubles."""

    def all_of_them(walk: Walk, count: Longs, on: NDArray[np.bool_]) -> None:
        walk.advance(count * WORD, on)

    _blocks(walk, all_of_them, Type("array", branches=(Type("double", smallest=WORD),)), most=PAD)


def texts(walk: Walk, each: int) -> None:
    """Move over an array of strings (`each` 1), or a map of them (2)."""

    def one_by_one(walk: Walk, count: Longs, on: NDArray[np.bool_]) -> None:
        for place in range(int(count[on].max())):
            some = on & (count > place)
            for _ in range(each):
                walk.text(None if some.all() else some)

    _blocks(walk, one_by_one, Type("array" if each == 1 else "map", branches=(TEXT,)), most=FEW)


def _blocks(walk: Walk, items: Callable[[Walk, Longs, NDArray[np.bool_]], None], node: Type, *, most: int) -> None:
    """Move over an array or map; a row of several blocks, a sized one or one of over `most` items goes by itself."""
    begins = walk.at
    count = walk.long(None)
    if not count.any():
        return
    some = (count > 0) & (count <= most) & (walk.faults == 0)
    strange = (count < 0) | (count > most)
    if some.any():
        items(walk, count, some)
        strange |= some & (walk.long(None if some.all() else some) != 0)
    strange &= walk.faults == 0
    if strange.any():
        np.copyto(walk.at, begins, where=strange)
        purse = Purse()
        _row_by_row(walk, skipper(node, purse), purse, np.flatnonzero(strange))


def _row_by_row(walk: Walk, skip: Skip, purse: Purse, rows: NDArray[np.int64]) -> None:
    why = np.zeros(len(walk.at), dtype=np.int16)
    for row in rows.tolist():
        purse.left = MOST_ITEMS - walk.paid.get(row, 0)
        try:
            walk.at[row] = skip(walk.data, int(walk.at[row]), int(walk.end[row]))
        except Broken as broken:
            why[row] = TRUNCATED if broken.cut else BAD_VALUE
        except TooMany:
            why[row] = TOO_LARGE
        walk.paid[row] = MOST_ITEMS - purse.left
    for fault in np.unique(why[why > 0]).tolist():
        walk.fail(why == fault, fault)
