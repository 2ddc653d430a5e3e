"""Sends events at a pace, come what may: `python -m load.bench.pacing.openloop` as a process of its own."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from load.bench.rig.events import TOGETHER, event_id, label, matrix, written
from schemas.framing import frame
from stream.kafka.clients import open_producer

TICK_SECONDS, LABEL_SECONDS = 0.001, 1.0


@dataclass(frozen=True)
class Pace:
    """`rate` events a second for `seconds`, to `topic`; the label of each a second later to `labels`, if given."""

    brokers: str
    topic: str
    schema: int
    rate: float
    seconds: float
    linger_millis: float
    labels: str = ""
    labels_schema: int = 0

    def text(self) -> str:
        """As the process reads it."""
        return json.dumps(asdict(self))


def send(pace: Pace) -> tuple[int, float]:
    """Send; each event's time is when it was meant to be sent. Returns how many, and the latest of them in seconds."""
    producer = open_producer(pace.brokers, linger_ms=pace.linger_millis, queue_buffering_max_messages=2_000_000)
    tails = [row.astype("<f8").tobytes() for row in matrix(0, TOGETHER)]
    prefix, total = frame(pace.schema), int(pace.rate * pace.seconds)
    sent, latest, begun = 0, 0.0, time.time() + 0.1
    while sent < total:
        now = time.time()
        due = min(total, int((now - begun) * pace.rate) + 1) if now >= begun else 0
        for number in range(sent, due):
            at = begun + number / pace.rate
            name = event_id(number)
            producer.produce(pace.topic, written(name, round(at * 1e6), tails[number % TOGETHER], prefix), name)
            if pace.labels and (told := number - int(pace.rate * LABEL_SECONDS)) >= 0:
                producer.produce(pace.labels, label(told, round(at * 1e6), pace.labels_schema), event_id(told))
        if due > sent:
            latest = max(latest, now - (begun + sent / pace.rate))
            sent = due
        producer.poll(0)
        time.sleep(max(0.0, min(TICK_SECONDS, begun + sent / pace.rate - time.time())))
    producer.flush(60)
    return sent, latest


def sent_apart(pace: Pace, patience_seconds: float | None = None) -> float:
    """Send in a process of its own, which may take so long; by how many seconds it was late at most."""
    command = [sys.executable, "-m", "load.bench.pacing.openloop", pace.text()]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=patience_seconds)
    return float(json.loads(ran.stdout)["latest"])


if __name__ == "__main__":
    sent, latest = send(Pace(**json.loads(sys.argv[1])))
    sys.stdout.write(f"{json.dumps({'sent': sent, 'latest': latest})}\n")
