"""Work on many rows that lets go of Python, in a thread beside the one that does the rest."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.ood import OutOfDistribution
from services.scorer.answer import Judged
from services.scorer.histograms import Count
from services.scorer.profile import Features, features_of, grouped

Found = TypeVar("Found")
FEWEST_ROWS = 500
"""For fewer rows the way to another thread and back takes as long as it saves."""
MOST_STEPS, STEPS_A_CELL = 20_000_000, 16
"""Some milliseconds: no more, for where a core is shared the model's deadline runs on meanwhile."""
MOST_BUCKETS = 16
"""Of rows that are spread over more buckets those of a whole transaction are counted at once, in one table."""


class Beside:
    """One thread, which takes its tasks in turn: while the model answers, or what it answered is written."""

    def __init__(self, cores: int | None = None) -> None:
        self._is_alone = (cores or _cores()) < 2  # noqa: PLR2004 - one for each of two threads
        self._thread = ThreadPoolExecutor(1, "beside")

    def judge(self, detector: OutOfDistribution | None, rows: NDArray[np.float32]) -> Callable[[], Judged | None]:
        """How strange `rows` (n, F) are, to be asked for once the model has answered."""
        if detector is None:
            return lambda: None
        task = partial(detector.judge, rows)
        return self.begin(task, rows=len(rows), steps=len(detector.features) ** 2) or task

    def count(
        self, count: Count, rows: NDArray[np.float32], buckets: NDArray[np.int64]
    ) -> Callable[[], Features] | None:
        """The features of `rows` (n, F) by their `buckets` (n,); None where they are better counted later."""
        steps = rows.shape[1] * STEPS_A_CELL
        if not self._takes(len(rows), steps):
            return None
        own, groups = grouped(buckets)
        task = partial(features_of, count, rows, (own, groups))
        return self.begin(task, rows=len(rows), steps=steps) if len(own) <= MOST_BUCKETS else None

    def begin(self, task: Callable[[], Found], *, rows: int, steps: int) -> Callable[[], Found] | None:
        """Begin a task of so many `steps` a row; whoever wants what it found calls what is returned.

        None where it is better done in its turn: of few rows, of much work, on one core.
        """
        return self._thread.submit(task).result if self._takes(rows, steps) else None

    def _takes(self, rows: int, steps: int) -> bool:
        return not self._is_alone and rows >= FEWEST_ROWS and rows * steps <= MOST_STEPS


def _cores() -> int:
    """Cores that this process may run on, as far as the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
