"""Rows that need no look at any other row: what becomes of a whole batch of them is worked out at once.

What is worked out is what `Joining` would do row by row, to the byte. Only common rows are taken: an event that is
there once, whose entry is empty, or one seat or one label; the others are left to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.labeler import laid
from services.labeler.arrivals import Events, Labels, Predictions
from services.labeler.core import NO_LABEL, RESULTS, Terms
from services.labeler.entry import CODES, LABEL, NOTHING, SEAT
from services.labeler.laid import Bools, Laid
from services.labeler.overlay import Slot
from services.labeler.packed import AFTER_LABEL, AFTER_SEAT, FIRST, HEADS, NOBODY, PLAIN, Packed, key_with, no_labels
from services.labeler.slots import EXPIRES, LEAVES, Slots

FAR = 1 << 60
"""Times beyond are left to whole numbers without bounds, µs."""
WAITING, MATCHED, LATE, EXPIRED = (CODES[one] for one in ("waiting", "matched", "matched_late", "expired"))
AS_MATCHED, AS_LATE, AS_EARLY, AS_ORPHAN = (RESULTS.index(one) for one in ("matched", "late", "early", "orphan"))


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What becomes of n rows, of each that is `taken` (n,).

    `entries`: its new bytes (None: as they are, b"" = it leaves); `slots`: where to look again; `answered` (n,) whether
    it has an outcome, the `seats` SEAT, `labels` LABEL (n,) of that; `results` indices into RESULTS.
    """

    taken: Bools
    entries: Sequence[bytes | None]
    slots: Sequence[Slot | None]
    answered: Bools
    seats: Laid
    labels: Laid
    results: list[int]

    def left(self) -> NDArray[np.int64]:
        """The rows that are left to be looked at one by one, rising."""
        return np.flatnonzero(~self.taken)


