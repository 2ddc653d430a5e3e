"""Rows that need no look at any other row: what becomes of a whole batch of them is worked out at once.

A step says what `Joining` would do for its row one by one, to the byte; None leaves a row to it. Only common rows are
taken: an id that is there once, whose entry is empty, or one seat or one label.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.labeler.arrivals import Labels, Predictions
from services.labeler.core import NO_LABEL, RESULTS, Terms
from services.labeler.entry import CODES, LABEL, NOTHING, SEAT
from services.labeler.overlay import Who
from services.labeler.packed import (
    AFTER_LABEL,
    AFTER_SEAT,
    FIRST,
    HEADS,
    NOBODY,
    PLAIN,
    flags,
    has_id_as_key,
    has_one_seat,
    key_with,
    kinds,
    labels_of,
    rows_of,
    stacked,
)  # fmt: skip
from services.labeler.slots import EXPIRES, LEAVES, Slots

Step = tuple[bytes | None, tuple[bytes, int] | None, tuple[bytes, bytes] | None, int]
"""An entry's new bytes (None: as they are, b"" = it leaves), where to look again, outcome (SEAT, LABEL), result."""
Steps = list[Step | None]
Bools = NDArray[np.bool_]

FAR = 1 << 60
"""Times beyond are left to whole numbers without bounds, µs."""
WAITING, MATCHED, LATE, EXPIRED = (CODES[one] for one in ("waiting", "matched", "matched_late", "expired"))
AS_MATCHED, AS_LATE, AS_EARLY, AS_ORPHAN = (RESULTS.index(one) for one in ("matched", "late", "early", "orphan"))
GOES: Step = b"", None, None, 0


