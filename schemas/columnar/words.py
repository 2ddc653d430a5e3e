"""The words of predictions: what stands in many of them alike, decoded once for each different value."""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.decoding.skip import read_long

Words = tuple[str, str, str, str, int]
"""Who answered, and where the events stand: model_version, bundle_digest, arm, source topic, source partition."""
Segments = tuple[tuple[str, str], ...]
"""The names and values of a prediction's segments, in its order."""
LONGEST = 256
"""Bytes of a value up to which it is remembered."""


def texts_in(value: bytes, count: int) -> tuple[str, ...] | None:
    """The `count` strings that stand in `value` end to end; None where one is not UTF-8."""
    return _remembered_texts(value, count) if len(value) <= LONGEST else _texts(value, count)


def decision_in(value: bytes) -> tuple[str, ...] | None:
    """The text of ["null", "string"], () for null; None where it is not UTF-8."""
    branch, at = read_long(value, 0, len(value))
    return _texts(value[at:], branch)


def blocks_in(value: bytes, each: int) -> tuple[str, ...] | None:
    """The strings of an array (`each` 1), or the keys and values of a map (2); None where one is not UTF-8."""
    return _remembered_blocks(value, each) if len(value) <= LONGEST else _blocks(value, each)


def _texts(value: bytes, count: int) -> tuple[str, ...] | None:
    try:
        return tuple(_text_run(value, 0, count)[0])
    except UnicodeDecodeError:
        return None


def _blocks(value: bytes, each: int) -> tuple[str, ...] | None:
    found: list[str] = []
    count, at = read_long(value, 0, len(value))
    try:
        while count:
            if count < 0:
                _, at = read_long(value, at, len(value))
            some, at = _text_run(value, at, abs(count) * each)
            found += some
            count, at = read_long(value, at, len(value))
    except UnicodeDecodeError:
        return None
    return tuple(found)


def _text_run(value: bytes, at: int, count: int) -> tuple[list[str], int]:
    found = []
    for _ in range(count):
        size, at = read_long(value, at, len(value))
        found.append(value[at : at + size].decode())
        at += size
    return found, at


_remembered_texts = lru_cache(maxsize=10_000)(_texts)
_remembered_blocks = lru_cache(maxsize=10_000)(_blocks)

V = TypeVar("V", bound=Hashable)


def merged(codes: NDArray[np.integer], values: Sequence[V], known: dict[V, int]) -> NDArray[np.int32]:
    """Codes of `values` as codes of `known`, which takes up what it lacks; -1 stays."""
    table = [known.setdefault(value, len(known)) for value in values]
    found: NDArray[np.int32] = np.array([*table, -1], dtype=np.int32)[codes]
    return found
