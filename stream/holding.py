"""Places that wait for their stage: which they are, until when, what of a batch may go on."""

import math
from collections.abc import Callable, Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from stream.records import Batch, Place


def held_back(batch: Batch, waiting: NDArray[np.bool_]) -> tuple[dict[Place, int], NDArray[np.bool_]]:
    """Each place's first offset among the `waiting` rows (n,), with which rows may go on (n,).

    Those are the rows of other places, with those before that offset: nothing may pass a record that waits.
    """
    held: dict[Place, int] = {}
    may_go_on = np.ones(len(batch), bool)
    for row in np.flatnonzero(waiting).tolist():
        if may_go_on[row]:
            topic, partition, offset = batch.topics[row], int(batch.partitions[row]), int(batch.offsets[row])
            held[Place(topic, partition)] = offset
            same = (batch.partitions == partition) & np.array([one == topic for one in batch.topics])
            may_go_on &= ~(same & (batch.offsets >= offset))
    return held, may_go_on


class Holding:
    """Places held, each until a time; `tell` hears which they are whenever that changes.

    One that is being tried again still counts as held, until a batch of it was taken without being held anew.
    """

    def __init__(self, tell: Callable[[Collection[Place]], None]) -> None:
        self._until: Mapping[Place, float] = {}
        self._tell = tell

    def __len__(self) -> int:
        return len(self._until)

    def due(self, now: float) -> list[Place]:
        """Places to be tried again by now, named once."""
        due = [place for place, until in self._until.items() if until <= now]
        self._now_held({**self._until, **dict.fromkeys(due, math.inf)})
        return due

    def took(self, batch: Batch, places: Collection[Place], until: float) -> None:
        """A batch was taken: `places` are held until then, its others go on."""
        read = set(map(Place, batch.topics, batch.partitions.tolist()))
        others = {place: at for place, at in self._until.items() if place not in read}
        self._now_held(others | dict.fromkeys(places, until))

    def forget(self) -> None:
        """No place is held."""
        self._now_held({})

    def _now_held(self, until: Mapping[Place, float]) -> None:
        changed, self._until = until.keys() != self._until.keys(), until
        if changed:
            self._tell(until.keys())
