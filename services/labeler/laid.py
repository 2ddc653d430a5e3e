"""Rows of a fixed layout, moved as plain bytes: field by field numpy takes many times as long."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Laid = NDArray[np.void]
Bools = NDArray[np.bool_]


def picked(rows: Laid, which: NDArray[Any] | slice) -> Laid:
    """Some of the rows: those that are true in a mask (n,), or at places (m,)."""
    return _plain(rows)[which].view(rows.dtype)


def copied(rows: Laid) -> Laid:
    """The same rows in a place of their own."""
    return _plain(rows).copy().view(rows.dtype)


def together(every: Sequence[Laid]) -> Laid:
    """The rows of several as one, in their order; of at least one."""
    return np.concatenate([_plain(rows) for rows in every]).view(every[0].dtype)


def each(head: bytes, *columns: Laid) -> list[bytes]:
    """Each row's columns as bytes, the same head before them."""
    count = len(columns[0])
    parts = [column.view(np.uint8).reshape(count, column.itemsize) for column in columns]
    laid = np.concatenate([np.tile(np.frombuffer(head, np.uint8), (count, 1)), *parts], axis=1)
    said: list[bytes] = laid.view(f"V{laid.shape[1]}").reshape(count).tolist()
    return said


def _plain(rows: Laid) -> Laid:
    return rows.view(f"V{rows.itemsize}")
