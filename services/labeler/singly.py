"""The join of one row at a time: whatever may come, whatever is already there (decision 0012)."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from services.labeler.caused import Causing, Where
from services.labeler.core import MOST_LABELS, NO_LABEL, Entry, Label, Result, Seat, Terms, hear, hear_all
from services.labeler.entry import MOST_OUTCOMES
from services.labeler.overlay import Overlay
from services.labeler.slots import EXPIRES, LEAVES, Slots

ACCEPTED = ("matched", "late", "revised")
Published = Mapping[Hashable, tuple[int, bool]]
"""By whose outcome: the highest seq published, whether the status published with it was `expired`."""


class Singly:
    """Joins row by row over an overlay that knows their ids."""

    def __init__(self, overlay: Overlay, terms: Terms, slots: Slots, whose: Callable[[int], Hashable]) -> None:
        self._overlay, self._terms, self._slots, self._whose = overlay, terms, slots, whose

    def seat(self, where: Where, seat: Seat, reached: int, caused: Causing) -> None:
        """A prediction takes its seat, or is answered at once."""
        entry = self._overlay.entry(where.partition, where.id)
        whose = self._whose(seat.words)
        taken = next((one for one in entry.seats if self._whose(one.words) == whose), None)
        if taken is not None:
            if taken.offset != seat.offset:
                caused.add(where, replace(seat, status="duplicate", seq=-1))
            return
        if reached > self._terms.late_until(seat.time):
            caused.add(where, replace(seat, status="expired", seq=-1))
            return
        seat = hear_all(seat, entry.labels, self._terms)
        if seat.label != NO_LABEL:
            caused.add(where, seat, entry.labels[seat.label])
            seat = replace(seat, seq=1)
        self._keep(where, replace(entry, seats=(*entry.seats, seat)))
        if seat.status == "waiting":
            self._look_again(where.partition, EXPIRES, self._terms.deadline(seat.time), where.id)
        else:
            self._look_again(where.partition, LEAVES, self._terms.leaves(seat.time), where.id)

    def _keep(self, where: Where, entry: Entry) -> None:
        if not entry.has_own_key and where.key != where.id:
            entry = replace(entry, key=where.key, has_own_key=True)
        self._overlay.put(where.partition, where.id, entry)

    def _look_again(self, partition: int, kind: bytes, at: int, one: bytes) -> None:
        self._overlay.add(partition, (kind, self._slots.of(kind, at)), one)

    def hear(self, where: Where, label: Label, clock: int, caused: Causing) -> Result | None:
        """A label is heard: what it is to its event; None where that has no place for it."""
        entry = self._overlay.entry(where.partition, where.id)
        if any(one.says_as(label) for one in entry.labels):
            return "duplicate"
        if len(entry.labels) >= MOST_LABELS:
            return None
        if not entry.seats:
            until = self._terms.late_until(label.at)
            if until < clock:
                return "orphan"
            self._look_again(where.partition, LEAVES, until, where.id)
        entry = replace(entry, labels=(*entry.labels, label))
        if not entry.seats:
            self._keep(where, entry)
            return "early"
        seats, result = self._heard(where, entry, caused)
        self._keep(where, replace(entry, seats=seats))
        return result

    def _heard(self, where: Where, entry: Entry, caused: Causing) -> tuple[tuple[Seat, ...], Result]:
        """Every seat after it heard the last label, with the result of the first that took it, else of the first."""
        index, seats, results = len(entry.labels) - 1, [], []
        for before in entry.seats:
            seat, result = hear(before, entry.labels, index, self._terms)
            if seat.label != before.label:
                stood = None if before.label == NO_LABEL else entry.labels[before.label]
                caused.add(where, seat, entry.labels[index], stood)
                seat = replace(seat, seq=seat.seq + 1)
            seats.append(seat)
            results.append(result)
        return tuple(seats), next((result for result in results if result in ACCEPTED), results[0])

    def look_at(self, partition: int, one: bytes, clock: int, caused: Causing) -> int:
        """Time has come for an entry: it expires, leaves, or waits on; how many labels left as orphans."""
        entry = self._overlay.entry(partition, one)
        key = entry.key if entry.has_own_key else one
        entry = self._expire(Where(partition, one, key), entry, clock, caused)
        return self._leave(partition, one, entry, clock)

    def _expire(self, where: Where, entry: Entry, clock: int, caused: Causing) -> Entry:
        seats = []
        for seat in entry.seats:
            in_vain = seat.status == "waiting" and self._terms.deadline(seat.time) < clock
            kept = replace(seat, status="expired") if in_vain else seat
            if in_vain:
                caused.add(where, kept)
                kept = replace(kept, seq=kept.seq + 1)
            seats.append(kept)
        if tuple(seats) == entry.seats:
            return entry
        entry = replace(entry, seats=tuple(seats))
        self._overlay.put(where.partition, where.id, entry)
        return entry

    def _leave(self, partition: int, one: bytes, entry: Entry, clock: int) -> int:
        """Let an entry go when its time has come, else look again then; how many labels left as orphans."""
        if entry.seats:
            last = max(self._terms.leaves(seat.time) for seat in entry.seats)
            if last < clock:
                self._overlay.put(partition, one, None)
            else:
                self._look_again(partition, LEAVES, last, one)
            return 0
        stay = tuple(label for label in entry.labels if self._terms.late_until(label.at) >= clock)
        self._overlay.put(partition, one, replace(entry, labels=stay) if stay else None)
        return len(entry.labels) - len(stay)

    def guide(self, partition: int, one: bytes, outcomes: Published) -> None:
        """What was published of an entry says how far each seat's seq has come, and whether it expired."""
        entry = self._overlay.entry(partition, one)
        seats = tuple(self._guided(seat, outcomes) for seat in entry.seats)
        if seats != entry.seats:
            self._overlay.put(partition, one, replace(entry, seats=seats))

    def _guided(self, seat: Seat, outcomes: Published) -> Seat:
        said = outcomes.get(self._whose(seat.words))
        if said is None:
            return seat
        expired = seat.status == "waiting" and said[1]
        return replace(seat, seq=min(said[0] + 1, MOST_OUTCOMES), status="expired" if expired else seat.status)
