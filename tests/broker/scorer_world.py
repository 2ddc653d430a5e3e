"""A scorer's world on the embedded broker: topics, a tiny bundle, events in, processes that score them."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from driftline.books import Books
from driftline.local.child import Child
from driftline.local.topics import create_topics
from schemas.framing import frame
from schemas.source import DirectorySource
from stream.faults import Stopped
from stream.kafka.admin import Admin
from stream.kafka.clients import open_producer
from stream.kafka.reading import committed_of
from stream.kafka.scan import edges
from stream.records import Headers, Place
from tests.broker.children import last_words, stop_all
from tests.broker.crashing import LAST
from tests.broker.nursery import MAINS, Nursery
from tests.models.bundles import make_bundle
from tests.services.scorer.world import EVENT, event, write_event

MODEL, PARTITIONS, KEYS = "tiny", 4, 40
PATIENCE_SECONDS = 60.0
Value = bytes | Mapping[str, Any] | None


class World:
    """Topics of their own, a bundle, a schema directory; everything it starts has ended after `close`.

    Scorers are started as anybody would, or, with a `nursery`, sooner.
    """

    def __init__(self, brokers: str, prefix: str, path: Path, nursery: Nursery | None = None) -> None:
        self.brokers, self.prefix, self.path, self._nursery = brokers, prefix, path, nursery
        make_bundle(path / "bundle")
        self.frame = frame(DirectorySource(path / "schemas").add(EVENT))
        create_topics(Admin(brokers), MODEL, partitions=PARTITIONS, prefix=prefix)
        self.books = Books(brokers=brokers, model=MODEL, prefix=prefix)
        self.features, self.predictions = self.books.topic("features"), self.books.topic("predictions")
        self.dead_letters, self.profiles = self.books.topic("features.dlq"), self.books.topic("profiles")
        self.children: list[Child] = []
        self.fed = 0
        calm = path / "feeder.properties"
        calm.write_text("log_level=0\n", encoding="utf-8")
        self._producer = open_producer(brokers, file=calm)

    def settings(self, **other: object) -> dict[str, str]:
        """A scorer's variables; `other` adds or replaces some, by the names of its settings, None leaves one out."""
        said: dict[str, object] = {
            "brokers": self.brokers,
            "bundle": self.path / "bundle",
            "schemas": self.path / "schemas",
            "prefix": self.prefix,
            "begin": "earliest",
            "admin_port": 0,
            **other,
        }
        return {f"SCORER_{name.upper()}": str(value) for name, value in said.items() if value is not None}

    def scorer(self, **settings: object) -> Child:
        """Start a scorer as anybody would."""
        return self._start("services.scorer", self.settings(**settings))

    def crashing(self, lives: Sequence[str], *, settings: Mapping[str, object], **fate: float) -> Child:
        """Start a scorer that lives `lives`, then one more until told; `fate` is aborts, seed, clock_seconds."""
        said = {"LIVES": ",".join([*lives, LAST]), "GATE": self.gate(len(self.children)), **fate}
        mine = {f"CRASHING_{name.upper()}": str(value) for name, value in said.items()}
        return self._start("tests.broker.crashing", self.settings(**settings) | mine)

    def process(self, module: str, **settings: object) -> Child:
        """Start another module that takes a scorer's settings."""
        return self._start(module, self.settings(**settings))

    def slow(self, seconds: float, **settings: object) -> tuple[Child, Path]:
        """Start a scorer that needs so long for each batch while the file beside it exists, with that file."""
        file = self.path / "slow"
        file.touch()
        mine = {"SLOW_SECONDS": str(seconds), "SLOW_WHILE": str(file)}
        return self._start("tests.broker.slow", self.settings(**settings) | mine), file

    def gate(self, number: int = 0) -> Path:
        """The file before which a life of that process waits until it is removed."""
        return self.path / f"gate-{number}"

    def tuned(self, **properties: object) -> Path:
        """A file of Kafka properties, `_` for `.`: times short enough for a test, those of `properties` on top."""
        said = {"session_timeout_ms": 3_000, "heartbeat_interval_ms": 300, "transaction_timeout_ms": 3_000}
        lines = [f"{name.replace('_', '.')}={value}\n" for name, value in (said | properties).items()]
        file = self.path / f"kafka-{len(list(self.path.glob('kafka-*')))}.properties"
        file.write_text("".join(lines), encoding="utf-8")
        return file

    def _start(self, module: str, environment: Mapping[str, str]) -> Child:
        name = f"scorer-{len(self.children)}"
        log, command = self.path / f"{name}.log", [sys.executable, "-m", module]
        self.children.append(
            self._nursery.start(name, module, log=log, environment=environment)
            if self._nursery and module in MAINS
            else Child.start(name, command, log=log, environment=environment)
        )
        return self.children[-1]

    def feed(
        self,
        values: Sequence[Value],
        *,
        keys: Sequence[bytes | None] | None = None,
        headers: Mapping[int, Headers] | None = None,
    ) -> None:
        """Produce as users do: a mapping is written as Avro, bytes go as they are; `headers` by place in `values`."""
        for row, value in enumerate(values):
            wire = write_event(value, self.frame) if isinstance(value, Mapping) else value
            key = b"k%d" % ((self.fed + row) % KEYS) if keys is None else keys[row]
            self._producer.produce(self.features, wire, key, headers=list((headers or {}).get(row, ())))
        assert self._producer.flush(PATIENCE_SECONDS) == 0
        self.fed += len(values)

    def feed_events(self, count: int) -> None:
        """Produce so many good events, numbered on from the last."""
        self.feed([event(number) for number in range(self.fed, self.fed + count)])

    def places(self) -> list[Place]:
        """The partitions events come in by."""
        return [Place(self.features, partition) for partition in range(PARTITIONS)]

    def behind(self) -> int:
        """Positions the group has yet to commit."""
        stands = committed_of(self.brokers, self.books.reader, self.places())
        ends = edges(self.brokers, [self.features])
        return sum(end - stands.get(place, low) for place, (low, end) in ends.items())

    def wait(self, so: Callable[[], bool]) -> None:
        """Return once `so()`; fail with the logs when it takes too long.

        Brokers that do not tell it are asked again: offsets in a transaction whose writer, or whose broker, died are
        told once it has timed out and the broker has looked at that.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._holds(so):
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.1)

    def _holds(self, so: Callable[[], bool]) -> bool:
        with suppress(Stopped):
            return so()
        return False

    def drain(self) -> None:
        """Wait until the group has committed everything that was fed."""
        self.wait(lambda: self.behind() == 0)

    def logs(self) -> str:
        """The end of every process's log."""
        return last_words(self.children)

    def close(self) -> None:
        """Stop whoever still runs."""
        del self._producer
        stop_all(self.children)
