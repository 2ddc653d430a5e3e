"""Looks at those whose time has come, asking the waiting room only where a slot of its indexes has passed."""

from collections.abc import Mapping

from services.labeler.caused import Joined
from services.labeler.joining import Joining
from services.labeler.keeping import Keeping
from services.labeler.overlay import Changed
from services.labeler.room.room import Due
from services.labeler.slots import EXPIRES, LEAVES


class Sweeping:
    """At most about `most` ids a transaction; `has_more` says whether more have fallen due."""

    def __init__(self, keeping: Keeping, joining: Joining, most: int) -> None:
        self._keeping, self._joining, self._most = keeping, joining, most
        self.has_more = False
        self._empty: dict[tuple[int, bytes], int] = {}
        self._looked: dict[tuple[int, bytes], int] = {}

    def sweep(self, clocks: Mapping[int, int]) -> tuple[Joined, int]:
        """What time brings to these pairs; also how many labels left as orphans. Raises Abort."""
        found, left = {}, self._most
        for pair, clock in clocks.items():
            due = self._due(pair, EXPIRES, clock, left), self._due(pair, LEAVES, clock, left)
            count = sum(len(one.ids) for some in due for one in some)
            if count:
                found[pair] = due
                left = max(1, left - count)
        self.has_more = left <= 1
        return self._joining.sweep(found, clocks)

    def _due(self, pair: int, kind: bytes, clock: int, most: int) -> list[Due]:
        before = self._joining.due_before(kind, clock)
        if before <= self._empty.get((pair, kind), before - 1):
            return []
        due = self._keeping.due(pair, kind, before=before, most=most)
        if sum(len(one.ids) for one in due) < most:
            self._looked[pair, kind] = before
        return due

    def committed(self, changes: Mapping[int, Changed]) -> None:
        """What was found is dropped from the slots; what was added to one that has passed is still to be found."""
        self._empty |= self._looked
        self._looked = {}
        for pair, changed in changes.items():
            for kind, slot in changed.adds:
                if slot < self._empty.get((pair, kind), slot):
                    self._empty[pair, kind] = slot

    def forget(self) -> None:
        """Nothing is known of any slot: the assignment changed, or the transaction came to nothing."""
        self._empty, self._looked = {}, {}

    def doubt(self, pair: int) -> None:
        """Nothing is known of a pair's slots: it is healed."""
        for kind in (EXPIRES, LEAVES):
            self._empty.pop((pair, kind), None)
            self._looked.pop((pair, kind), None)
