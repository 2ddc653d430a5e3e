"""Entries as they lie in the waiting room, many at once: told apart, their parts read, whole ones written."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.labeler.core import MOST_LABELS
from services.labeler.entry import HEAD, KEY_IS_ID, LABEL, LABEL_BITS, NULL_KEY, SEAT, counts

HEADS = {kinds: counts(*kinds).to_bytes(2, "little") for kinds in ((0, 0), (0, 1), (1, 0), (1, 1))}
PLAIN = {kinds: HEAD.pack(counts(*kinds), KEY_IS_ID) for kinds in HEADS}
IS_ID, NO_KEY = (length.to_bytes(2, "little") for length in (KEY_IS_ID, NULL_KEY))
FIRST = HEAD.size
AFTER_SEAT, AFTER_LABEL = FIRST + SEAT.itemsize, FIRST + LABEL.itemsize
NOBODY = bytes(SEAT.itemsize)


def key_of(entry: bytes, one: bytes) -> bytes | None:
    """The key that a whole entry of one seat keeps for its event."""
    length = _key_length(entry)
    return one if length == KEY_IS_ID else None if length == NULL_KEY else entry[-length:] if length else b""


def flags(known: Sequence[bytes], holds: Callable[[bytes], bool]) -> NDArray[np.bool_]:
    """Of which entries it holds, (n,)."""
    return np.fromiter(map(holds, known), np.bool_, len(known))


def kinds(known: Sequence[bytes], seats: int, labels: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of which entries nothing is known, which have so many of both and all of their bytes, (n,)."""
    plain, size = PLAIN[seats, labels], FIRST + seats * SEAT.itemsize + labels * LABEL.itemsize

    def is_whole(entry: bytes) -> bool:
        return (len(entry) == size and entry.startswith(plain)) or (
            entry[:2] == HEADS[seats, labels] and len(entry) == size + _key_size(entry)
        )

    return flags(known, lambda entry: not entry), flags(known, lambda entry: bool(entry) and is_whole(entry))


def has_one_seat(entry: bytes) -> bool:
    """Whether an entry has one seat, labels or none, and all of its bytes."""
    return (
        len(entry) >= AFTER_SEAT
        and int.from_bytes(entry[:2], "little") >> LABEL_BITS == 1
        and len(entry) == AFTER_SEAT + (labels_of(entry) * LABEL.itemsize + _key_size(entry))
    )


def labels_of(entry: bytes) -> int:
    """How many labels an entry has."""
    return entry[0] & MOST_LABELS if entry else 0


def has_id_as_key(entry: bytes) -> bool:
    """Whether an entry keeps no key, for it is the id."""
    return entry[2:4] == IS_ID


def rows_of(head: bytes, *columns: NDArray[Any]) -> list[bytes]:
    """Each row's columns as bytes, the same head before them."""
    kinds = [(f"f{place}", column.dtype) for place, column in enumerate(columns)]
    laid = np.empty(len(columns[0]), np.dtype([("head", f"V{len(head)}"), *kinds] if head else kinds))
    if head:
        laid["head"] = np.void(head)
    for (name, _), column in zip(kinds, columns, strict=True):
        laid[name] = column
    said: list[bytes] = laid.view(f"V{laid.dtype.itemsize}").tolist()
    return said


def _key_length(entry: bytes) -> int:
    return int.from_bytes(entry[2:4], "little")


def _key_size(entry: bytes) -> int:
    length = _key_length(entry)
    return length if length < NULL_KEY else 0


def key_with(entry: bytes, after: int, key: bytes | None, one: bytes) -> tuple[bytes, bytes]:
    """How an entry tells its key: as it did where it has one of its own, else by the row's."""
    if entry and not has_id_as_key(entry):
        return entry[2:4], entry[after:]
    if key == one:
        return IS_ID, b""
    return (NO_KEY, b"") if key is None else (len(key).to_bytes(2, "little"), key)


def stacked(known: Sequence[bytes], there: NDArray[np.bool_], nothing: bytes, kind: np.dtype[Any]) -> NDArray[Any]:
    """What follows the head of each entry, where there is such a thing; it may be written to."""
    last = FIRST + kind.itemsize
    parts = [entry[FIRST:last] if own else nothing for entry, own in zip(known, there.tolist(), strict=True)]
    return np.frombuffer(bytearray().join(parts), kind)
