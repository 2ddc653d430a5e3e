"""A sidecar on the memory twin: profiles in, reports and alerts out, lives that end where they are told."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from models.bundle import Bundle
from services.drift.keeping.snapshot import canonical
from services.drift.kit import Kit
from services.drift.log.shape import Terms
from services.drift.pipeline import Drift
from services.drift.recalling import resumed
from services.drift.settings import Settings, Topics
from stream.dead_letters import Desk
from stream.loop import Loop
from stream.memory import MemoryLog, _batch
from stream.memory_broker import MemoryBroker
from stream.pace import Pace
from stream.records import Batch, Place, Start, Writes
from stream.tracing.log import traced
from stream.tracing.spans import Spans
from stream.watermark import Watermark
from tests.models.bundles import make_bundle
from tests.services.drift.judges import Chained, Numbered
from tests.services.drift.profiles import Record, history

ALL = 1_000_000
PACE = Pace(quiet_seconds=0, heartbeat_seconds=1_000_000)


class Killed(BaseException):
    """The process is gone."""


class Seeing:
    """What the sidecar told while it worked."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.rebuilt: list[str] = []
        self.results: Counter[str] = Counter()
        self._open: Counter[tuple[str, str]] = Counter()

    def counted(self, name: str, amount: int, **labels: str) -> None:
        """It counts with the commit."""
        self._open[name, "/".join(labels.values())] += amount

    def read(self, batch: Batch) -> None:
        """Nothing to see."""

    def waits(self, why: str) -> None:
        """Nothing to see."""

    def accounted(self, ranges: Sequence[Mapping[str, Any]], marks: Mapping[Place, Watermark | None]) -> None:
        """Nothing to see."""

    def rebuilds(self, why: str) -> None:
        """Keep why."""
        self.rebuilt.append(why)

    def rebuilding(self, share: float) -> None:
        """Nothing to see."""

    def stands(self, *, bytes_kept: int, oldest_micros: int | None) -> None:
        """Nothing to see."""

    def said(self, reports: Sequence[Mapping[str, Any]]) -> None:
        """Nothing to see."""

    def beat(self) -> None:
        """Nothing to see."""

    def disturbed(self, changes: Sequence[str]) -> None:
        """Nothing to see."""

    def ended(self, result: str, why: str = "") -> None:
        """Keep the results."""
        del why
        self.results[result] += 1
        self.counts += self._open if result == "committed" else Counter()
        self._open.clear()

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Nothing to see."""

    def held(self, places: Collection[Place]) -> None:
        """Nothing to see."""

    def settled(self, produce_seconds: float, commit_seconds: float) -> None:
        """Nothing to see."""


class MemoryKept:
    """The snapshot topic and the profile log of a memory broker."""

    def __init__(self, broker: MemoryBroker, topics: Topics) -> None:
        self._broker, self._topics = broker, topics

    def state(self) -> dict[bytes, bytes]:
        """The latest of every key."""
        found: dict[bytes, bytes] = {}
        for _, entry in self._broker.committed(Place(self._topics.state, 0), 0, ALL):
            if entry.value is None:
                found.pop(entry.key or b"", None)
            else:
                found[entry.key or b""] = entry.value
        return found

    def reported(self) -> int:
        """By the reports."""
        found = self._broker.committed(Place(self._topics.drift, 0), 0, ALL)
        return max((json.loads(entry.value or b"{}")["profile_to"] for _, entry in found), default=0)

    def profiles(self, end: int) -> Iterator[Batch]:
        """The log up to `end`."""
        place = Place(self._topics.profiles, 0)
        found = [one for one in self._broker.committed(place, 0, ALL) if one[0] < end]
        if found:
            yield _batch(place, found)


def bundles(path: Path) -> tuple[Bundle, ...]:
    """Two versions of the tiny model, with buckets of a quarter of an hour."""
    label = {"field": "late", "horizon": "2h"}
    said: dict[str, Any] = {"bucket": "15m", "label": label, "segments": ["carrier"]}
    return tuple(make_bundle(path / version, version=version, **said) for version in "12")


class World:
    """Topics, a kit, profiles in them."""

    def __init__(self, made: tuple[Bundle, ...], path: Path, **settings: Any) -> None:
        said = Settings(brokers="memory", bundle=path, begin="earliest", **settings)
        self.topics, self.broker, self.sight = Topics(said, "tiny"), MemoryBroker(), Seeing()
        topics, self.headers = self.topics, list[tuple[str, bytes]]()
        for topic in (topics.profiles, topics.drift, topics.alerts, topics.state, topics.dead_letters):
            self.broker.create(topic, 1)
        self.kit = Kit(
            settings=said,
            topics=topics,
            bundles=made,
            kept=MemoryKept(self.broker, topics),
            desk=Desk(topic=topics.dead_letters, group=topics.group, service="drift", service_version="0"),
            judge=Chained,
            alerts=Numbered,
            encode_report=canonical,
            encode_alert=canonical,
        )

    def feed(self, records: Sequence[Record]) -> None:
        """Put profiles into the log; stamps are the broker's, which the twin has none of."""
        values = [one.value for one in records]
        n = len(values)
        headers = [self.headers or None] * n
        self.broker.produce(
            Writes(topic=self.topics.profiles, values=values, keys=[b"w"] * n, partitions=[0] * n, headers=headers)
        )

    def live(
        self, *, rows: int = 20, dies_at: int | None = None, until: int | None = None, spans: Spans | None = None
    ) -> bool:
        """Run a sidecar until all is read, or it dies at its so many-th step, or has read so many; whether it lived."""
        left = [dies_at]

        def probe(_step: str) -> None:
            if left[0] is not None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed

        topics, resume = self.topics, partial(resumed, self.kit)
        log = traced(
            MemoryLog(self.broker, topics.group, [topics.profiles], rows=rows, probe=probe, resume=resume), spans
        )
        place = Place(self.topics.profiles, 0)

        def is_over() -> bool:
            start = self.broker.offsets.get((self.topics.group, place))
            end = len(self.broker.partitions[place.topic][0]) if until is None else until
            return start is not None and start.offset >= end

        try:
            Loop(log, Drift(self.kit, self.sight), self.sight, pace=PACE, sleep=lambda _seconds: None).run(is_over)
        except Killed:
            return False
        finally:
            log.close()
        return True

    def said(self, topic: str) -> list[str]:
        """All that is committed in a topic, without when it was written."""
        found = []
        for _, entry in self.broker.committed(Place(topic, 0), 0, ALL):
            record = json.loads(entry.value or b"{}")
            assert record.pop("written_at") > 0
            found.append(f"{(entry.key or b'').decode()} {json.dumps(record, sort_keys=True)}")
        return found

    def reports(self) -> tuple[list[str], list[str]]:
        """Reports and alerts."""
        return self.said(self.topics.drift), self.said(self.topics.alerts)


def story(terms: Terms) -> tuple[Record, ...]:
    """The calm history for these terms, made once."""
    return _made(tuple(sorted(terms.shapes)), lambda: tuple(history(terms, hours=12, rows=300)))


_STORIES: dict[tuple[str, ...], tuple[Record, ...]] = {}


def _made(name: tuple[str, ...], make: Callable[[], tuple[Record, ...]]) -> tuple[Record, ...]:
    if name not in _STORIES:
        _STORIES[name] = make()
    return _STORIES[name]
