"""How long a label takes to show in the labeler's metrics: in its count, and in the realised quality it is part of.

RATE=1700 labels a second, the pace of the demo, for SECONDS=15, on a real Kafka and a real Valkey beside them.
"""

import os
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftline.local.broker import Broker
from driftline.local.child import Child
from driftline.local.ports import free_port
from driftline.local.topics import create_topics
from driftline.local.valkey import Valkey
from load.bench.race import say
from schemas.contracts import latest
from schemas.framing import frame
from schemas.records import write_record
from schemas.source import DirectorySource
from stream.kafka.admin import Admin
from stream.kafka.clients import open_producer
from stream.telemetry.scrape import scrape

RATE, SECONDS, PARTITIONS = 1_700, 15, 12
LOOK_SECONDS, PATIENCE_SECONDS = 0.05, 60.0
START, HOUR = 1_362_096_000_000_000, 3_600_000_000
BUNDLE = Path("load/flights/bundle")
COUNTS = {"label counted": "driftline_labels_total", "realised quality": "driftline_realised_labelled_rows"}


class Scene:
    """Topics, a store, a labeler that has taken every prediction; each count with the moments it was seen at."""

    def __init__(self, brokers: str, path: Path, labels: int, prefix: str) -> None:
        self.labels, self.topic = labels, f"{prefix}flights.labels"
        create_topics(Admin(brokers), "flights", partitions=PARTITIONS, prefix=prefix)
        source = DirectorySource(path / "schemas")
        self._frames = {name: frame(source.add(latest(name))) for name in ("prediction", "label")}
        self.producer = open_producer(brokers, queue_buffering_max_messages=2 * labels)
        for number in range(labels):
            self._put(f"{prefix}flights.predictions", "prediction", number, prediction(number))
        if self.producer.flush(PATIENCE_SECONDS):
            raise SystemExit("the broker did not take the predictions")
        self.store, port = Valkey.start(path / "valkey"), free_port()
        self.address = f"http://127.0.0.1:{port}"
        told = {
            "BROKERS": brokers, "REDIS": self.store.address, "BUNDLE": str(BUNDLE), "SCHEMAS": str(path / "schemas"),
            "PREFIX": prefix, "BEGIN": "earliest", "ADMIN_PORT": str(port),
        }  # fmt: skip
        told = {f"LABELER_{name}": value for name, value in told.items()}
        command = [sys.executable, "-m", "services.labeler"]
        self.child = Child.start("labeler", command, log=path / "labeler.log", environment=told)
        self.seen: dict[str, list[tuple[float, float]]] = {name: [] for name in COUNTS}

    def _put(self, topic: str, schema: str, number: int, record: Mapping[str, Any]) -> None:
        self.producer.produce(topic, write_record(schema, record, self._frames[schema]), b"%d" % number)
        self.producer.poll(0)

    def tell(self, number: int) -> None:
        """The label of an event, now."""
        at = START + HOUR // 2 + number
        self._put(self.topic, "label", number, label(number, at))

    def look(self) -> bool:
        """Look at both counts, and say whether every label is in both."""
        found, now = scrape(self.address), time.monotonic()
        for name, metric in COUNTS.items():
            self.seen[name].append((found.total(metric), now))
        return all(some[-1][0] >= self.labels for some in self.seen.values())

    def ready(self) -> bool:
        """Whether every prediction has been taken."""
        try:
            return scrape(self.address).total("driftline_pending_predictions") >= self.labels
        except OSError:
            return False

    def delays(self, name: str, sent: list[float]) -> NDArray[np.float64]:
        """How long after it was sent each label was part of a count, seconds."""
        counts, times = zip(*self.seen[name], strict=True)
        return np.array([times[bisect_left(counts, n + 1)] - at for n, at in enumerate(sent)])

    def wait(self, so: Any) -> None:
        """Until it is so. Raises SystemExit when the labeler ends or it takes too long."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not so():
            if self.child.exit_code is not None or time.monotonic() > until:
                raise SystemExit(f"the labeler did not do it: {self.child.last_lines()}")
            time.sleep(LOOK_SECONDS)

    def close(self) -> None:
        """Stop what was started."""
        self.child.stop()
        self.store.stop()


def prediction(number: int) -> dict[str, Any]:
    """As a scorer writes it; all in one hour."""
    return {
        "event_id": str(number), "event_time": START + number, "bucket": START, "scored_at": 0, "model": "flights",
        "model_version": "1", "bundle_digest": "d", "arm": "champion", "mode": "scored", "score": number % 97 / 97,
        "scores": [], "decision": "true", "estimate": 0.8, "reasons": [], "ood": None, "segments": {"origin": "JFK"},
        "source": {"topic": "flights.features", "partition": 0, "offset": number},
    }  # fmt: skip


def label(number: int, at: int) -> dict[str, Any]:
    """Known half an hour later."""
    return {"event_id": str(number), "label": number % 3 == 0, "labelled_at": at, "revision": 0}


def measure(brokers: str, path: Path, *, rate: int, seconds: int, prefix: str = "") -> dict[str, NDArray[np.float64]]:
    """The delays of each count, seconds, at `rate` labels a second."""
    scene, sent = Scene(brokers, path, rate * seconds, prefix), list[float]()
    try:
        scene.wait(scene.ready)
        begun = looked = time.monotonic()
        while len(sent) < scene.labels:
            now = time.monotonic()
            for number in range(len(sent), min(scene.labels, int((now - begun) * rate) + 1)):
                scene.tell(number)
                sent.append(now)
            if now - looked >= LOOK_SECONDS:
                looked = now
                scene.look()
            time.sleep(0.001)
        scene.producer.flush(PATIENCE_SECONDS)
        scene.wait(scene.look)
        return {name: scene.delays(name, sent) for name in COUNTS}
    finally:
        scene.close()


def main() -> None:
    """Start a broker for it."""
    rate, seconds = int(os.environ.get("RATE", RATE)), int(os.environ.get("SECONDS", SECONDS))
    with tempfile.TemporaryDirectory() as directory:
        broker = Broker.start(Path(directory) / "kafka", heap="1g", fast=False)
        try:
            found = measure(broker.bootstrap, Path(directory), rate=rate, seconds=seconds)
        finally:
            broker.stop()
    say(f"{rate * seconds:,} labels, {rate:,} a second, looked at every {LOOK_SECONDS * 1000:.0f} ms; seconds")
    say(f"{'label to metric':20} {'p50':>7} {'p95':>7} {'p99':>7} {'most':>7}")
    for name, delays in found.items():
        say(f"{name:20} " + " ".join(f"{value:7.2f}" for value in np.quantile(delays, [0.5, 0.95, 0.99, 1.0])))


if __name__ == "__main__":
    main()
