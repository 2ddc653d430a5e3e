"""Watches a process drain topics: how fast by what is committed, at which cost by what the kernel says of everybody."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from stream.kafka.reading import committed_of, end_of, open_reader, partitions_of
from stream.kafka.scan import edges
from stream.records import Place

LOOK_SECONDS, STILL_SECONDS, MOST_SECONDS = 0.1, 3.0, 300.0
TICKS = os.sysconf("SC_CLK_TCK")
MEGA = 1_000_000


@dataclass(frozen=True)
class Drain:
    """`records` in `seconds`; CPU-seconds of each process; resident bytes of the first at the start, at the end.

    The kernel counts the processor by ticks of 1/100 s: a process that used less than one is said to have used one.
    """

    records: int
    seconds: float
    cpu: Mapping[str, float]
    resident: tuple[int, int]

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def cpu_a_million(self) -> dict[str, float]:
        """CPU-seconds a million records, of each process."""
        return {name: seconds / self.records * MEGA for name, seconds in self.cpu.items()}


def cpu_seconds(pid: int) -> float:
    """What a process and its threads have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    """How much of its memory is in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Who is watched: a group that reads `inputs` and writes `output`, the processes by their names, ours first."""

    brokers: str
    group: str
    inputs: tuple[str, ...]
    output: str
    pids: Mapping[str, int]
    lives: Callable[[], bool]

    def drain(self) -> Drain:
        """Return once all is read and nothing more is written; measured from the first records committed to the last.

        What it takes to start, and those first records, count for nobody; where they are all there are, everything
        counts, from the last look that found nothing. Raises SystemExit when the process dies or does not come to an
        end.
        """
        reader = open_reader(self.brokers)
        try:
            return self._drain(partial(_ends, reader, partitions_of(reader, self.output)))
        finally:
            reader.close()

    def _drain(self, written: Callable[[], int]) -> Drain:
        until = time.monotonic() + MOST_SECONDS
        ends = {place: end for place, (_, end) in edges(self.brokers, self.inputs).items()}
        records = sum(ends.values())
        begun, before = time.monotonic(), self._cpu()
        while (first := self._read(ends)) == 0:
            self._wait(until)
            begun, before = time.monotonic(), self._cpu()
        if first < records:
            begun, before, records = time.monotonic(), self._cpu(), records - first
        ended, after, last, resident = time.monotonic(), self._cpu(), written(), self._resident()
        while time.monotonic() - ended < STILL_SECONDS or self._read(ends) < sum(ends.values()):
            self._wait(until)
            if (now := written()) != last:
                ended, last, after = time.monotonic(), now, self._cpu()
        cpu = {name: max(1 / TICKS, after[name] - before[name]) for name in self.pids}
        return Drain(records, max(LOOK_SECONDS, ended - begun), cpu, (resident, self._resident()))

    def _wait(self, until: float) -> None:
        time.sleep(LOOK_SECONDS)
        if not self.lives() or time.monotonic() > until:
            raise SystemExit(f"{self.group}: it {'took too long' if self.lives() else 'died'}")

    def _read(self, ends: Mapping[Place, int]) -> int:
        return sum(committed_of(self.brokers, self.group, list(ends)).values())

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def _resident(self) -> int:
        return resident_bytes(next(iter(self.pids.values())))


def _ends(reader: Any, places: Sequence[Place]) -> int:
    return sum(end_of(reader, place)[1] for place in places)
