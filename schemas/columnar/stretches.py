"""Stretches of bytes that stand alike in many rows: guessed from what stood there lately, else walked over."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from schemas.walk import PAD, Longs, Walk

ROUNDS = 4
"""Different values that are found by comparing whole columns; the others are found row by row."""
Coded = tuple[NDArray[np.int32], list[bytes]]
"""Which value each row has (0 in a broken one), and the different values."""


class Stretch:
    """One stretch of every row, over which `move` moves.

    No value of Avro is the beginning of another, so a row that begins with the bytes of one holds that one.
    """

    def __init__(self, move: Callable[[Walk], object]) -> None:
        self._move, self._lately = move, list[bytes]()

    def read(self, walk: Walk) -> Coded:
        """Move every row over the stretch; the values that stood in it."""
        guessed = self._guess(walk) if self._lately else None
        if guessed is not None:
            return guessed
        begins = walk.at
        self._move(walk)
        codes, values = distinct(walk, begins, walk.at)
        self._lately = values if len(values) <= ROUNDS and max(map(len, values), default=0) <= PAD else []
        return codes, values

    def _guess(self, walk: Walk) -> Coded | None:
        """The same when every row has a value that stood here lately; otherwise nothing is moved."""
        left = np.flatnonzero(walk.faults == 0)
        codes, sizes = np.zeros(len(walk.at), dtype=np.int32), np.zeros(len(walk.at), dtype=np.int64)
        for code, value in enumerate(self._lately):
            same = _stands(walk, walk.at[left], value)
            found = left[same]
            codes[found], sizes[found] = code, len(value)
            left = left[~same]
            if not len(left):
                walk.advance(sizes, None)
                return codes, self._lately
        return None


def _stands(walk: Walk, at: Longs, value: bytes) -> NDArray[np.bool_]:
    """Whether `value`, of at most PAD bytes, stands at each position."""
    if not value:
        return np.ones(len(at), dtype=np.bool_)
    kind = f"V{len(value)}"
    same: NDArray[np.bool_] = walk.every(kind, len(value))[at] == np.frombuffer(value, dtype=kind)
    return same


def distinct(walk: Walk, starts: Longs, ends: Longs) -> Coded:
    """The different values among [starts, ends) of the rows that are not broken, and which one each row has."""
    codes = np.zeros(len(starts), dtype=np.int32)
    left = np.flatnonzero(walk.faults == 0)
    known: dict[bytes, int] = {}
    for code in range(ROUNDS):
        if not len(left):
            return codes, list(known)
        begin, end = int(starts[left[0]]), int(ends[left[0]])
        if end - begin > PAD:
            break
        value = walk.data[begin:end]
        known[value] = code
        same = (ends[left] - starts[left] == len(value)) & _stands(walk, starts[left], value)
        codes[left[same]] = code
        left = left[~same]
    spans = zip(starts[left].tolist(), ends[left].tolist(), strict=True)
    codes[left] = [known.setdefault(walk.data[begin:end], len(known)) for begin, end in spans]
    return codes, list(known)
