"""The open transaction's join: predictions take seats, labels are heard, time expires who waits (decision 0012)."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from services.labeler.arrivals import Labels, Predictions
from services.labeler.caused import TOO_MANY, Causing, Joined, Where
from services.labeler.core import RESULTS, Terms
from services.labeler.overlay import Changed, Overlay, Read
from services.labeler.room.room import Due
from services.labeler.simple import Simple, Step, key_of
from services.labeler.singly import Published, Singly
from services.labeler.slots import EXPIRES, LEAVES, Slots
from stream.watermark import NEVER

Dues = tuple[Sequence[Due], Sequence[Due]]
"""Who may have expired, who may leave."""


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
        caused, partitions = Causing(), rows.partitions.tolist()
        steps = self._simple.seated(rows, self._known(zip(partitions, rows.ids, strict=True)))
        hard = [row for row, step in enumerate(steps) if step is None]
        said = zip(rows.seats(hard), rows.reached[hard].tolist(), strict=True)
        for where, step in zip(map(Where, partitions, rows.ids, rows.keys), steps, strict=True):
            if step is None:
                self._singly.seat(where, *next(said), caused)
            else:
                self._do(where, step, caused)
        return caused.joined()

    def _known(self, rows: Iterable[tuple[int, bytes]]) -> list[bytes]:
        asked = list(rows)
        self._overlay.load(asked)
        return self._overlay.packed(asked)

    def _do(self, where: Where, step: Step, caused: Causing) -> int:
        """What was worked out at once."""
        entry, again, outcome, result = step
        if entry is not None:
            self._overlay.lay(where.partition, where.id, entry)
        if again is not None:
            self._overlay.add(where.partition, again, where.id)
        if outcome is not None:
            caused.add_packed(where, *outcome)
        return result

    def labels(self, rows: Labels, clocks: Mapping[int, int]) -> tuple[Joined, list[int]]:
        """Have labels heard: the outcomes, and each row's result, an index into RESULTS or TOO_MANY.

        `clocks`: how far time has come in each pair, µs.
        """
        caused, results, partitions = Causing(), [], rows.partitions.tolist()
        reached = np.array([clocks.get(one, NEVER) for one in partitions], np.int64)
        steps = self._simple.heard(rows, self._known(zip(partitions, rows.ids, strict=True)), reached)
        hard = [row for row, step in enumerate(steps) if step is None]
        said = zip(rows.labels(hard), reached[hard].tolist(), strict=True)
        for where, step in zip(map(Where, partitions, rows.ids, rows.keys), steps, strict=True):
            if step is None:
                result = self._singly.hear(where, *next(said), caused)
                results.append(TOO_MANY if result is None else RESULTS.index(result))
            else:
                results.append(self._do(where, step, caused))
        return caused.joined(), results

    def due_before(self, kind: bytes, clock: int) -> int:
        """Every slot of an index before this one is due at `clock`, µs."""
        return self._slots.before(kind, clock)

    def sweep(self, due: Mapping[int, Dues], clocks: Mapping[int, int]) -> tuple[Joined, int]:
        """Answer who waited in vain, let go of who may leave; also how many labels left as orphans.

        `due`: in each pair who may have expired, who may leave; `clocks`: how far time has come in it, µs. Who
        stands in several slots is looked at once: what the clock says of an entry it says at once.
        """
        caused, orphans = Causing(), 0
        rows = list(dict.fromkeys(self._dropped(due)))
        known, times = self._known(rows), np.array([clocks[pair] for pair, _ in rows], np.int64)
        steps = self._simple.swept(rows, known, times)
        for (pair, one), entry, step in zip(rows, known, steps, strict=True):
            if step is None:
                orphans += self._singly.look_at(pair, one, clocks[pair], caused)
            else:
                self._do(Where(pair, one, key_of(entry, one)), step, caused)
        return caused.joined(), orphans

    def _dropped(self, due: Mapping[int, Dues]) -> Iterator[tuple[int, bytes]]:
        """Takes them from the heads of their slots: (pair, id)."""
        for pair, both in due.items():
            for kind, some in zip((EXPIRES, LEAVES), both, strict=True):
                for one in some:
                    self._overlay.drop(pair, (kind, one.slot), len(one.ids))
                    yield from ((pair, name) for name in one.ids)

    def guide(self, partition: int, published: Mapping[bytes, Published]) -> None:
        """After a silent replay: what was published says how far each seat's seq has come, and whether it expired."""
        self._overlay.load((partition, one) for one in published)
        for one, outcomes in published.items():
            self._singly.guide(partition, one, outcomes)
