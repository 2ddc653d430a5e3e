"""Pieces of many messages for the compiled writer: one call an Avro field, in the order of the record."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.compiled import compiled
from schemas.varints import write_long

CONSTANT, TEXT, LONG, DOUBLE, FLAGGED, TABLE, DOUBLES, BYTE = range(8)
NONE = b""


class Writer:
    """Collects the pieces of `rows` records; what each kind means stands in schemas/pieces.py, its twin."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._pieces: list[tuple[int, int, list[bytes] | None, Any, Any]] = []

    def constant(self, value: bytes) -> None:
        """The same bytes in every row."""
        self._pieces.append((CONSTANT, 0, None, value, NONE))

    def texts(self, values: list[bytes]) -> None:
        """Bytes with their length in front."""
        self._pieces.append((TEXT, 0, values, NONE, NONE))

    def longs(self, values: ArrayLike) -> None:
        """Zigzag varints."""
        self._pieces.append((LONG, 0, None, np.ascontiguousarray(values, np.int64), NONE))

    def byte(self, values: NDArray[np.uint8]) -> None:
        """A byte a row."""
        self._pieces.append((BYTE, 0, None, np.ascontiguousarray(values), NONE))

    def doubles(self, values: NDArray[np.float64]) -> None:
        """["null", "double"]: NaN is null."""
        self._pieces.append((DOUBLE, 1, None, np.ascontiguousarray(values, np.float64), NONE))

    def flagged_doubles(self, values: NDArray[np.float64], flags: NDArray[np.bool_]) -> None:
        """["null", record of a double and a boolean]: NaN is null."""
        marks = np.ascontiguousarray(flags, np.uint8)
        self._pieces.append((FLAGGED, 0, None, np.ascontiguousarray(values, np.float64), marks))

    def double_arrays(self, values: NDArray[np.float64] | None) -> None:
        """An array of k doubles a row from (n, k); a row that is all NaN is empty, None is empty throughout."""
        if values is None or values.shape[1] == 0:
            self.constant(write_long(0))
        else:
            flat = np.ascontiguousarray(values, np.float64)
            self._pieces.append((DOUBLES, flat.shape[1], None, flat, NONE))

    def picked(self, values: list[bytes], places: ArrayLike) -> None:
        """In row i, value number places[i]."""
        self._pieces.append((TABLE, 0, values, np.ascontiguousarray(places, np.int64), NONE))

    def written(self) -> list[bytes]:
        """The records."""
        return compiled.encode(self._rows, tuple(self._pieces))  # type: ignore[no-any-return]  # a list of bytes
