"""Where to cut a column into bins, judged by its reference values."""

import numpy as np
from numpy.typing import NDArray

MOST_BINS = 20


def inner_edges(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Inner edges of up to 20 bins for `values` (finite, any order), rising, in the values' own dtype.

    An edge is a value that occurs and belongs to the bin above it. Up to 20 distinct values get a bin each;
    else the bins hold about equally many rows, a value too frequent for one bin standing alone. A constant
    gets three bins, so that anything below or above it is seen; no value at all gets one.
    """
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) == 1:
        with np.errstate(over="ignore"):  # nothing finite lies above the largest float
            around = np.append(distinct, np.nextafter(distinct, np.array(np.inf, distinct.dtype)))
        return np.asarray(around[np.isfinite(around)])
    if len(distinct) <= MOST_BINS:
        return np.asarray(distinct[1:])
    return np.asarray(distinct[_equal_cuts(counts)])


def _equal_cuts(counts: NDArray[np.int64]) -> list[int]:
    """Places of the values that open a new bin; after each cut the rest is shared out anew."""
    reached = np.cumsum(counts)
    cuts: list[int] = []
    taken = 0
    for left in range(MOST_BINS, 1, -1):
        target = taken + (reached[-1] - taken) / left
        last = int(np.searchsorted(reached, target))
        if last > (cuts[-1] if cuts else 0) and reached[last] - target > target - reached[last - 1]:
            last -= 1
        if last + 1 >= len(counts):
            break
        cuts.append(last + 1)
        taken = int(reached[last])
    return cuts
