"""Sends events at a pace, come what may: `python -m load.bench.pacing.openloop` as a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from load.bench.rig.events import TOGETHER, event_id, label, longs, matrix, written
from schemas.framing import frame
from stream.kafka.clients import open_producer

TICK_SECONDS, LABEL_SECONDS = 0.001, 1.0
TICKS_A_LINGER = 10
"""Looks at the clock while a batch waits for more: looking more often sends nothing earlier."""


@dataclass(frozen=True)
class Pace:
    """`rate` events a second for `seconds`, to `topic`; the label of each a second later to `labels`, if given.

    `packed` is how batches are compressed: as the topic keeps them, or its broker packs them anew.
    """

    brokers: str
    topic: str
    schema: int
    rate: float
    seconds: float
    linger_millis: float
    labels: str = ""
    labels_schema: int = 0
    packed: str = "none"

    def text(self) -> str:
        """As the process reads it."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Sent:
    """What became of it: how many, by how many seconds the latest was late, CPU-seconds of the sender."""

    events: int
    late_seconds: float
    cpu_seconds: float


def send(pace: Pace) -> tuple[int, float]:
    """Send; each event's time is when it was meant to be sent. Returns how many, and the latest of them in seconds."""
    producer = open_producer(
        pace.brokers,
        linger_ms=pace.linger_millis,
        queue_buffering_max_messages=2_000_000,
        compression_type=pace.packed,
        # Doubles by chance do not pack: the least that makes a batch one of the topic's own.
        compression_level=1 if pace.packed == "zstd" else -1,
    )
    told = teller(producer, pace, begun := time.time() + 0.1)
    tick = max(TICK_SECONDS, pace.linger_millis / 1000 / TICKS_A_LINGER)
    sent, latest, total = 0, 0.0, int(pace.rate * pace.seconds)
    while sent < total:
        now = time.time()
        due = min(total, int((now - begun) * pace.rate) + 1) if now >= begun else 0
        if due > sent:
            told(sent, due)
            latest = max(latest, now - (begun + sent / pace.rate))
            sent = due
        producer.poll(0)
        time.sleep(max(0.0, min(tick, begun + sent / pace.rate - time.time())))
    producer.flush(60)
    return sent, latest


def teller(producer: Any, pace: Pace, begun: float) -> Callable[[int, int], None]:
    """Produces events from one number to another, with the labels that are due then."""
    tails = [row.astype("<f8").tobytes() for row in matrix(0, TOGETHER)]
    prefix, labels_prefix, produce = frame(pace.schema), frame(pace.labels_schema), producer.produce
    behind = int(pace.rate * LABEL_SECONDS)

    def told(first: int, end: int) -> None:
        micros = ((begun + np.arange(first, end) / pace.rate) * 1e6).round().astype(np.int64)
        for number, at in zip(range(first, end), longs(micros), strict=True):
            name = event_id(number)
            produce(pace.topic, written(name, at, tails[number % TOGETHER], prefix), name)
            if pace.labels and number >= behind:
                produce(pace.labels, label(number - behind, at, labels_prefix), event_id(number - behind))

    return told


def sent_apart(pace: Pace, patience_seconds: float | None = None) -> Sent:
    """Send in a process of its own, which may take so long."""
    command = [sys.executable, "-m", "load.bench.pacing.openloop", pace.text()]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=patience_seconds)
    return Sent(**json.loads(ran.stdout))


if __name__ == "__main__":
    before = time.process_time()
    sent, latest = send(Pace(**json.loads(sys.argv[1])))
    sys.stdout.write(json.dumps(asdict(Sent(sent, latest, time.process_time() - before))) + "\n")
