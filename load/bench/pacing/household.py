"""Scorer, labeler and drift with their store on a stage, fed with events and labels at a pace."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from driftline.local.child import Child
from driftline.local.ports import free_port
from driftline.local.topics import create_topics
from driftline.local.valkey import Valkey
from load.bench.pacing.openloop import Pace, sent_apart
from load.bench.rig.processor import MEGA, Processor
from load.bench.rig.stage import PARTITIONS, Stage
from schemas.contracts import latest
from stream.kafka.admin import Admin
from stream.kafka.reading import committed_of
from stream.kafka.scan import edges
from stream.telemetry.scrape import scrape

MODEL, SKIPPED_SECONDS, BOUND_SECONDS, LINGER_MILLIS = "bench", 5.0, 2.0, 20.0
PACKED = "zstd"
"""As the topics of features and labels are kept."""
READS = {"scorer": ("features",), "labeler": ("predictions", "labels")}
SERVICES = ("scorer", "labeler", "drift")
READY_SECONDS, LOOK_SECONDS, SETTLING_SECONDS = 60.0, 0.3, 3.0


@dataclass(frozen=True)
class Load:
    """At a pace: CPU-seconds a million events of each process, what each was behind at the end, how late the sender."""

    rate: float
    cpu: Mapping[str, float]
    behind: Mapping[str, int]
    late_seconds: float

    @property
    def is_bounded(self) -> bool:
        """Whether everybody kept up: nobody is further behind than what comes in so many seconds."""
        return max(self.behind.values()) <= self.rate * BOUND_SECONDS and self.late_seconds <= BOUND_SECONDS


class Household:
    """All of it, with topics of its own under `prefix`."""

    def __init__(self, stage: Stage, prefix: str) -> None:
        self._stage, self._prefix = stage, prefix
        create_topics(Admin(stage.brokers), MODEL, partitions=PARTITIONS, prefix=prefix)

    def topic(self, kind: str) -> str:
        """A topic's name."""
        return f"{self._prefix}{MODEL}.{kind}"

    @contextmanager
    def lives(self) -> Iterator[dict[str, int]]:
        """Everybody's process by name, stopped afterwards."""
        path = self._stage.path / self._prefix
        with ExitStack() as stack:
            store = Valkey.start(path / "valkey")
            stack.callback(store.stop)
            pids, ports = {}, {name: free_port() for name in SERVICES}
            for name, port in ports.items():
                command = [sys.executable, "-m", f"services.{name}"]
                environment = self._told(name, store, port)
                child = Child.start(name, command, log=path / f"{name}.log", environment=environment)
                stack.callback(child.stop)
                pids[name] = child.pid
            for name, port in ports.items():
                _await(name, f"http://127.0.0.1:{port}")
            yield {**pids, "Kafka": self._stage.broker_pid, "store": store.pid}

    def _told(self, name: str, store: Valkey, port: int) -> dict[str, str]:
        said = {
            "BROKERS": self._stage.brokers,
            "BUNDLE": str(self._stage.bundle("mlp")),
            "PREFIX": self._prefix,
            "SLOT": name,
            "BEGIN": "earliest",
            "ADMIN_PORT": str(port),
            "SCHEMAS": str(self._stage.schemas),
            **({"REDIS": store.address} if name == "labeler" else {}),
        }
        return {f"{name.upper()}_{key}": value for key, value in said.items()}

    def feed(self, rate: float, seconds: float) -> Load:
        """Live, be fed, and say what that took."""
        with self.lives() as pids:
            pace = Pace(
                self._stage.brokers,
                self.topic("features"),
                self._stage.schema(),
                rate,
                seconds,
                LINGER_MILLIS,
                self.topic("labels"),
                self._stage.schema(latest("label")),
                PACKED,
            )
            processor = Processor(pids)
            sent = sent_apart(pace)
            ended = time.time()
            processor.close()
            behind = {name: self.behind(name) for name in READS}
        measured = max(1.0, seconds - SKIPPED_SECONDS)
        used = processor.used(ended - measured, ended)
        cpu = {name: used_seconds / (rate * measured) * MEGA for name, used_seconds in used.items()}
        cpu["sender"] = sent.cpu_seconds / sent.events * MEGA
        return Load(rate, cpu, behind, sent.late_seconds)

    def behind(self, name: str) -> int:
        """Records that a service has yet to commit."""
        ends = edges(self._stage.brokers, [self.topic(kind) for kind in READS[name]])
        stands = committed_of(self._stage.brokers, f"{self._prefix}{MODEL}.{name}", list(ends))
        return sum(max(0, end - stands.get(place, low)) for place, (low, end) in ends.items())


def _await(name: str, address: str) -> None:
    """Until it answers, and a little longer: what starting takes is nobody's cost of an event. Raises SystemExit."""
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            scrape(address)
            break
        except OSError:
            if time.monotonic() > until:
                raise SystemExit(f"{name} does not answer at {address}") from None
            time.sleep(LOOK_SECONDS)
    time.sleep(SETTLING_SECONDS / len(SERVICES))
