"""One drain of a filled topic by one system, timed by the broker's clock and checked."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftline.local.child import Child
from load.bench.players.systems import Run, System
from load.bench.rig.answers import checked
from load.bench.rig.processor import MEGA, Processor
from load.bench.rig.stage import Filled, Stage
from stream.kafka.scan import edges, scan

LOOK_SECONDS, STILL_SECONDS, MOST_SECONDS = 0.25, 1.5, 600.0
KAFKA = "Kafka"
NUMBERS = count()


@dataclass(frozen=True)
class Drain:
    """From the first prediction appended to the last, and the second half of them alone.

    `cpu` are CPU-seconds a million events of the system and of the broker, `warm_cpu` of the system in that half.
    """

    events: int
    seconds: float
    warm_seconds: float
    cpu: float
    broker_cpu: float
    warm_cpu: float
    resident: int

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def warm_rate(self) -> float:
        """Events a second in the second half."""
        return self.events / 2 / self.warm_seconds


def drain(stage: Stage, system: System, filled: Filled, *, scores: bool = False, processes: int = 1) -> Drain:
    """Let `processes` of a system read all of it. Raises SystemExit when it dies, takes too long or answers wrongly."""
    run = Run(stage=stage, filled=filled, name=f"{system.tag}-{next(NUMBERS)}")
    stage.topic(run.output, filled.partitions)
    stage.topic(f"{run.name}.profiles", 1)
    command, told = system.start(run)
    with ExitStack() as stack:
        children = []
        for number in range(processes):
            log = run.path / f"log-{number}"
            children.append(Child.start(system.tag, command, log=log, environment=told))
            stack.callback(children[-1].stop)
        pids = {f"system {number}": child.pid for number, child in enumerate(children)}
        processor = Processor({**pids, KAFKA: stage.broker_pid})
        stack.callback(processor.close)
        _wait(stage, run, children)
    values, stamps = read(stage, run.output)
    if wrong := checked(system, filled, values, scores=scores):
        raise SystemExit(f"{system.row}: {wrong}; its log is {children[0].last_lines()}")
    return measured(filled.events, np.sort(stamps) / 1000, processor)


def _wait(stage: Stage, run: Run, children: Sequence[Child]) -> None:
    until, still, last = time.monotonic() + MOST_SECONDS, time.monotonic(), -1
    while time.monotonic() - still < STILL_SECONDS or last < run.filled.events:
        time.sleep(LOOK_SECONDS)
        dead = [child for child in children if child.exit_code is not None]
        if dead or time.monotonic() > until:
            end = "it died" if dead else f"it wrote {max(0, last):,} in {MOST_SECONDS:.0f} s"
            raise SystemExit(f"{run.name}: {end}: {(dead or children)[0].last_lines()}")
        if (now := sum(end for _, end in edges(stage.brokers, [run.output]).values())) != last:
            still, last = time.monotonic(), now


def read(stage: Stage, topic: str) -> tuple[list[bytes], NDArray[np.int64]]:
    """Every committed value of a topic, and when each was appended, milliseconds since 1970."""
    values: list[bytes] = []
    stamps: list[Any] = []
    for batch in scan(stage.brokers, [topic]):
        values += [value or b"" for value in batch.values]
        stamps.append(batch.timestamps)
    return values, np.concatenate(stamps) if stamps else np.empty(0, np.int64)


def measured(events: int, stamps: NDArray[np.float64], processor: Processor) -> Drain:
    """A drain out of sorted `stamps`, seconds since 1970, of all that was written."""
    first, middle, last = float(stamps[0]), float(stamps[len(stamps) // 2]), float(stamps[-1])
    least = 0.001
    used, warm = processor.used(first, last), processor.used(middle, last)
    return Drain(
        events=events,
        seconds=max(least, last - first),
        warm_seconds=max(least, last - middle),
        cpu=_systems(used) / events * MEGA,
        broker_cpu=used[KAFKA] / events * MEGA,
        warm_cpu=_systems(warm) / (events / 2) * MEGA,
        resident=processor.most_resident,
    )


def _systems(used: Mapping[str, float]) -> float:
    return sum(seconds for name, seconds in used.items() if name != KAFKA)
