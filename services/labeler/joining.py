"""The open transaction's join: predictions take seats, labels are heard, time expires who waits (decision 0012)."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from services.labeler import laid
from services.labeler.arrivals import Events, Labels, Predictions
from services.labeler.caused import TOO_MANY, Causing, Joined, Where
from services.labeler.core import RESULTS, Terms
from services.labeler.overlay import Changed, Overlay, Read
from services.labeler.packed import Packed, key_of, no_labels
from services.labeler.room.room import Due
from services.labeler.simple import Simple, Steps
from services.labeler.singly import Published, Singly
from services.labeler.slots import EXPIRES, LEAVES, Slots

Dues = tuple[Sequence[Due], Sequence[Due]]
"""Who may have expired, who may leave."""
Key = Callable[[int], bytes | None]
"""The key of a row's event."""


class Joining:
    """Joins over what `read` finds in the waiting room; what it changes stays here until the commit.

    `whose` says of a word set's name whose predictions it names: of one (version, arm) an event has one seat, though
    its bundle was built again meanwhile. `simple` works out what can be told of a whole batch at once.
    """

    def __init__(
        self,
        read: Read,
        terms: Terms,
        *,
        whose: Callable[[int], Hashable] = lambda name: name,
        simple: type[Simple] = Simple,
    ) -> None:
        self._overlay, self._slots = Overlay(read), Slots(terms)
        self._simple = simple(terms, self._slots)
        self._singly = Singly(self._overlay, terms, self._slots, whose)

    def forget(self) -> None:
        """The transaction was committed and written, or never was."""
        self._overlay.forget()

    def changes(self) -> Mapping[int, Changed]:
        """What is to be written once the transaction is committed, a partition."""
        return self._overlay.changes()

    def predictions(self, rows: Predictions) -> Joined:
        """Seat predictions; outcomes of those that are repeated, too old, or whose label came before them."""
        caused = Causing()
        steps = self._simple.seated(rows, self._known(rows))
        hard = steps.left()
        said = iter(zip(rows.seats(hard), rows.reached[hard].tolist(), strict=True))

        def seat(row: int) -> int:
            self._singly.seat(_where(rows, row, rows.keys[row]), *next(said), caused)
            return 0

        return self._all(rows, rows.keys.__getitem__, steps, caused, seat)[0]

    def _known(self, rows: Events) -> Packed:
        return Packed(self._overlay.load(rows.by_partition()))

    def _all(
        self, rows: Events, key: Key, steps: Steps, caused: Causing, singly: Callable[[int], int]
    ) -> tuple[Joined, list[int]]:
        """Row after row in their order: what was worked out at once, the others `singly`; each one's result too."""
        results = [*steps.results]
        for partition, first, end in rows.stretches(steps.left()):
            if steps.taken[first]:
                some = slice(first, end)
                self._overlay.follow(partition, rows.ids[some], steps.entries[some], steps.slots[some])
            else:
                caused.row = first
                results[first] = singly(first)
        told = np.flatnonzero(steps.taken & steps.answered)
        return caused.among(_answers(rows, key, steps, told), told), results

    def labels(self, rows: Labels, clocks: Mapping[int, int]) -> tuple[Joined, list[int]]:
        """Have labels heard: the outcomes, and each row's result, an index into RESULTS or TOO_MANY.

        `clocks`: how far time has come in each pair, µs.
        """
        caused, reached = Causing(), rows.each(clocks)
        steps = self._simple.heard(rows, self._known(rows), reached)
        hard = steps.left()
        said = iter(zip(rows.labels(hard), reached[hard].tolist(), strict=True))

        def hear(row: int) -> int:
            result = self._singly.hear(_where(rows, row, rows.keys[row]), *next(said), caused)
            return TOO_MANY if result is None else RESULTS.index(result)

        return self._all(rows, rows.keys.__getitem__, steps, caused, hear)

    def due_before(self, kind: bytes, clock: int) -> int:
        """Every slot of an index before this one is due at `clock`, µs."""
        return self._slots.before(kind, clock)

    def sweep(self, due: Mapping[int, Dues], clocks: Mapping[int, int]) -> tuple[Joined, int]:
        """Answer who waited in vain, let go of who may leave; also how many labels left as orphans.

        `due`: in each pair who may have expired, who may leave; `clocks`: how far time has come in it, µs. Who
        stands in several slots is looked at once: what the clock says of an entry it says at once.
        """
        caused, rows = Causing(), self._dropped(due)
        known = self._known(rows)
        steps = self._simple.swept(rows, known, rows.each(clocks))

        def look_at(row: int) -> int:
            pair = int(rows.partitions[row])
            return self._singly.look_at(pair, rows.ids[row], clocks[pair], caused)

        joined, orphans = self._all(rows, lambda row: key_of(known.entries[row], rows.ids[row]), steps, caused, look_at)
        return joined, sum(orphans)

    def _dropped(self, due: Mapping[int, Dues]) -> Events:
        """Takes them from the heads of their slots: who they are, each once."""
        found = {}
        for pair, both in due.items():
            ids = found[pair] = dict[bytes, None]()
            for kind, some in zip((EXPIRES, LEAVES), both, strict=True):
                for one in some:
                    self._overlay.drop(pair, (kind, one.slot), len(one.ids))
                    ids.update(dict.fromkeys(one.ids))
        counts = np.array([len(ids) for ids in found.values()], np.int64)
        partitions = np.repeat(np.array(list(found), np.int32), counts)
        return Events(ids=list(chain.from_iterable(found.values())), partitions=partitions)

    def guide(self, partition: int, published: Mapping[bytes, Published]) -> None:
        """After a silent replay: what was published says how far each seat's seq has come, and whether it expired."""
        self._overlay.load([(partition, list(published))])
        for one, outcomes in published.items():
            self._singly.guide(partition, one, outcomes)


def _where(rows: Events, row: int, key: bytes | None) -> Where:
    return Where(int(rows.partitions[row]), rows.ids[row], key)


def _answers(rows: Events, key: Key, steps: Steps, told: NDArray[np.int64]) -> Joined:
    """The outcomes of the rows at `told` (m,)."""
    which = told.tolist()
    return Joined(
        ids=[rows.ids[row] for row in which],
        keys=list(map(key, which)),
        partitions=rows.partitions[told].astype(np.int32),
        seats=laid.picked(steps.seats, told),
        labels=laid.picked(steps.labels, told),
        before=no_labels(len(which)),
    )
