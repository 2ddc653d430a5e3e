"""A scorer with a tiny model on the memory twin, for tests of what it makes of its input."""

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastavro

from models.bundle import Bundle, load_bundle
from models.session import Session
from schemas.contracts import latest
from schemas.framing import frame
from schemas.reader import Reader
from schemas.records import read_record
from schemas.source import DirectorySource
from services.scorer.kit import Kit, wanted_of
from services.scorer.pipeline import Scorer
from services.scorer.serving.chain import Chain
from services.scorer.settings import Settings, Topics
from services.scorer.start.assembly import Opened, chain_of
from stream.dead_letters import Desk
from stream.loop import Loop
from stream.memory import MemoryLog
from stream.memory_broker import MemoryBroker
from stream.pace import Pace
from stream.records import Batch, Headers, Place, Start, Writes
from stream.tracing.log import traced
from stream.tracing.spans import Spans
from stream.watermark import Watermark
from tests.models.bundles import make_bundle

START_MICROS = 1_362_096_000_000_000
EVENT: dict[str, Any] = {
    "type": "record",
    "name": "TinyEvent",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "amount", "type": ["null", "double"]},
        {"name": "hour", "type": "int"},
        {"name": "weekend", "type": "boolean"},
        {"name": "carrier", "type": "string"},
        {"name": "wind", "type": ["null", "double"]},
        {"name": "ignored", "type": "string", "default": ""},
    ],
}


def event(number: int, **other: Any) -> dict[str, Any]:
    """A good event; `other` replaces fields."""
    return {
        "event_id": f"e{number}",
        "event_time": START_MICROS + number * 60_000_000,
        "amount": 1.5,
        "hour": number % 24,
        "weekend": number % 7 > 4,
        "carrier": ("AA", "DL", "UA")[number % 3],
        "wind": None,
        **other,
    }


def write_event(record: Mapping[str, Any], prefix: bytes) -> bytes:
    """An event as a user's producer writes it."""
    out = io.BytesIO()
    out.write(prefix)
    plain = {
        **EVENT,
        "fields": [{**f, "type": "long"} if f["name"] == "event_time" else f for f in EVENT["fields"]],
    }
    fastavro.schemaless_writer(out, fastavro.parse_schema(plain), dict(record))
    return out.getvalue()


class Seeing:
    """What the scorer told while it worked."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}
        self.ranges: list[Mapping[str, Any]] = []
        self._said: Sequence[Mapping[str, Any]] = ()
        self.results: list[str] = []
        self.waited: list[str] = []

    def distrusts(self, why: str) -> None:
        """Keep why."""
        self.waited.append(why)

    def took(self, stage: str, seconds: float) -> None:
        """Timings are not looked at."""

    def counted(self, name: str, amount: int, **labels: str) -> None:
        """Add up."""
        key = (name, labels.get("reason", ""))
        self.counts[key] = self.counts.get(key, 0) + amount

    def read(self, batch: Batch) -> None:
        """Nothing to see."""

    def waits(self, why: str) -> None:
        """Keep why."""
        self.waited.append(why)

    def accounted(self, ranges: Sequence[Mapping[str, Any]], marks: Mapping[Place, Watermark | None]) -> None:  # noqa: ARG002  # the protocol's words
        """Keep the ranges, which count with the commit."""
        self._said = ranges

    def beat(self) -> None:
        """Nothing to see."""

    def disturbed(self, changes: Sequence[str]) -> None:
        """Nothing to see."""

    def ended(self, result: str, why: str = "") -> None:  # noqa: ARG002  # the protocol's words
        """Keep the results; an aborted transaction is read again, so its ranges are not kept."""
        self.results.append(result)
        self.ranges += self._said if result == "committed" else ()
        self._said = ()

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Nothing to see."""

    def held(self, places: Collection[Place]) -> None:
        """Nothing to see."""

    def settled(self, produce_seconds: float, commit_seconds: float) -> None:
        """Timings are not looked at."""


