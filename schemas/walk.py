"""The walk: one position per row in a shared buffer, moved over Avro primitives for all rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.columns import fault

PAD = 1024
"""Spare zero bytes after the last body: a gather of at most this much, from inside any row, stays inside."""

Mask = NDArray[np.bool_] | None
"""The rows that take part; None is all of them."""
Longs = NDArray[np.int64]

TRUNCATED = fault("truncated")
BAD_VALUE = fault("bad_value")
TOO_LARGE = fault("too_large")
WORD = 8
CONTINUED = 0x80
ZIGZAG = np.array([(raw >> 1) ^ -(raw & 1) for raw in range(1 << 14)], dtype=np.int64)
"""What varints of one and two bytes mean."""
INT_LIMIT = 1 << 31
MORE = np.uint64(0x8080808080808080)
ONE = np.uint64(1)
LOW_SEVEN = np.uint64(0x7F)
SQUEEZE = (
    (np.uint64(0x7F007F007F007F00), np.uint64(0x007F007F007F007F), np.uint64(1)),
    (np.uint64(0x3FFF00003FFF0000), np.uint64(0x00003FFF00003FFF), np.uint64(2)),
    (np.uint64(0x0FFFFFFF00000000), np.uint64(0x000000000FFFFFFF), np.uint64(4)),
)


@dataclass
class Bodies:
    """A batch's bytes: `data` is every body joined and padded; row i stands at [starts[i], ends[i])."""

    data: bytes
    starts: Longs
    ends: Longs

    def take(self, rows: NDArray[np.int64]) -> "Bodies":
        """The bodies at `rows`, over the same bytes."""
        return Bodies(self.data, self.starts[rows], self.ends[rows])


def join_bodies(bodies: Sequence[bytes]) -> Bodies:
    """Lay `bodies` end to end, with the padding that a walk needs."""
    ends = np.cumsum(np.fromiter(map(len, bodies), dtype=np.int64, count=len(bodies)))
    starts = np.concatenate((np.zeros(min(len(ends), 1), dtype=np.int64), ends[:-1]))
    return Bodies(b"".join([*bodies, bytes(PAD)]), starts, ends)


