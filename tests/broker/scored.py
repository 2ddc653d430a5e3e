"""A small model's topics on a real broker, scored by a real scorer in this process."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from driftline.books import Books
from driftline.local.topics import create_topics
from schemas.records import read_record, write_record
from services.scorer.pipeline import Scorer
from stream.dead_letters import Desk
from stream.kafka.admin import Admin
from stream.kafka.clients import client_config
from stream.kafka.log import KafkaLog
from stream.kafka.producer import TransactionalProducer
from stream.kafka.scan import scan
from stream.kafka.settings import LogSettings
from stream.loop import Loop
from stream.pace import Pace
from stream.records import Place, Writes
from tests.services.scorer.world import Seeing, World, event, write_event

PARTITIONS = 2
PATIENCE_SECONDS = 30
BAD = (b"", b"no avro", b"\x00\x00\x00\x27\x0fbody")


class ScoredTopics:
    """Topics, what one puts on them, the books that are kept of it."""

    def __init__(self, path: Path, brokers: str, prefix: str) -> None:
        self.path, self.brokers, self.prefix = path, brokers, prefix
        self.world = World(path, partitions=PARTITIONS, settings={"prefix": prefix})
        self.topics = self.world.topics
        desk = Desk(topic=self.topics.dead_letters, group=self.topics.group, service="scorer", service_version="0")
        self.kit = dataclasses.replace(self.world.kit, desk=desk)
        create_topics(Admin(brokers), "tiny", partitions=PARTITIONS, prefix=prefix)
        self.books = Books(brokers=brokers, model="tiny", prefix=prefix)
        self.fed = 0

    def produce(self, topic: str, values: Sequence[bytes | None], partition: int, **other: Any) -> None:
        """Write as anybody could, outside of any transaction."""
        self._transact(topic, values, partition, commit=None, **other)

    def feed(self, count: int, *, commit: bool | None = None, bad: Sequence[bytes] = ()) -> None:
        """Good events with `bad` ones after them in each partition; in a transaction unless `commit` is None."""
        for partition in range(PARTITIONS):
            good = [write_event(event(n), self.world.prefix) for n in range(self.fed, self.fed + count)]
            self.fed += count
            self._transact(self.topics.features, [*good, *bad], partition, commit=commit)

    def _transact(
        self, topic: str, values: Sequence[bytes | None], partition: int, *, commit: bool | None, **other: Any
    ) -> None:
        transaction = {} if commit is None else {"transactional.id": f"{self.prefix}feeder"}
        producer = TransactionalProducer(client_config(self.brokers) | transaction)
        deadline, clock = time.monotonic() + PATIENCE_SECONDS, time.monotonic
        if commit is not None:
            producer.init(deadline, clock)
            producer.begin(deadline, clock)
        keys = [b"k%d" % n for n in range(len(values))]
        partitions = [partition] * len(values)
        wrote = Writes(topic=topic, values=values, keys=keys, partitions=partitions, **other)
        producer.write(wrote, deadline, clock)
        producer.flush(deadline, clock)
        if commit is not None:
            (producer.commit if commit else producer.abort)(deadline, clock)

    def score(self, records: int) -> None:
        """Run a scorer until it has committed so many records."""
        seeing, deadline = Seeing(), time.monotonic() + PATIENCE_SECONDS
        settings = LogSettings(
            brokers=self.brokers,
            group=self.topics.group,
            topics=(self.topics.features,),
            session=f"{self.prefix}{self.fed}",
            begin="earliest",
            rows=100,
        )
        log = KafkaLog(settings, resume=lambda _places: {})
        pace = Pace(quiet_seconds=0.005, longest_seconds=0.02)

        def done() -> bool:
            assert time.monotonic() < deadline, f"{records} records were not there to be scored"
            return bool(sum(r["to"] - r["from"] - r["absent"] for r in seeing.ranges) >= records)

        Loop(log, Scorer(self.kit, seeing), seeing, pace=pace).run(done)
        log.close()
        # A commit is answered before its markers are written: until then nobody sees what it wrote.
        said = {(one["topic"], one["partition"]): one["to"] for one in seeing.ranges}
        while any(self.ends().get(Place(*at), -1) < to for at, to in said.items()):
            assert time.monotonic() < deadline, f"the accounts up to {said} do not show"

    def ends(self) -> dict[Place, int]:
        """Where the account ends in each partition."""
        found: dict[Place, int] = {}
        for batch in scan(self.brokers, [self.topics.profiles]):
            for value in batch.values:
                for one in read_record("profile", value or b"")["ranges"]:
                    place = Place(one["topic"], one["partition"])
                    found[place] = max(one["to"], found.get(place, 0))
        return found

    def claim(self, partition: int, start: int, end: int, **counts: int) -> None:
        """Write a profile that says so, as if a scorer had."""
        said: Mapping[str, Any] = {
            "topic": self.topics.features, "partition": partition, "from": start, "to": end,
            "absent": 0, **counts, "watermark": None,
        }  # fmt: skip
        record = {
            "role": "scorer", "group": self.topics.group, "arm": "champion", "writer": "forger", "session": "f",
            "sequence": 0, "part": 0, "parts": 1, "model": "tiny", "bucket_micros": 1, "written_at": 0,
            "ranges": [said], "reasons": {}, "slices": [],
        }  # fmt: skip
        self.produce(self.topics.profiles, [write_record("profile", record, self.kit.profile_frame)], 0)
