"""A labeler on the memory twins of log and room: predictions and labels in, decoded outcomes and profiles out."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy import int64
from numpy.typing import NDArray

from schemas.contracts import latest
from schemas.framing import frame
from schemas.profile import Slice
from schemas.records import read_record, write_record
from schemas.source import DirectorySource
from services.labeler.healing import Healing
from services.labeler.kit import Kit
from services.labeler.pipeline import Labeler
from services.labeler.room.memory import MemoryRoom
from services.labeler.settings import PREFIX, Settings, Topics
from services.labeler.threads import Threads
from services.start.schemas import Schemas
from stream.clocks import MARK_HEADER
from stream.dead_letters import Desk
from stream.loop import Loop
from stream.memory import MemoryLog, _batch
from stream.memory_broker import MemoryBroker
from stream.pace import Pace
from stream.partitioner import partition_of
from stream.records import Batch, Headers, Place, Start, Writes
from stream.tracing.log import traced
from stream.tracing.spans import Spans
from stream.watermark import NEVER
from tests.models.bundles import make_bundle
from tests.services.labeler.records import HOUR, prediction

START = 1_362_096_000_000_000
LABEL = {"field": "late", "horizon": "1h", "late_window": "1h", "revision_window": "1h"}


class Alone:
    """Nothing is known of any other partition."""

    def reached(self, topic: str) -> int:  # noqa: ARG002  # the protocol's words
        """Never."""
        return NEVER


class Died(BaseException):
    """The process is gone, as after kill -9."""


class Seeing:
    """What the labeler told while it worked."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}
        self.healed: list[tuple[int, str]] = []
        self.results: list[str] = []
        self.why: list[str] = []
        self.full = list[tuple[bool, str]]()

    def counted(self, name: str, amount: int, **labels: str) -> None:
        """Add up."""
        key = name, next(iter(labels.values()), "")
        self.counts[key] = self.counts.get(key, 0) + amount

    def heals(self, pair: int, why: str) -> None:
        """Keep which, why."""
        self.healed.append((pair, why))

    def ended(self, result: str, why: str = "") -> None:
        """Keep the results."""
        self.results.append(result)
        self.why += [why] if why else []

    def read(self, batch: Batch) -> None:
        """Nothing to see."""

    def waits(self, why: str) -> None:
        """Nothing to see."""

    def accounted(self, ranges: Sequence[Mapping[str, Any]], marks: Mapping[Place, Any]) -> None:
        """Nothing to see."""

    def delays(self, micros: NDArray[int64]) -> None:
        """Nothing to see."""

    def crowded(self, is_full: bool, stuck: str) -> None:  # noqa: FBT001 - called back
        """Keep what it was full of."""
        self.full.append((is_full, stuck))

    def joined(self, slices: Sequence[Slice], clocks: Mapping[int, int]) -> None:
        """Nothing to see."""

    def beat(self) -> None:
        """Nothing to see."""

    def disturbed(self, changes: Sequence[str]) -> None:
        """Nothing to see."""

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Nothing to see."""

    def held(self, places: Collection[Place]) -> None:
        """Nothing to see."""

    def settled(self, produce_seconds: float, commit_seconds: float) -> None:
        """Timings are not looked at."""


class MemoryKept:
    """What the memory broker keeps; how often it was read again is counted."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.broker, self.stretches = broker, list[tuple[Place, int, int]]()

    def edges(self, places: Sequence[Place]) -> Mapping[Place, tuple[int, int]]:
        """From the beginning to the end."""
        return {place: (0, len(self.broker.partitions[place.topic][place.partition])) for place in places}

    def read(self, place: Place, start: int, end: int) -> Iterator[Batch]:
        """Committed records in [start, end)."""
        self.stretches.append((place, start, end))
        found = [(at, entry) for at, entry in self.broker.committed(place, start, 10**6) if at < end]
        if found:
            yield _batch(place, found)


