"""Which rows of a batch belong to which place."""

import numpy as np
from numpy.typing import NDArray

from stream.records import Batch, Place

Rows = NDArray[np.int64]


def by_place(batch: Batch, rows: Rows | None = None) -> list[tuple[Place, Rows]]:
    """Each place among `rows`, which rise (all where None), with those that are its own."""
    if rows is None or len(rows) == len(batch):
        return list(batch.places)
    if not len(rows):
        return []
    wanted = np.zeros(len(batch), np.bool_)
    wanted[rows] = True
    cut = ((place, own[wanted[own]]) for place, own in batch.places)
    return [(place, mine) for place, mine in cut if len(mine)]
