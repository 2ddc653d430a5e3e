"""What processes use of the processor while something else happens, looked at often and read off later."""

import os
import threading
import time
from collections.abc import Mapping

import numpy as np

from load.bench.draining.watching import cpu_seconds, resident_bytes

LOOK_SECONDS = 0.02
MEGA = 1e6


class Processor:
    """Looks at processes by their names, from its start until `close`."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._seen: list[tuple[float, ...]] = []
        self.most_resident = 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        first = next(iter(self._pids.values()))
        while not self._ends.wait(LOOK_SECONDS):
            try:
                used = [cpu_seconds(pid) for pid in self._pids.values()]
                self.most_resident = max(self.most_resident, resident_bytes(first))
            except (OSError, IndexError):
                return
            self._seen.append((time.time(), *used))

    def close(self) -> None:
        """Look no more."""
        self._ends.set()
        self._thread.join()

    def used(self, begun: float, ended: float) -> dict[str, float]:
        """CPU-seconds of each between two moments (seconds since 1970), interpolated between two looks."""
        if not self._seen:
            return dict.fromkeys(self._pids, 0.0)
        times, *columns = np.array(self._seen).T
        return {
            name: float(np.diff(np.interp([begun, ended], times, column))[0])
            for name, column in zip(self._pids, columns, strict=True)
        }


def cores() -> int:
    """How many processors this machine has."""
    return os.cpu_count() or 1
