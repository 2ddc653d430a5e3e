"""Rows that need no look at any other row: what becomes of a whole batch of them is worked out at once.

A step says what `Joining` would do for its row one by one, to the byte; None leaves a row to it. Only common rows are
taken: an id that is there once, whose entry is empty, or one seat or one label.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.labeler.arrivals import Labels, Predictions
from services.labeler.core import NO_LABEL, RESULTS, Terms
from services.labeler.entry import CODES, HEAD, KEY_IS_ID, LABEL, NOTHING, NULL_KEY, SEAT, VERSION
from services.labeler.slots import EXPIRES, LEAVES, Slots

Step = tuple[bytes | None, tuple[bytes, int] | None, tuple[bytes, bytes] | None, int]
"""An entry's new bytes (None: as they are, b"" = it leaves), where to look again, outcome (SEAT, LABEL), result."""
Steps = list[Step | None]
Bools = NDArray[np.bool_]
Who = tuple[int, bytes]
"""A pair, an id in it."""

FAR = 1 << 60
"""Times beyond are left to whole numbers without bounds, µs."""
WAITING, MATCHED, LATE, EXPIRED = (CODES[one] for one in ("waiting", "matched", "matched_late", "expired"))
AS_MATCHED, AS_LATE, AS_EARLY, AS_ORPHAN = (RESULTS.index(one) for one in ("matched", "late", "early", "orphan"))
HEADS = {(seats, labels): HEAD.pack(VERSION, seats, labels, 0)[:-2] for seats in (0, 1) for labels in (0, 1)}
ONE_SEAT = HEADS[1, 0][:-1]
IS_ID, NO_KEY = (length.to_bytes(2, "little") for length in (KEY_IS_ID, NULL_KEY))
FIRST = HEAD.size
AFTER_SEAT, AFTER_LABEL = FIRST + SEAT.itemsize, FIRST + LABEL.itemsize
NOBODY = bytes(SEAT.itemsize)


