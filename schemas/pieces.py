"""Pieces of many messages at once: every row's bytes laid into one canvas by column, then cut into rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.varints import write_long

WORD = 8
MORE = np.uint64(0x8080808080808080)
SEVEN, LAST_BITS = np.uint64(7), np.uint64(56)
SPREAD = (
    (np.uint64(0x00FFFFFFF0000000), np.uint64(0x000000000FFFFFFF), np.uint64(4)),
    (np.uint64(0x0FFFC0000FFFC000), np.uint64(0x00003FFF00003FFF), np.uint64(2)),
    (np.uint64(0x3F803F803F803F80), np.uint64(0x007F007F007F007F), np.uint64(1)),
)


@dataclass(frozen=True)
class Piece:
    """One column: `content` as n items of one width (or one for all), of which `sizes` bytes count."""

    content: NDArray[np.generic]
    sizes: NDArray[np.int64] | int


@dataclass(frozen=True)
class Table:
    """Encoded values that rows refer to by number."""

    content: NDArray[np.void]
    sizes: NDArray[np.int64]

    def pick(self, places: NDArray[np.integer]) -> Piece:
        """The piece that holds, in row i, value number places[i]."""
        return Piece(self.content[places], self.sizes[places])


def table(values: Sequence[bytes]) -> Table:
    """Lay encoded values side by side, each padded to the longest."""
    sizes = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
    width = max(1, int(sizes.max(initial=0)))
    content = np.frombuffer(b"".join(value.ljust(width, b"\0") for value in values), dtype=f"V{width}")
    return Table(content, sizes)


def constant(value: bytes) -> Piece:
    """The same bytes in every row; at least one."""
    return Piece(np.frombuffer(value, dtype=f"V{len(value)}"), len(value))


def texts(values: Sequence[bytes]) -> Piece:
    """Bytes of any length with their length in front, as Avro writes strings."""
    body_of = table(values)
    lengths = varints(body_of.sizes)
    width = body_of.content.dtype.itemsize
    rows, head = len(values), int(np.max(lengths.sizes, initial=1))
    cells = np.zeros((rows, head + width), dtype=np.uint8)
    cells[:, :head] = lengths.content.view(np.uint8).reshape(rows, WORD)[:, :head]
    body = body_of.content.view(np.uint8).reshape(rows, width)
    for size in np.unique(lengths.sizes).tolist():
        cells[np.ix_(lengths.sizes == size, range(size, size + width))] = body[lengths.sizes == size]
    return Piece(_items(cells), lengths.sizes + body_of.sizes)


def varints(values: NDArray[np.integer]) -> Piece:
    """Zigzag varints of int64 values below 2^55 in size."""
    signed = values.astype(np.int64)
    raw = ((signed << 1) ^ (signed >> 63)).astype(np.uint64)
    bits = np.uint64(64) - _leading_zeros(raw)
    sizes = np.maximum((bits + np.uint64(6)) // SEVEN, np.uint64(1))
    for high, low, shift in SPREAD:
        raw = (raw & low) | ((raw & high) << shift)
    kept = (np.uint64(1) << ((sizes - np.uint64(1)) * np.uint64(WORD))) - np.uint64(1)
    return Piece(raw | (MORE & kept), sizes.astype(np.int64))


def _leading_zeros(raw: NDArray[np.uint64]) -> NDArray[np.uint64]:
    for shift in (1, 2, 4, 8, 16, 32):
        raw = raw | (raw >> np.uint64(shift))
    return np.bitwise_count(~raw).astype(np.uint64)


def nullable_doubles(values: NDArray[np.float64], branch: int = 1) -> Piece:
    """["null", "double"], or a union whose double is another branch: NaN is null."""
    null = np.isnan(values)
    cells = np.empty((len(values), 1 + WORD), dtype=np.uint8)
    cells[:, 0] = np.where(null, 0, branch << 1)
    cells[:, 1:] = np.ascontiguousarray(values, dtype="<f8").view(np.uint8).reshape(-1, WORD)
    return Piece(_items(cells), np.where(null, 1, 1 + WORD))


def flagged_doubles(values: NDArray[np.float64], flags: NDArray[np.bool_]) -> Piece:
    """["null", record of a double and a boolean]: NaN is null."""
    doubles = nullable_doubles(values)
    cells = np.empty((len(values), 2 + WORD), dtype=np.uint8)
    cells[:, :-1] = doubles.content.view(np.uint8).reshape(-1, 1 + WORD)
    cells[:, -1] = flags
    return Piece(_items(cells), np.where(np.isnan(values), 1, 2 + WORD))


def double_arrays(values: NDArray[np.float64]) -> Piece:
    """An array of k doubles a row from (n, k); a row that is all NaN is empty."""
    rows, count = values.shape
    head = write_long(count)
    cells = np.zeros((rows, len(head) + count * WORD + 1), dtype=np.uint8)
    cells[:, : len(head)] = np.frombuffer(head, dtype=np.uint8)
    cells[:, len(head) : -1] = np.ascontiguousarray(values, dtype="<f8").view(np.uint8).reshape(rows, count * WORD)
    empty = np.isnan(values).all(axis=1)
    cells[empty, 0] = 0
    return Piece(_items(cells), np.where(empty, 1, cells.shape[1]))


def assemble(pieces: Sequence[Piece], rows: int) -> list[bytes]:
    """Lay the pieces of every row end to end and cut the rows out.

    Each row has its own stretch of the canvas, wide enough for every piece's full width: a piece is written
    whole, then the next one overwrites what does not count of it.
    """
    if rows == 0:
        return []
    stretch = sum(piece.content.dtype.itemsize for piece in pieces)
    canvas = np.empty(rows * stretch, dtype=np.uint8)
    begins = np.arange(rows, dtype=np.int64) * stretch
    at = begins
    for piece in pieces:
        width = piece.content.dtype.itemsize
        spots: NDArray[np.generic] = np.ndarray(
            (len(canvas) - width + 1,), dtype=piece.content.dtype, buffer=canvas.data, strides=(1,)
        )
        spots[at] = piece.content
        at = at + piece.sizes
    laid = canvas.tobytes()
    return [laid[begin:end] for begin, end in zip(begins.tolist(), at.tolist(), strict=True)]


def _items(cells: NDArray[np.uint8]) -> NDArray[np.void]:
    """Each row of a C-contiguous (n, width) matrix as one item."""
    return np.ascontiguousarray(cells).view(f"V{cells.shape[1]}")[:, 0]