class World:
    """Topics in memory, a scorer's kit, events in, decoded records out."""

    def __init__(
        self,
        path: Path,
        *,
        partitions: int = 2,
        settings: Mapping[str, Any] | None = None,
        fallback: Path | None = None,
        **contract: Any,
    ) -> None:
        # Opened without a trial: a child process for each of these worlds would take a second.
        bundle = make_bundle(path / "bundle", **contract)
        source = DirectorySource(path / "schemas")
        self.prefix = frame(source.add(EVENT))
        self.settings = Settings(brokers="memory", bundle=path / "bundle", begin="earliest", **(settings or {}))
        self.changes: list[tuple[str, str]] = []
        self.topics = Topics(self.settings, bundle.contract.model)
        self.kit = Kit(
            settings=self.settings,
            topics=self.topics,
            bundle=bundle,
            chain=self.chain(bundle, fallback),
            reader=Reader(wanted_of(bundle.contract), source, json=bundle.contract.format == "json"),
            desk=Desk(topic=self.topics.dead_letters, group="g", service="scorer", service_version="0"),
            prediction_frame=frame(source.add(latest("prediction"))),
            profile_frame=frame(source.add(latest("profile"))),
            partitions=partitions,
            writer="w",
            session_name="s",
        )
        self.partitions = partitions
        self.broker = MemoryBroker()
        for topic in (self.topics.features, self.topics.predictions, self.topics.dead_letters):
            self.broker.create(topic, partitions)
        self.broker.create(self.topics.profiles, 1)

    def chain(self, champion: Bundle, fallback: Path | None) -> Chain:
        """The chain of a bundle with the fallback at `fallback`, as the process makes it."""
        second = None if fallback is None else load_bundle(fallback)
        opened = Opened(
            (champion, Session(champion.onnx, champion.contract)),
            None if second is None else (second, Session(second.onnx, second.contract)),
        )
        return chain_of(opened, self.settings, lambda role, state, _why: self.changes.append((role, state)))

    def feed(
        self,
        values: Sequence[bytes | Mapping[str, Any] | None],
        headers: Sequence[Headers | None] | None = None,
    ) -> None:
        """Produce events, round robin over the partitions; a mapping is written as Avro, bytes go as they are."""
        wire = [write_event(v, self.prefix) if isinstance(v, Mapping) else v for v in values]
        self.broker.produce(
            Writes(
                topic=self.topics.features,
                values=wire,
                keys=[b"k%d" % n for n in range(len(wire))],
                partitions=[n % self.partitions for n in range(len(wire))],
                headers=headers,
            )
        )

    def run(
        self,
        turns: int = 40,
        *,
        rows: int = 500,
        probe: Any = lambda _step: None,
        successor: Callable[[], Kit | None] = lambda: None,
        spans: Spans | None = None,
    ) -> Seeing:
        """Let a scorer turn its loop so many times, then commit and leave."""
        seeing, left = Seeing(), iter(range(turns))
        log = traced(MemoryLog(self.broker, "g", [self.topics.features], rows=rows, probe=probe), spans)
        pace, kit = Pace(quiet_seconds=0, longest_seconds=0), replace(self.kit, spans=spans)
        loop = Loop(log, Scorer(kit, seeing, successor=successor), seeing, pace=pace, sleep=lambda _seconds: None)
        loop.run(lambda: next(left, None) is None)
        log.close()
        return seeing

    def seen(self, topic: str) -> list[tuple[int, int, Any]]:
        """(partition, offset, entry) of every committed record of `topic`."""
        found = []
        for partition in range(len(self.broker.partitions[topic])):
            for offset, entry in self.broker.committed(Place(topic, partition), 0, 1_000_000):
                found.append((partition, offset, entry))
        return found

    def predictions(self) -> list[dict[str, Any]]:
        """Every prediction, decoded; watermark marks left out."""
        entries = [entry for _, _, entry in self.seen(self.topics.predictions)]
        return [read_record("prediction", entry.value) for entry in entries if entry.value is not None]

    def profiles(self) -> list[dict[str, Any]]:
        """Every profile part, decoded."""
        return [read_record("profile", entry.value) for _, _, entry in self.seen(self.topics.profiles)]

    def dead(self) -> list[tuple[bytes | None, dict[str, bytes | None]]]:
        """Every dead letter: its value, its note."""
        return [(entry.value, dict(entry.headers or ())) for _, _, entry in self.seen(self.topics.dead_letters)]