class World:
    """Topics in memory, a room, a labeler's kit."""

    def __init__(
        self, path: Path, *, partitions: int = 1, label: Mapping[str, str] = LABEL, log: type[MemoryLog] = MemoryLog,
        task: str = "binary", **settings: Any,
    ) -> None:  # fmt: skip
        bundle = make_bundle(path / "bundle", task=task, label=dict(label), segments=["carrier"])
        said = {"brokers": "memory", "bundle": path / "bundle", "redis": "memory", "schemas": path / "schemas"}
        self.settings = Settings(**{**said, "begin": "earliest", **settings})
        self.topics, self.partitions = Topics(self.settings, bundle.contract.model), partitions
        source = DirectorySource(path / "schemas")
        self.frames = {name: frame(source.add(latest(name))) for name in ("prediction", "label")}
        self.kit = Kit(
            settings=self.settings,
            topics=self.topics,
            bundle=bundle,
            schemas=Schemas(self.settings, PREFIX),
            desk=lambda topic: Desk(topic=f"{topic}.dlq", group="g", service="labeler", service_version="0"),
            partitions=partitions,
            writer="w",
            session_name="s",
        )
        self.room, self.broker, self._log = MemoryRoom(), MemoryBroker(), log
        inputs = self.topics.predictions, self.topics.labels
        for topic in (*inputs, self.topics.outcomes, *(f"{one}.dlq" for one in inputs)):
            self.broker.create(topic, partitions)
        self.broker.create(self.topics.profiles, 1)
        self.kept = MemoryKept(self.broker)
        self.produced, self.headers = 0, list[tuple[str, bytes]]()

    def predict(self, *said: dict[str, Any]) -> None:
        """Predictions like a good one of event e0, but for what is said."""
        for one in said:
            name = str(one.get("event_id", "e0"))
            time = one.get("event_time", START)
            source = {"topic": "f", "partition": 0, "offset": self.produced}
            record = prediction(name, time, **{"segments": {"carrier": "AA"}, "source": source, **one})
            self._produce(self.topics.predictions, name, write_record("prediction", record, self.frames["prediction"]))

    def tell(self, *said: dict[str, Any]) -> None:
        """Labels like a good one of event e0, but for what is said."""
        for one in said:
            name = str(one.get("event_id", "e0"))
            record = {"event_id": name, "label": True, "labelled_at": START + HOUR // 2, "revision": 0, **one}
            self._produce(self.topics.labels, name, write_record("label", record, self.frames["label"]))

    def mark(self, hours: float) -> None:
        """Both topics have come so far."""
        header = [(MARK_HEADER, b"%d" % (START + round(hours * HOUR)))]
        for topic in (self.topics.predictions, self.topics.labels):
            for partition in range(self.partitions):
                self.put(topic, None, b"k", partition, header)

    def _produce(self, topic: str, name: str, value: bytes) -> None:
        key = name.encode()
        self.put(topic, value, key, partition_of(key, self.partitions), self.headers or None)
        self.produced += 1

    def put(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int, headers: Headers | None = None
    ) -> None:
        """One record as it is."""
        self.broker.produce(Writes(topic=topic, values=[value], keys=[key], partitions=[partition], headers=[headers]))

    def run(
        self,
        turns: int = 40,
        *,
        dies: str = "",
        at: int = 1,
        between: Callable[[int], None] = lambda _turn: None,
        heartbeat_seconds: float = 0,
        spans: Spans | None = None,
    ) -> Seeing:
        """Let a labeler turn its loop so many times, then commit and leave; or die at the `at`-th step called `dies`.

        `between` is called before each turn with its number.
        """
        seeing, left, met = Seeing(), iter(range(turns)), iter(range(1, 10**6))

        def probe(step: str) -> None:
            if step == dies and next(met) == at:
                raise Died

        def until() -> bool:
            turn = next(left, None)
            if turn is not None:
                between(turn)
            return turn is None

        inputs = [self.topics.predictions, self.topics.labels]
        log = traced(self._log(self.broker, "g", inputs, rows=50, probe=probe), spans)
        healing = Healing(self.kit, self.room, self.kept, beat=lambda _pair, _share: None)
        threads = None if spans is None else Threads(spans)
        labeler = Labeler(self.kit, self.room, healing, seeing, at_end=log.at_end, outside=Alone(), threads=threads)
        pace = Pace(quiet_seconds=0, longest_seconds=0, heartbeat_seconds=heartbeat_seconds, backoff_seconds=0)
        with suppress(Died):
            Loop(log, labeler, seeing, pace=pace, sleep=lambda _seconds: None).run(until)
        log.close()
        return seeing

    def decoded(self, topic: str, name: str) -> list[dict[str, Any]]:
        """Every committed record of a topic."""
        places = [Place(topic, number) for number in range(len(self.broker.partitions[topic]))]
        entries = [entry for place in places for _, entry in self.broker.committed(place, 0, 10**6)]
        return [read_record(name, entry.value or b"") for entry in entries]

    def outcomes(self) -> list[tuple[str, str, int, object]]:
        """Event, status, seq and label of each outcome, in order."""
        found = self.decoded(self.topics.outcomes, "outcome")
        return [(one["event_id"], one["status"], one["seq"], one["label"]) for one in found]

    def last(self) -> dict[str, tuple[str, object]]:
        """Status and label of each event's outcome with the highest seq; those seqs count up from 0."""
        found: dict[str, dict[int, tuple[str, object]]] = {}
        for name, status, seq, label in self.outcomes():
            if seq >= 0:
                assert seq == len(found.setdefault(name, {})), name
                found[name][seq] = status, label
        return {name: said[max(said)] for name, said in found.items()}

    def results(self) -> dict[str, int]:
        """How many labels had each result."""
        found: dict[str, int] = {}
        for profile in self.profiles():
            for result, count in profile["results"].items():
                found[result] = found.get(result, 0) + count
        return found

    def profiles(self) -> list[dict[str, Any]]:
        """Every profile part."""
        return self.decoded(self.topics.profiles, "profile")

    def sums(self, *names: str) -> dict[str, int]:
        """Counts of all ranges together."""
        ranges = [one for profile in self.profiles() for one in profile["ranges"]]
        return {name: sum(one[name] for one in ranges) for name in names}

    def dead(self, topic: str) -> list[str]:
        """The reason of each dead letter of a topic."""
        places = [Place(f"{topic}.dlq", number) for number in range(self.partitions)]
        entries = [entry for place in places for _, entry in self.broker.committed(place, 0, 10**6)]
        return [(dict(entry.headers or ())["dlq.error.reason"] or b"").decode() for entry in entries]
