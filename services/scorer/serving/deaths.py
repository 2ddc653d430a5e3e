"""What outlives the process: whether it died inside of the model, and when."""

import mmap
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

LAYOUT = struct.Struct("<8d")
SIZE = 8 + LAYOUT.size
IN_A_RUN = 0


class Deaths:
    """Counts deaths inside of a model's run, kept in the file at `path`; without one, nothing is known.

    A byte of a file mapped into memory says that a run has begun, and stays when the process is killed: writing it
    costs no system call. Use as a context around each run.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._bytes: mmap.mmap | bytearray = bytearray(SIZE) if path is None else _mapped(path)
        if self._bytes[IN_A_RUN]:
            self._bytes[8:] = LAYOUT.pack(*self._times()[1:], clock())
            self._bytes[IN_A_RUN] = 0

    def _times(self) -> tuple[float, ...]:
        return LAYOUT.unpack(bytes(self._bytes[8:]))

    def within(self, seconds: float) -> int:
        """Deaths so long ago at most, eight being the most that are remembered."""
        return sum(time > 0 and time >= self._clock() - seconds for time in self._times())

    def __enter__(self) -> None:
        self._bytes[IN_A_RUN] = 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bytes[IN_A_RUN] = 0


def _mapped(path: Path) -> mmap.mmap:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(descriptor, SIZE)
        return mmap.mmap(descriptor, SIZE)
    finally:
        os.close(descriptor)
