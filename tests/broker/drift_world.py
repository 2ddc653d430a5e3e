"""A sidecar's world on the embedded broker: topics, profiles made up, processes that judge them."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from driftline.local.child import Child
from driftline.local.topics import create_missing, create_topics
from models.bundle import Bundle
from schemas.records import read_record
from schemas.topics import topics_of
from services.drift.log.shape import terms_of
from stream.kafka.admin import Admin
from stream.kafka.clients import open_producer
from stream.kafka.reading import committed_of
from stream.kafka.scan import edges, scan
from stream.records import Place
from tests.broker.children import last_words, stop_all
from tests.broker.nursery import Nursery
from tests.services.drift.profiles import Record, history

PATIENCE_SECONDS = 60.0
QUICK = {"batch_rows": 7, "snapshot_seconds": 0.3}


class Drifts:
    """Sidecars on a history of profiles; whatever it starts has ended after `close`."""

    def __init__(self, brokers: str, prefix: str, path: Path, *, nursery: Nursery, bundles: Path) -> None:
        self.brokers, self.prefix, self.path, self.bundles, self._nursery = brokers, prefix, path, bundles, nursery
        self.admin = Admin(brokers)
        create_topics(self.admin, "tiny", partitions=1, prefix=prefix)
        self.group, self.place = f"{prefix}tiny.drift", Place(self.topic("profiles"), 0)
        self.children: list[Child] = []
        self._producer = open_producer(brokers)

    def topic(self, kind: str) -> str:
        """Its name here."""
        return f"{self.prefix}tiny.{kind}"

    def settings(self, **other: object) -> dict[str, str]:
        """A sidecar's variables; `other` adds or replaces some, None leaves one out."""
        said: dict[str, object] = {
            "brokers": self.brokers, "bundle": self.bundles / "1", "others": json.dumps([str(self.bundles / "2")]),
            "schemas": self.path / "schemas", "prefix": self.prefix, "begin": "earliest", "admin_port": 0,
            "slot": "one", "kafka_config": self.tuned(), **QUICK, **other,
        }  # fmt: skip
        return {f"DRIFT_{name.upper()}": str(value) for name, value in said.items() if value is not None}

    def tuned(self) -> Path:
        """Kafka's times, short enough for a test."""
        file = self.path / "kafka.properties"
        said = "session.timeout.ms=3000\nheartbeat.interval.ms=300\ntransaction.timeout.ms=3000\n"
        file.write_text(said, encoding="utf-8")
        return file

    def sidecar(self, *, at: str = "", **settings: object) -> Child:
        """Start one; with `at`, one that dies there."""
        name, module = f"drift-{len(self.children)}", "tests.faults.drifting" if at else "services.drift"
        mine = self.settings(**settings) | ({"DYING_AT": at} if at else {})
        log = self.path / f"{name}.log"
        self.children.append(self._nursery.start(name, module, log=log, environment=mine))
        return self.children[-1]

    def feed(self, records: Sequence[Record]) -> None:
        """Put profiles into the log."""
        for one in records:
            self._producer.produce(self.place.topic, one.value, b"w", partition=0)
        assert self._producer.flush(PATIENCE_SECONDS) == 0

    def put(self, kind: str, key: bytes, value: bytes | None) -> None:
        """Put one record into another topic."""
        self._producer.produce(self.topic(kind), value, key, partition=0)
        assert self._producer.flush(PATIENCE_SECONDS) == 0

    def make_again(self, kind: str) -> None:
        """A topic that is gone is made again."""
        create_missing(self.admin, topics_of("tiny", partitions=1, prefix=self.prefix))
        assert self.topic(kind) in self.admin.partition_counts()

    def wait(self, so: Callable[[], bool]) -> None:
        """Return once `so()`; fail with the logs when it takes too long."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not so():
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.05)

    def stands(self) -> int:
        """Where the group stands."""
        return committed_of(self.brokers, self.group, [self.place]).get(self.place, 0)

    def drain(self) -> None:
        """Wait until all profiles are committed."""
        self.wait(lambda: self.stands() >= edges(self.brokers, [self.place.topic])[self.place][1])

    def ended(self, child: Child) -> int | None:
        """Wait for its end; its exit code."""
        self.wait(lambda: child.exit_code is not None)
        return child.exit_code

    def reports(self, topic: str = "") -> list[str]:
        """What readers see of the reports, without when they were written."""
        return self._told("drift", topic or self.topic("drift"))

    def everything(self) -> list[str]:
        """The reports, then the alerts."""
        return self.reports() + self._told("alert", self.topic("alerts"))

    def _told(self, contract: str, topic: str) -> list[str]:
        found = []
        for batch in scan(self.brokers, [topic]):
            for key, value in zip(batch.keys, batch.values, strict=True):
                said = read_record(contract, value or b"")
                assert said.pop("written_at") > 0
                found.append(f"{(key or b'').decode()} {json.dumps(said, sort_keys=True)}")
        return found

    def state(self) -> dict[bytes, bytes | None]:
        """The latest of each key of the snapshot topic."""
        found: dict[bytes, bytes | None] = {}
        for batch in scan(self.brokers, [self.topic("drift-state")]):
            found |= {key: value for key, value in zip(batch.keys, batch.values, strict=True) if key}
        return found

    def logs(self) -> str:
        """The end of every process's log."""
        return last_words(self.children)

    def close(self) -> None:
        """Stop whoever still runs."""
        del self._producer
        stop_all(self.children)


def story(made: tuple[Bundle, ...]) -> list[Record]:
    """Twelve hours of two versions of the tiny model."""
    return list(history(terms_of(made), hours=12, rows=200))
