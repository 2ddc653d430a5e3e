"""Entries as they lie in the waiting room, many at once: told apart, their parts read."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.labeler.core import MOST_LABELS
from services.labeler.entry import HEAD, KEY_IS_ID, LABEL, LABEL_BITS, NOTHING, NULL_KEY, SEAT, counts
from services.labeler.laid import Bools

HEADS = {kinds: counts(*kinds).to_bytes(2, "little") for kinds in ((0, 1), (1, 0), (1, 1))}
PLAIN = {kinds: HEAD.pack(counts(*kinds), KEY_IS_ID) for kinds in HEADS}
IS_ID, NO_KEY = (length.to_bytes(2, "little") for length in (KEY_IS_ID, NULL_KEY))
FIRST = HEAD.size
AFTER_SEAT, AFTER_LABEL = FIRST + SEAT.itemsize, FIRST + LABEL.itemsize
NOBODY = bytes(SEAT.itemsize)
BEYOND = bytes(max(AFTER_SEAT, AFTER_LABEL))
"""Stands after the last entry, so that whatever is read from where one begins is there."""


class Packed:
    """n entries in one buffer, b"" where nothing is known; what they say is read as columns (n,).

    `labels`: how many each has, of those that have a seat or are whole.
    """

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.entries = entries
        self._blob = b"".join((*entries, BEYOND))
        self._sizes = np.fromiter(map(len, entries), np.int64, len(entries))
        self._starts = np.cumsum(self._sizes) - self._sizes
        both, self._lengths = self._at(0, np.dtype("<u2")), self._at(2, np.dtype("<u2"))
        self._counts, self.labels = both, (both & MOST_LABELS).astype(np.int64)

    def _at(self, place: int, kind: np.dtype[Any]) -> NDArray[Any]:
        """What lies so many bytes after each entry's first."""
        shape = (len(self._blob) - kind.itemsize + 1,)
        lies = np.ndarray(shape, f"V{kind.itemsize}", self._blob, strides=(1,))
        found: NDArray[Any] = lies[self._starts + place].view(kind)
        return found

    def are_new(self) -> Bools:
        """Of which nothing is known."""
        return self._sizes < 1

    def are(self, seats: int, labels: int) -> Bools:
        """Which have so many of both, and all of their bytes."""
        size = FIRST + seats * SEAT.itemsize + labels * LABEL.itemsize
        found: Bools = (self._counts == counts(seats, labels)) & (self._sizes == size + self._key_sizes())
        return found

    def have_one_seat(self) -> Bools:
        """Which have one seat, labels or none, and all of their bytes."""
        size = AFTER_SEAT + self.labels * LABEL.itemsize + self._key_sizes()
        found: Bools = (self._counts >> LABEL_BITS == 1) & (self._sizes == size)
        return found

    def keep_no_key(self) -> Bools:
        """Whose key is the id, of those that are there."""
        found: Bools = self._lengths == KEY_IS_ID
        return found

    def _key_sizes(self) -> NDArray[np.int64]:
        return np.where(self._lengths < NULL_KEY, self._lengths, 0).astype(np.int64)

    def first(self, there: Bools, nothing: bytes, kind: np.dtype[Any]) -> NDArray[Any]:
        """What follows the head of each entry, where there is such a thing; it may be written to."""
        found = self._at(FIRST, kind)
        found[~there] = np.frombuffer(nothing, kind)
        return found


def no_labels(count: int) -> NDArray[Any]:
    """So many LABEL where there is none."""
    return np.frombuffer(NOTHING * count, LABEL)


def key_of(entry: bytes, one: bytes) -> bytes | None:
    """The key that a whole entry of one seat keeps for its event."""
    length = int.from_bytes(entry[2:4], "little")
    return one if length == KEY_IS_ID else None if length == NULL_KEY else entry[-length:] if length else b""


def key_with(entry: bytes, after: int, key: bytes | None, one: bytes) -> tuple[bytes, bytes]:
    """How an entry tells its key: as it did where it has one of its own, else by the row's."""
    if entry and entry[2:4] != IS_ID:
        return entry[2:4], entry[after:]
    if key == one:
        return IS_ID, b""
    return (NO_KEY, b"") if key is None else (len(key).to_bytes(2, "little"), key)
