"""The open transaction's join: predictions take seats, labels are heard, time expires who waits (decision 0012)."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

import numpy as np

from services.labeler.arrivals import Labels, Predictions
from services.labeler.caused import TOO_MANY, Causing, Joined, Where
from services.labeler.core import RESULTS, Terms
from services.labeler.overlay import Changed, Overlay, Read, Who
from services.labeler.packed import key_of
from services.labeler.room.room import Due
from services.labeler.simple import Simple, Steps, left
from services.labeler.singly import Published, Singly
from services.labeler.slots import EXPIRES, LEAVES, Slots
from stream.watermark import NEVER

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
        caused, who = Causing(), rows.who()
        steps = self._simple.seated(rows, self._known(who))
        hard = left(steps)
        said = iter(zip(rows.seats(hard), rows.reached[hard].tolist(), strict=True))

        def seat(row: int) -> int:
            self._singly.seat(Where(*who[row], rows.keys[row]), *next(said), caused)
            return 0

        self._all(who, rows.keys.__getitem__, steps, caused, seat)
        return caused.joined()

    def _known(self, rows: Sequence[Who]) -> list[bytes]:
        self._overlay.load(rows)
        return self._overlay.packed(rows)

    def _all(
        self, who: Sequence[Who], key: Key, steps: Steps, caused: Causing, singly: Callable[[int], int]
    ) -> list[int]:
        """Row after row in their order: what was worked out at once, the others `singly`; the result of each."""
        results, begin = list[int](), 0
        for row in [*left(steps), len(steps)]:
            some = [step for step in steps[begin:row] if step is not None]
            self._overlay.follow(who[begin:row], [step[0] for step in some], [step[1] for step in some])
            for at, step in enumerate(some, begin):
                if step[2] is not None:
                    caused.add_packed(Where(*who[at], key(at)), *step[2])
            results += [step[3] for step in some]
            results += [singly(row)] if row < len(steps) else []
            begin = row + 1
        return results

    def labels(self, rows: Labels, clocks: Mapping[int, int]) -> tuple[Joined, list[int]]:
        """Have labels heard: the outcomes, and each row's result, an index into RESULTS or TOO_MANY.

        `clocks`: how far time has come in each pair, µs.
        """
        caused, who = Causing(), rows.who()
        reached = np.array([clocks.get(partition, NEVER) for partition, _ in who], np.int64)
        steps = self._simple.heard(rows, self._known(who), reached)
        hard = left(steps)
        said = iter(zip(rows.labels(hard), reached[hard].tolist(), strict=True))

        def hear(row: int) -> int:
            result = self._singly.hear(Where(*who[row], rows.keys[row]), *next(said), caused)
            return TOO_MANY if result is None else RESULTS.index(result)

        results = self._all(who, rows.keys.__getitem__, steps, caused, hear)
        return caused.joined(), results

    def due_before(self, kind: bytes, clock: int) -> int:
        """Every slot of an index before this one is due at `clock`, µs."""
        return self._slots.before(kind, clock)

    def sweep(self, due: Mapping[int, Dues], clocks: Mapping[int, int]) -> tuple[Joined, int]:
        """Answer who waited in vain, let go of who may leave; also how many labels left as orphans.

        `due`: in each pair who may have expired, who may leave; `clocks`: how far time has come in it, µs. Who
        stands in several slots is looked at once: what the clock says of an entry it says at once.
        """
        caused, who = Causing(), list(dict.fromkeys(self._dropped(due)))
        known, times = self._known(who), np.array([clocks[pair] for pair, _ in who], np.int64)
        steps = self._simple.swept(who, known, times)

        def look_at(row: int) -> int:
            pair, one = who[row]
            return self._singly.look_at(pair, one, clocks[pair], caused)

        orphans = self._all(who, lambda row: key_of(known[row], who[row][1]), steps, caused, look_at)
        return caused.joined(), sum(orphans)

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