class Walk:
    """Positions `at` of n rows; after every step `at <= end`, so no gather leaves the padded buffer.

    A row that breaks is marked once in `faults` and parked at its end; what it reads on does not matter.
    """

    def __init__(self, bodies: Bodies, skip: int = 0) -> None:
        self.data = bodies.data
        self.bytes = np.frombuffer(bodies.data, dtype=np.uint8)
        self.end = bodies.ends
        self.at: Longs = np.minimum(bodies.starts + skip, bodies.ends)
        self.faults: NDArray[np.int16] = np.zeros(len(bodies.ends), dtype=np.int16)
        self.paid: dict[int, int] = {}  # items that a row had stepped over one by one, where it has any
        self.words = self.every("<u8", WORD).astype(np.uint64, copy=False)

    def every(self, dtype: str, width: int) -> NDArray[np.generic]:
        """The buffer seen as items of `dtype`, one starting at every byte."""
        return np.ndarray((len(self.bytes) - width + 1,), dtype=dtype, buffer=self.data, strides=(1,))

    def fail(self, bad: NDArray[np.bool_], why: int, on: Mask = None) -> None:
        """Mark the `bad` rows among `on` with fault `why`, unless they broke before, and park them."""
        if not bad.any():
            return
        bad = bad if on is None else bad & on
        self.faults[bad & (self.faults == 0)] = why
        np.copyto(self.at, self.end, where=bad)

    def advance(self, width: Longs | int, on: Mask) -> None:
        """Move the rows of `on` by `width` bytes; past the end is truncated."""
        self.at = self.at + (width if on is None else width * on)
        self.fail(self.at > self.end, TRUNCATED)

    def gather(self, width: int, on: Mask) -> NDArray[np.uint8]:
        """Take the next `width` bytes of every row, as (n, width)."""
        taken = self.every(f"V{width}", width)[self.at].view(np.uint8).reshape(-1, width)
        self.advance(width, on)
        return taken

    def number(self, dtype: str, on: Mask) -> NDArray[np.float64]:
        """Read a float ('<f4') or double ('<f8') as float64."""
        width = int(dtype[-1])
        taken = self.every(dtype, width)[self.at].astype(np.float64)
        self.advance(width, on)
        return taken

    def boolean(self, on: Mask) -> NDArray[np.uint8]:
        """Read a boolean as 0 or 1; any other byte is a bad value."""
        taken = self.bytes[self.at]
        self.advance(1, on)
        self.fail(taken > 1, BAD_VALUE, on)
        return taken

    def long(self, on: Mask) -> Longs:
        """Read a zigzag varint; over ten bytes or 64 bits is a bad value."""
        first = self.bytes[self.at]
        more = first >= CONTINUED
        if not more.any():
            self.advance(1, on)
            return ZIGZAG[first]
        second = self.bytes[self.at + 1]
        if not (more & (second >= CONTINUED)).any():
            self.advance(more + np.int64(1), on)
            return ZIGZAG[np.where(more, first - np.uint16(CONTINUED) + (second.astype(np.uint16) << 7), first)]
        return self._long_word(on)

    def _long_word(self, on: Mask) -> Longs:
        """Read varints of any length: eight bytes of every row at once, the rare longer ones afterwards."""
        word = self.words[self.at]
        ends = ~word & MORE
        low = ends & (~ends + ONE)
        size = (np.bitwise_count(low - ONE) >> 3).astype(np.int64) + 1
        raw = _squeeze(word & (low | (low - ONE)))
        if not ends.all():
            self._long_tail(np.flatnonzero(ends == 0), raw, size)
        self.advance(np.maximum(size, 0), on)
        self.fail(size < 0, BAD_VALUE, on)
        return (raw >> ONE).astype(np.int64) ^ -(raw & ONE).astype(np.int64)

    def _long_tail(self, rows: NDArray[np.int64], raw: NDArray[np.uint64], size: Longs) -> None:
        """Finish the varints that did not end in eight bytes; size -1 is one without an end."""
        at = self.at[rows]
        ninth, tenth = self.bytes[at + WORD].astype(np.uint64), self.bytes[at + WORD + 1].astype(np.uint64)
        more = ninth > LOW_SEVEN
        raw[rows] |= (ninth & LOW_SEVEN) << np.uint64(56) | np.where(more, tenth & ONE, 0) << np.uint64(63)
        whole = np.where(more, WORD + 2, WORD + 1)
        inside = at + whole <= self.end[rows]
        size[rows] = np.where(more & (tenth > 1) & inside, -1, whole)

    def short(self, on: Mask) -> Longs:
        """Read a varint that must fit 32 bits."""
        value = self.long(on)
        self.fail((value < -INT_LIMIT) | (value >= INT_LIMIT), BAD_VALUE, on)
        return value

    def index(self, count: int, on: Mask) -> Longs:
        """Read the index of a union's branch or an enum's symbol; one outside [0, count) is a bad value."""
        value = self.long(on)
        self.fail((value < 0) | (value >= count), BAD_VALUE, on)
        return value

    def text(self, on: Mask) -> tuple[Longs, Longs]:
        """Read a length-prefixed string or bytes: where each begins, how long it is (0 in a broken row)."""
        size = self.long(on)
        self.fail(size < 0, BAD_VALUE, on)
        self.fail(size > self.end - self.at, TRUNCATED, on)
        start = self.at
        size = np.where(self.faults == 0, size, 0) if self.faults.any() else size
        size = size if on is None else size * on
        self.at = start + size
        return start, size


def _squeeze(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Close the gaps that continuation bits leave between groups of seven bits."""
    word = word & ~MORE
    for high, low, shift in SQUEEZE:
        word = (word & low) | ((word & high) >> shift)
    return word
