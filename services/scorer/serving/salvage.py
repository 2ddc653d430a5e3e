"""The search for the rows that make a model fail, by halving: they alone go without an answer."""

from collections.abc import Callable
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

from models.session import ModelFault

MOST_FOUND = 8
Run = Callable[[NDArray[np.float32]], NDArray[np.float64]]


def most_runs(rows: int) -> int:
    """Runs that find one bad row among `rows`, the failed run over all of them not counted.

    >>> [most_runs(rows) for rows in (1, 2, 500)]
    [0, 2, 18]
    """
    return 2 * ceil(log2(rows)) if rows > 1 else 0


def salvage(run: Run, matrix: NDArray[np.float32], *, columns: int) -> NDArray[np.float64]:
    """Scores (n, columns) of the rows of a batch that failed as a whole, NaN for those that have none.

    At most 2·log2(n) runs for each bad row that is found, eight of them at most: where there are more, the neighbours
    that were not told apart from them are left with them.
    """
    scores = np.full((len(matrix), columns), np.nan)
    failed, left, found = [(0, len(matrix))], most_runs(len(matrix)), 0
    while failed and found < MOST_FOUND:
        start, end = failed.pop()
        if end - start == 1:
            left, found = most_runs(len(matrix)), found + 1
            continue
        middle = (start + end) // 2
        for low, high in ((start, middle), (middle, end)):
            if left == 0:
                return scores
            left -= 1
            try:
                scores[low:high] = run(matrix[low:high])
            except ModelFault:
                failed.append((low, high))
    return scores
