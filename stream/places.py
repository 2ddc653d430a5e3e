"""Which rows of a batch belong to which place."""

import numpy as np
from numpy.typing import NDArray

from stream.records import Batch, Place

Rows = NDArray[np.int64]


def topic_codes(batch: Batch) -> tuple[list[str], Rows]:
    """The batch's topics in the order of their first rows, with each row's place in that list, (n,)."""
    names = list(dict.fromkeys(batch.topics))
    if len(names) <= 1:
        return names, np.zeros(len(batch), np.int64)
    places = {name: code for code, name in enumerate(names)}
    return names, np.fromiter((places[topic] for topic in batch.topics), np.int64, len(batch))


def by_place(batch: Batch, rows: Rows | None = None) -> list[tuple[Place, Rows]]:
    """Each place among `rows` (all where None), with those that are its own, in their order."""
    at = np.arange(len(batch)) if rows is None else rows
    names, codes = topic_codes(batch)
    codes, partitions = codes[at], batch.partitions[at]
    found: list[tuple[Place, Rows]] = []
    for code, name in enumerate(names):
        own = codes == code
        each = np.unique(partitions[own]).tolist()
        found += [(Place(name, partition), at[own & (partitions == partition)]) for partition in each]
    return found
