"""Progress of something countable: a bar on a terminal, a line every few seconds otherwise."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from driftline.output import say

LINE_EVERY_SECONDS = 5.0


class Progress:
    """`what`, so many of `total` `unit`s; on standard error."""

    def __init__(self, what: str, *, total: int, unit: str) -> None:
        self._what = what
        self._total = total
        self._unit = unit
        self._next_line = time.monotonic()
        self._bar: Bar | None = None
        if sys.stderr.isatty():
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[note]}"),
                TimeElapsedColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task(what, total=total, note="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, done: int, note: str = "") -> None:
        """Say that `done` are done."""
        counted = f"{done} of {self._total} {self._unit}" + (f", {note}" if note else "")
        if self._bar:
            self._bar.update(self._task, completed=done, note=counted)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + LINE_EVERY_SECONDS
            say(f"{self._what}: {counted}")
