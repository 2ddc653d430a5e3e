"""Work on many rows that lets go of Python, in a thread beside the one that does the rest."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")
FEWEST_ROWS = 500
"""For fewer rows the way to another thread and back takes as long as it saves."""


class Beside:
    """One thread, which takes its tasks in turn: while the model answers, or what it answered is written."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "beside")

    def begin(self, task: Callable[[], Found], *, rows: int) -> Callable[[], Found]:
        """Begin a task over so many rows; whoever wants what it found calls what is returned, once."""
        return task if rows < FEWEST_ROWS else self._thread.submit(task).result