class Simple:
    """Works out the simple rows of a batch under the given terms."""

    def __init__(self, terms: Terms, slots: Slots) -> None:
        self._horizon, self._late, self._leaves = terms.deadline(0), terms.late_until(0), terms.leaves(0)
        self._expiring, self._leaving = slots.width[EXPIRES], slots.width[LEAVES]

    def seated(self, rows: Predictions, known: Packed) -> Steps:
        """First predictions: of events of which nothing is known, or one label that is heard."""
        times, seats = rows.times, rows.seats_at_once()
        is_new, has_label = known.are_new(), known.are(0, 1)
        labels = known.first(has_label, NOTHING, LABEL)
        hears = has_label & self._takes(times, labels["at"], labels["reached"])
        good = rows.are_alone() & (is_new | hears) & _near(times) & (rows.reached <= times + self._late)
        seats["status"] = np.where(hears, self._statuses(times, labels["at"]), WAITING)
        seats["label"] = np.where(hears, 0, NO_LABEL)
        told = laid.copied(seats)
        seats["seq"] = hears
        at = np.where(hears, (times + self._leaves) // self._leaving, (times + self._horizon) // self._expiring)
        slots = [(LEAVES if early else EXPIRES, slot) for early, slot in zip(hears.tolist(), at.tolist(), strict=True)]
        # The most common, all of them at once: the key is the id.
        plain = rows.own_keys() & (is_new | known.keep_no_key())
        entries: list[bytes | None] = [*laid.each(PLAIN[1, 0], seats)]
        _lay(entries, plain & hears, PLAIN[1, 1], seats, labels)
        for row in np.flatnonzero(good & ~plain).tolist():
            entry, seat = known.entries[row], seats[row].tobytes()
            length, key = key_with(entry, AFTER_LABEL, rows.keys[row], rows.ids[row])
            if hears[row]:
                entries[row] = b"".join((HEADS[1, 1], length, seat, entry[FIRST:AFTER_LABEL], key))
            else:
                entries[row] = b"".join((HEADS[1, 0], length, seat, key))
        return Steps(
            taken=good,
            entries=entries,
            slots=slots,
            answered=hears,
            seats=told,
            labels=labels,
            results=[0] * len(entries),
        )

    def heard(self, rows: Labels, known: Packed, clocks: NDArray[np.int64]) -> Steps:
        """First labels: of one seat that takes it, or of events of which nothing is known; `clocks` (n,), µs."""
        is_new, has_seat = known.are_new(), known.are(1, 0)
        seats = known.first(has_seat, NOBODY, SEAT)
        times, at, until = seats["time"], rows.at, rows.at + self._late
        hears = has_seat & _near(times) & _is_sound(seats, 0) & self._takes(times, at, rows.reached)
        good = rows.are_alone() & (is_new | hears) & _near(at)
        seats["status"], seats["label"] = self._statuses(times, at), 0
        told, labels = laid.copied(seats), rows.labels_at_once()
        seats["seq"] += 1
        first = np.where(at <= times + self._horizon, AS_MATCHED, AS_LATE)
        results = np.where(hears, first, np.where(until < clocks, AS_ORPHAN, AS_EARLY))
        early, is_orphan, again = results == AS_EARLY, results == AS_ORPHAN, (until // self._leaving).tolist()
        slots = [(LEAVES, slot) if waits else None for waits, slot in zip(early.tolist(), again, strict=True)]
        # The most common, all of them at once: the key is the id.
        plain = rows.own_keys() & (is_new | known.keep_no_key())
        entries: list[bytes | None] = [*laid.each(PLAIN[1, 1], seats, labels)]
        _lay(entries, plain & early, PLAIN[0, 1], labels)
        for row in np.flatnonzero(is_orphan).tolist():
            entries[row] = None
        for row in np.flatnonzero(good & ~plain & ~is_orphan).tolist():
            label = labels[row].tobytes()
            length, key = key_with(known.entries[row], AFTER_SEAT, rows.keys[row], rows.ids[row])
            if early[row]:
                entries[row] = b"".join((HEADS[0, 1], length, label, key))
            else:
                entries[row] = b"".join((HEADS[1, 1], length, seats[row].tobytes(), label, key))
        return Steps(
            taken=good,
            entries=entries,
            slots=slots,
            answered=hears,
            seats=told,
            labels=labels,
            results=results.tolist(),
        )

    def swept(self, rows: Events, known: Packed, clocks: NDArray[np.int64]) -> Steps:
        """Those of one seat whose time has come: they expire, leave, or are looked at again; those that have left.

        `clocks` (n,), µs.
        """
        is_gone, has_seat = known.are_new(), known.have_one_seat()
        seats = known.first(has_seat, NOBODY, SEAT)
        times = seats["time"]
        good = rows.are_alone() & (is_gone | (has_seat & _near(times) & _is_sound(seats, known.labels)))
        in_vain = has_seat & (seats["status"] == WAITING) & (times + self._horizon < clocks)
        goes = is_gone | (times + self._leaves < clocks)
        again = ((times + self._leaves) // self._leaving).tolist()
        leave = goes.tolist()
        entries = [b"" if gone else None for gone in leave]
        slots = [None if gone else (LEAVES, slot) for gone, slot in zip(leave, again, strict=True)]
        seats["status"] = EXPIRED
        told = laid.copied(seats)
        seats["seq"] += 1
        for row in np.flatnonzero(good & in_vain & ~goes).tolist():
            entry = known.entries[row]
            entries[row] = entry[:FIRST] + seats[row].tobytes() + entry[AFTER_SEAT:]
        return Steps(
            taken=good,
            entries=entries,
            slots=slots,
            answered=in_vain,
            seats=told,
            labels=no_labels(len(leave)),
            results=[0] * len(leave),
        )

    def _takes(self, times: NDArray[Any], at: NDArray[Any], reached: NDArray[Any]) -> Bools:
        """Whether a seat that has no label takes this one, in time or late."""
        return (at >= times) & (at <= times + self._late) & (reached <= times + self._leaves)

    def _statuses(self, times: NDArray[Any], at: NDArray[Any]) -> NDArray[Any]:
        return np.where(at <= times + self._horizon, MATCHED, LATE)


def _lay(entries: list[bytes | None], where: Bools, head: bytes, *columns: Laid) -> None:
    """Where it holds, entries are their rows' columns with this head."""
    rows = np.flatnonzero(where)
    said = laid.each(head, *(laid.picked(column, rows) for column in columns))
    for row, entry in zip(rows.tolist(), said, strict=True):
        entries[row] = entry


def _near(times: NDArray[Any]) -> Bools:
    return (times < FAR) & (times > -FAR)


def _is_sound(seats: NDArray[Any], labels: NDArray[Any] | int) -> Bools:
    """Whether a seat says a status there is, and a label that its entry has."""
    return (seats["status"] < len(CODES)) & (seats["label"] >= NO_LABEL) & (seats["label"] < labels)
