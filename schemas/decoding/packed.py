"""Packed fields: as many features as a contract says in one array of numbers, or in bytes with nothing between."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from schemas.columns import NULL, WRONG_TYPE, Columns, PackedField
from schemas.decoding.skip import read_long
from schemas.lint import Type
from schemas.varints import write_long
from schemas.walk import Longs, Mask, Walk

Over = Callable[[Walk, Columns, Mask], None]
END = b"\0"
"""The end of an array: a block of nothing."""
WIDTHS = {"float": 4, "double": 8}
PIECE = 512
"""Bytes that are taken from every row at once; below the walk's padding."""


class PackedSink:
    """Neighbouring columns of the matrix, filled from one field or flagged together."""

    def __init__(self, field: PackedField) -> None:
        self.field = field

    def takes(self, node: Type) -> bool:
        """Arrays of floats or doubles, bytes, and fixed of the right size."""
        if node.kind == "array":
            return node.branches[0].kind in WIDTHS
        fits = node.kind == "bytes" or (node.kind == "fixed" and node.size == self.field.count * self.field.width)
        return fits and not node.logical

    def numbers(self, out: Columns, walk: Walk, values: NDArray[np.generic], on: Mask, node: Type) -> None:
        """One number is not packed: nothing calls this."""

    def texts(self, out: Columns, walk: Walk, span: tuple[Longs, Longs], on: Mask) -> None:
        """Nor is a string."""

    def nulls(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Flag all of them as null."""
        del walk
        self._flag(out, on, NULL)

    def wrong(self, out: Columns, walk: Walk, on: Mask) -> None:
        """Flag all of them as of the wrong type; so is a field that holds more or fewer numbers."""
        del walk
        self._flag(out, on, WRONG_TYPE)

    def put(self, out: Columns, walk: Walk, starts: Longs, width: int, rows: NDArray[np.bool_]) -> None:
        """Take the numbers of `width` bytes that begin at `starts` (n,), of the `rows` (n,) that hold as many."""
        chosen = slice(None) if rows.all() else rows
        at, dtype, each = starts[chosen], f"<f{width}", PIECE // width
        for first in range(0, self.field.count, each):
            some = min(each, self.field.count - first)
            taken = walk.every(f"V{some * width}", some * width)[at + first * width]
            place = self.field.place + first
            out.matrix[chosen, place : place + some] = taken.view(dtype).reshape(-1, some)

    def each(self, out: Columns, walk: Walk, starts: Longs, width: int, rows: NDArray[np.bool_]) -> None:
        """Take the numbers of the arrays in any blocks that begin at `starts` (n,), of the `rows` (n,) one by one."""
        odd = np.zeros(len(rows), np.bool_)
        for row in np.flatnonzero(rows).tolist():
            numbers = _numbers(walk.data, int(starts[row]), width)
            odd[row] = len(numbers) != self.field.count
            if not odd[row]:
                out.matrix[row, self.field.places] = numbers
        if odd.any():
            self.wrong(out, walk, odd)

    def _flag(self, out: Columns, on: Mask, flag: int) -> None:
        rows = slice(None) if on is None else on
        out.matrix[rows, self.field.places] = np.nan
        out.flags[rows, self.field.places] |= flag


def packed_step(node: Type, sink: PackedSink, over: Over) -> Over:
    """The step over a packed field of a type that the sink takes; `over` steps over an array of any shape."""
    if node.kind == "array":
        return _array(WIDTHS[node.branches[0].kind], sink, over)
    size = sink.field.count * sink.field.width

    def read(walk: Walk, out: Columns, on: Mask) -> None:
        if node.kind == "bytes":
            starts, sizes = walk.text(on)
        else:
            starts, sizes = walk.at, np.full(len(walk.at), size)
            walk.advance(size, on)
        whole = walk.faults == 0 if on is None else (walk.faults == 0) & on
        fits = whole & (sizes == size)
        sink.put(out, walk, starts, sink.field.width, fits)
        if (whole & ~fits).any():
            sink.wrong(out, walk, whole & ~fits)

    return read


def _array(width: int, sink: PackedSink, over: Over) -> Over:
    """Numbers in one block, as nearly every writer has them; arrays in other shapes row by row."""
    head = np.frombuffer(write_long(sink.field.count), np.uint8)
    size = len(head) + sink.field.count * width + len(END)

    def read(walk: Walk, out: Columns, on: Mask) -> None:
        begun = walk.at.copy()
        said = walk.every(f"V{len(head)}", len(head))[begun].view(np.uint8).reshape(-1, len(head))
        usual = (said == head).all(axis=1) & (begun + size <= walk.end)
        usual &= walk.bytes[np.where(usual, begun + size - len(END), 0)] == END[0]
        usual = usual if on is None else usual & on
        sink.put(out, walk, begun + len(head), width, usual)
        walk.at = np.where(usual, begun + size, begun)
        others = (walk.faults == 0) & ~usual if on is None else (walk.faults == 0) & ~usual & on
        if others.any():
            over(walk, out, others)
            sink.each(out, walk, begun, width, others & (walk.faults == 0))

    return read


def _numbers(data: bytes, at: int, width: int) -> NDArray[np.floating]:
    """The numbers of an array that was stepped over, and so is whole, in any number of blocks."""
    pieces: list[bytes] = []
    while True:
        count, at = read_long(data, at, len(data))
        if count == 0:
            return np.frombuffer(b"".join(pieces), f"<f{width}")
        if count < 0:
            _, at = read_long(data, at, len(data))
        end = at + abs(count) * width
        pieces.append(data[at:end])
        at = end