class Simple:
    """Works out the simple rows of a batch under the given terms."""

    def __init__(self, terms: Terms, slots: Slots) -> None:
        self._horizon, self._late, self._leaves = terms.deadline(0), terms.late_until(0), terms.leaves(0)
        self._expiring, self._leaving = slots.width[EXPIRES], slots.width[LEAVES]

    def seated(self, rows: Predictions, known: Sequence[bytes]) -> Steps:
        """First predictions: of events of which nothing is known, or one label that is heard."""
        times, seats = rows.times, rows.seats_at_once()
        is_new, has_label = kinds(known, 0, 1)
        labels = stacked(known, has_label, NOTHING, LABEL)
        hears = has_label & self._takes(times, labels["at"], labels["reached"])
        good = alone(rows.who()) & (is_new | hears) & _near(times) & (rows.reached <= times + self._late)
        seats["status"] = np.where(hears, self._statuses(times, labels["at"]), WAITING)
        seats["label"] = np.where(hears, 0, NO_LABEL)
        told = seats.tobytes()
        seats["seq"] = hears
        kept, slots = seats.tobytes(), (times + self._leaves) // self._leaving
        at = np.where(hears, slots, (times + self._horizon) // self._expiring).tolist()
        # The most common by far, all of them at once: nothing is known, the key is the id.
        expiring = zip(repeat(EXPIRES), at)
        steps: Steps = list(zip(rows_of(PLAIN[1, 0], seats), expiring, repeat(None), repeat(0)))
        wide, heard = SEAT.itemsize, hears.tolist()
        for row in np.flatnonzero(~(good & is_new & rows.own_keys())).tolist():
            own, entry = slice(row * wide, row * wide + wide), known[row]
            length, key = key_with(entry, AFTER_LABEL, rows.keys[row], rows.ids[row])
            if not good[row]:
                steps[row] = None
            elif heard[row]:
                label = entry[FIRST:AFTER_LABEL]
                packed = b"".join((HEADS[1, 1], length, kept[own], label, key))
                steps[row] = packed, (LEAVES, at[row]), (told[own], label), 0
            else:
                steps[row] = b"".join((HEADS[1, 0], length, kept[own], key)), (EXPIRES, at[row]), None, 0
        return steps

    def heard(self, rows: Labels, known: Sequence[bytes], clocks: NDArray[np.int64]) -> Steps:
        """First labels: of one seat that takes it, or of events of which nothing is known; `clocks` (n,), µs."""
        is_new, has_seat = kinds(known, 1, 0)
        seats = stacked(known, has_seat, NOBODY, SEAT)
        times, at, until = seats["time"], rows.at, rows.at + self._late
        hears = has_seat & _near(times) & _is_sound(seats, 0) & self._takes(times, at, rows.reached)
        good = alone(rows.who()) & (is_new | hears) & _near(at)
        seats["status"], seats["label"] = self._statuses(times, at), 0
        told = rows_of(b"", seats)
        seats["seq"] += 1
        said = rows.labels_at_once()
        kept, labels = rows_of(b"", seats), rows_of(b"", said)
        first = np.where(at <= times + self._horizon, AS_MATCHED, AS_LATE)
        results = np.where(hears, first, np.where(until < clocks, AS_ORPHAN, AS_EARLY)).tolist()
        slots = (until // self._leaving).tolist()
        # The most common, all of them at once: a seat takes it, the key is the id.
        plain = good & hears & rows.own_keys() & flags(known, has_id_as_key)
        both = rows_of(PLAIN[1, 1], seats, said)
        steps: Steps = list(zip(both, repeat(None), zip(told, labels, strict=True), results))
        for row in np.flatnonzero(~plain).tolist():
            result, label = results[row], labels[row]
            length, key = key_with(known[row], AFTER_SEAT, rows.keys[row], rows.ids[row])
            if not good[row]:
                steps[row] = None
            elif result == AS_ORPHAN:
                steps[row] = None, None, None, result
            elif result == AS_EARLY:
                steps[row] = b"".join((HEADS[0, 1], length, label, key)), (LEAVES, slots[row]), None, result
            else:
                packed = b"".join((HEADS[1, 1], length, kept[row], label, key))
                steps[row] = packed, None, (told[row], label), result
        return steps

    def swept(self, rows: Sequence[Who], known: Sequence[bytes], clocks: NDArray[np.int64]) -> Steps:
        """Those of one seat whose time has come: they expire, leave, or are looked at again; those that have left.

        `clocks` (n,), µs.
        """
        has_seat = flags(known, has_one_seat)
        seats = stacked(known, has_seat, NOBODY, SEAT)
        labels = np.fromiter(map(labels_of, known), np.int64, len(known))
        times = seats["time"]
        is_gone, is_alone = flags(known, lambda entry: not entry), alone(rows)
        good = is_alone & (is_gone | (has_seat & _near(times) & _is_sound(seats, labels)))
        in_vain = has_seat & (seats["status"] == WAITING) & (times + self._horizon < clocks)
        goes = (is_gone | (times + self._leaves < clocks)).tolist()
        slots = ((times + self._leaves) // self._leaving).tolist()
        again = [GOES if gone else (None, (LEAVES, slot), None, 0) for gone, slot in zip(goes, slots, strict=True)]
        steps: Steps = [step if own else None for step, own in zip(again, good.tolist(), strict=True)]
        seats["status"] = EXPIRED
        told = seats.tobytes()
        seats["seq"] += 1
        kept = seats.tobytes()
        for row in np.flatnonzero(good & in_vain).tolist():
            own, entry = slice(row * SEAT.itemsize, (row + 1) * SEAT.itemsize), known[row]
            packed, outcome = entry[:FIRST] + kept[own] + entry[AFTER_SEAT:], (told[own], NOTHING)
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


def left(steps: Steps) -> list[int]:
    """The rows that are left to be looked at one by one."""
    return [row for row, step in enumerate(steps) if step is None]


def _near(times: NDArray[Any]) -> Bools:
    return (times < FAR) & (times > -FAR)


def _is_sound(seats: NDArray[Any], labels: NDArray[Any] | int) -> Bools:
    """Whether a seat says a status there is, and a label that its entry has."""
    return (seats["status"] < len(CODES)) & (seats["label"] >= NO_LABEL) & (seats["label"] < labels)
