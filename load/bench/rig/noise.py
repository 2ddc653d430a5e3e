"""How disturbed the machine is: the same millisecond of work, again and again."""

import statistics
import time
from dataclasses import asdict, dataclass

LOOPS, SECONDS, ROUNDS = 20_000, 3.0, 100


@dataclass(frozen=True)
class Noise:
    """Milliseconds that the same work took: in an undisturbed core the least, the median and the mean would be one."""

    least: float
    median: float
    mean: float
    p99: float

    def __str__(self) -> str:
        return f"least {self.least:.2f}, median {self.median:.2f}, mean {self.mean:.2f}, p99 {self.p99:.1f} ms"

    def said(self) -> dict[str, float]:
        """As JSON has it."""
        return asdict(self)


def listen(seconds: float = SECONDS) -> Noise:
    """Work for so long on one thread and say how even it went."""
    until = time.perf_counter() + seconds
    laps: list[float] = []
    while (begun := time.perf_counter()) < until or len(laps) < ROUNDS:
        for _ in range(LOOPS):
            pass
        laps.append((time.perf_counter() - begun) * 1000)
    return Noise(min(laps), statistics.median(laps), statistics.mean(laps), statistics.quantiles(laps, n=100)[98])
