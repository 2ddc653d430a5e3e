"""An exclusive lock on a file, held by one process and released by the system when that process ends."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def locked(path: Path, *, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock at `path`; wait while another process has it, calling `on_wait` once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if not take(file):
            on_wait()
            while not take(file):
                time.sleep(0.2)
        yield


def take(file: IO[bytes]) -> bool:
    """Lock the open `file` if nobody else has it, and say whether that worked; closing it releases."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - exists on POSIX only

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