class Simple:
    """Works out the simple rows of a batch under the given terms."""

    def __init__(self, terms: Terms, slots: Slots) -> None:
        self._horizon, self._late, self._leaves = terms.deadline(0), terms.late_until(0), terms.leaves(0)
        self._expiring, self._leaving = slots.width[EXPIRES], slots.width[LEAVES]

    def seated(self, rows: Predictions, known: Sequence[bytes]) -> Steps:
        """First predictions: of events of which nothing is known, or one label that is heard."""
        times, seats = rows.times, rows.seats_at_once()
        is_new = flags(known, lambda entry: not entry)
        has_label = flags(known, lambda entry: _is_whole(entry, 0, 1))
        labels = _stacked(known, has_label, NOTHING, LABEL)
        hears = has_label & self._takes(times, labels["at"], labels["reached"])
        good = alone(list(zip(rows.partitions.tolist(), rows.ids, strict=True))) & (is_new | hears) & _near(times)
        good &= rows.reached <= times + self._late
        seats["status"] = np.where(hears, self._statuses(times, labels["at"]), WAITING)
        seats["label"] = np.where(hears, 0, NO_LABEL)
        told = seats.tobytes()
        seats["seq"] = hears
        kept, slots = seats.tobytes(), (times + self._leaves) // self._leaving
        slots = np.where(hears, slots, (times + self._horizon) // self._expiring)
        steps: Steps = [None] * len(rows.ids)
        wide, heard, at = SEAT.itemsize, hears.tolist(), slots.tolist()
        for row in np.flatnonzero(good).tolist():
            own, entry = slice(row * wide, row * wide + wide), known[row]
            length, key = _key(entry, AFTER_LABEL, rows.keys[row], rows.ids[row])
            if heard[row]:
                label = entry[FIRST:AFTER_LABEL]
                packed = b"".join((HEADS[1, 1], length, kept[own], label, key))
                steps[row] = packed, (LEAVES, at[row]), (told[own], label), 0
            else:
                steps[row] = b"".join((HEADS[1, 0], length, kept[own], key)), (EXPIRES, at[row]), None, 0
        return steps

    def heard(self, rows: Labels, known: Sequence[bytes], clocks: NDArray[np.int64]) -> Steps:
        """First labels: of one seat that takes it, or of events of which nothing is known; `clocks` (n,), µs."""
        is_new = flags(known, lambda entry: not entry)
        has_seat = flags(known, lambda entry: _is_whole(entry, 1, 0))
        seats = _stacked(known, has_seat, NOBODY, SEAT)
        times, at, until = seats["time"], rows.at, rows.at + self._late
        hears = has_seat & _near(times) & _is_sound(seats, 0) & self._takes(times, at, rows.reached)
        good = alone(list(zip(rows.partitions.tolist(), rows.ids, strict=True))) & (is_new | hears) & _near(at)
        seats["status"], seats["label"] = self._statuses(times, at), 0
        told = seats.tobytes()
        seats["seq"] += 1
        kept, labels = seats.tobytes(), rows.labels_at_once().tobytes()
        first = np.where(at <= times + self._horizon, AS_MATCHED, AS_LATE)
        results = np.where(hears, first, np.where(until < clocks, AS_ORPHAN, AS_EARLY)).tolist()
        steps: Steps = [None] * len(rows.ids)
        slots = (until // self._leaving).tolist()
        for row in np.flatnonzero(good).tolist():
            own, result = slice(row * SEAT.itemsize, (row + 1) * SEAT.itemsize), results[row]
            label = labels[row * LABEL.itemsize : (row + 1) * LABEL.itemsize]
            length, key = _key(known[row], AFTER_SEAT, rows.keys[row], rows.ids[row])
            if result == AS_ORPHAN:
                steps[row] = None, None, None, result
            elif result == AS_EARLY:
                steps[row] = b"".join((HEADS[0, 1], length, label, key)), (LEAVES, slots[row]), None, result
            else:
                packed = b"".join((HEADS[1, 1], length, kept[own], label, key))
                steps[row] = packed, None, (told[own], label), result
        return steps

    def swept(self, rows: Sequence[Who], known: Sequence[bytes], clocks: NDArray[np.int64]) -> Steps:
        """Those of one seat whose time has come: they expire, leave, or are looked at again; those that have left.

        `clocks` (n,), µs.
        """
        has_seat = flags(known, _has_one_seat)
        seats = _stacked(known, has_seat, NOBODY, SEAT)
        labels = np.array([entry[3] if there else 0 for entry, there in zip(known, has_seat.tolist(), strict=True)])
        times = seats["time"]
        is_gone, is_alone = flags(known, lambda entry: not entry), alone(rows)
        good = is_alone & (is_gone | (has_seat & _near(times) & _is_sound(seats, labels)))
        in_vain = (has_seat & (seats["status"] == WAITING) & (times + self._horizon < clocks)).tolist()
        goes = (is_gone | (times + self._leaves < clocks)).tolist()
        slots = ((times + self._leaves) // self._leaving).tolist()
        seats["status"] = EXPIRED
        told = seats.tobytes()
        seats["seq"] += 1
        kept = seats.tobytes()
        steps: Steps = [None] * len(rows)
        for row in np.flatnonzero(good).tolist():
            own, entry = slice(row * SEAT.itemsize, (row + 1) * SEAT.itemsize), known[row]
            packed = entry[:FIRST] + kept[own] + entry[AFTER_SEAT:] if in_vain[row] else None
            outcome = (told[own], NOTHING) if in_vain[row] else None
            steps[row] = (b"", None, outcome, 0) if goes[row] else (packed, (LEAVES, slots[row]), outcome, 0)
        return steps

    def _takes(self, times: NDArray[Any], at: NDArray[Any], reached: NDArray[Any]) -> Bools:
        """Whether a seat that has no label takes this one, in time or late."""
        return (at >= times) & (at <= times + self._late) & (reached <= times + self._leaves)

    def _statuses(self, times: NDArray[Any], at: NDArray[Any]) -> NDArray[Any]:
        return np.where(at <= times + self._horizon, MATCHED, LATE)


def alone(rows: Sequence[Who]) -> Bools:
    """Which rows' event is of no other row, (n,)."""
    if len(set(rows)) == len(rows):
        return np.ones(len(rows), np.bool_)
    counts = Counter(rows)
    return np.fromiter((counts[row] == 1 for row in rows), np.bool_, len(rows))


def key_of(entry: bytes, one: bytes) -> bytes | None:
    """The key that a whole entry of one seat keeps for its event."""
    length = int.from_bytes(entry[4:6], "little")
    return one if length == KEY_IS_ID else None if length == NULL_KEY else entry[-length:] if length else b""


def flags(known: Sequence[bytes], holds: Callable[[bytes], bool]) -> Bools:
    """Of which entries it holds, (n,)."""
    return np.fromiter(map(holds, known), np.bool_, len(known))


def _is_whole(entry: bytes, seats: int, labels: int) -> bool:
    """Whether an entry has so many of both, and all of its bytes."""
    return entry[:4] == HEADS[seats, labels] and len(entry) == FIRST + seats * SEAT.itemsize + labels * (
        LABEL.itemsize
    ) + _key_size(entry)


def _has_one_seat(entry: bytes) -> bool:
    return (
        entry[:3] == ONE_SEAT
        and len(entry) >= AFTER_SEAT
        and len(entry) == AFTER_SEAT + (entry[3] * LABEL.itemsize + _key_size(entry))
    )


def _key_size(entry: bytes) -> int:
    length = int.from_bytes(entry[4:6], "little")
    return length if length < NULL_KEY else 0


def _key(entry: bytes, after: int, key: bytes | None, one: bytes) -> tuple[bytes, bytes]:
    """How an entry tells its key: as it did where it has one of its own, else by the row's."""
    if entry and entry[4:6] != IS_ID:
        return entry[4:6], entry[after:]
    if key == one:
        return IS_ID, b""
    return (NO_KEY, b"") if key is None else (len(key).to_bytes(2, "little"), key)


def _stacked(known: Sequence[bytes], there: Bools, nothing: bytes, kind: np.dtype[Any]) -> NDArray[Any]:
    """What follows the head of each entry, where there is such a thing; it may be written to."""
    last = FIRST + kind.itemsize
    parts = [entry[FIRST:last] if own else nothing for entry, own in zip(known, there.tolist(), strict=True)]
    return np.frombuffer(bytearray().join(parts), kind)


def _near(times: NDArray[Any]) -> Bools:
    return (times < FAR) & (times > -FAR)


def _is_sound(seats: NDArray[Any], labels: NDArray[Any] | int) -> Bools:
    """Whether a seat says a status there is, and a label that its entry has."""
    return (seats["status"] < len(CODES)) & (seats["label"] >= NO_LABEL) & (seats["label"] < labels)
