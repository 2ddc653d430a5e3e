"""A labeler on a real Kafka and a real Valkey: killed and robbed of its room it gives the table it would have given."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from driftline.audit import audit
from driftline.books import Books, outcomes
from driftline.local.child import Child
from driftline.local.valkey import Valkey
from schemas.contracts import latest
from schemas.framing import frame
from schemas.records import write_record
from schemas.source import DirectorySource
from stream.clocks import MARK_HEADER
from stream.kafka.admin import Admin, WantedTopic
from stream.kafka.clients import open_producer
from stream.kafka.scan import scan
from stream.partitioner import partition_of
from tests.broker.scorer_world import KEYS, PARTITIONS, World
from tests.services.scorer.world import event
from tests.valkeys import talking

EVENTS, LABELLED = 600, 500
DAY = 86_400_000_000
GARBAGE = (b"", b"no label", b"\0\0\0\0\x63body")


class Labels:
    """Truth for a scorer's world, and labelers that join it; each life is a process of its own."""

    def __init__(self, world: World, valkey: Valkey) -> None:
        self.world, self.valkey = world, valkey
        self.books = replace(world.books, role="labeler")
        self.prefix = frame(DirectorySource(world.path / "schemas").add(latest("label")))
        self.labels = self.books.topic("labels")
        self.producer = open_producer(world.brokers)

    def start(self, **settings: object) -> Child:
        """A labeler as anybody would start it."""
        said = {"redis": self.valkey.address, "heartbeat_seconds": 0.3, "slot": "one", **settings}
        said.setdefault("kafka_config", self.world.tuned())
        environment = {name.replace("SCORER_", "LABELER_", 1): v for name, v in self.world.settings(**said).items()}
        log, module = self.world.path / f"labeler-{len(self.world.children)}.log", "services.labeler"
        self.world.children.append(
            Child.start("labeler", [sys.executable, "-m", module], log=log, environment=environment)
        )
        return self.world.children[-1]

    def tell(self, first: int, last: int, **said: object) -> None:
        """Labels of these events, an hour after each."""
        for number in range(first, last):
            one = event(number)
            at = one["event_time"] + DAY // 24
            record = {"event_id": one["event_id"], "label": number % 3 == 0, "labelled_at": at, "revision": 0, **said}
            self.producer.produce(self.labels, write_record("label", record, self.prefix), b"k%d" % (number % KEYS))
        assert self.producer.flush(30) == 0

    def mark(self) -> None:
        """Both topics have come further than anything that is waited for."""
        header = [(MARK_HEADER, b"%d" % (event(EVENTS)["event_time"] + 60 * DAY))]
        for topic in (self.world.features, self.labels):
            for partition in range(PARTITIONS):
                self.producer.produce(topic, None, b"mark", partition=partition, headers=header)
        assert self.producer.flush(30) == 0

    def table(self) -> dict[str, tuple[str, bool | None]]:
        """By event: status and label of the record with the highest seq, the first of them."""
        best: dict[str, tuple[int, tuple[str, bool | None]]] = {}
        for one in outcomes(self.books):
            if one["event_id"] not in best or one["seq"] > best[one["event_id"]][0]:
                best[one["event_id"]] = one["seq"], (one["status"], one["label"])
        return {name: said for name, (_, said) in best.items()}

    def seqs(self) -> dict[str, list[int]]:
        """The seqs of each event's outcomes, in order."""
        found: dict[str, list[int]] = {}
        for one in outcomes(self.books):
            found.setdefault(one["event_id"], []).append(one["seq"])
        return found


@pytest.fixture
def labels(brokers: str, prefix: str, tmp_path: Path, valkey: Valkey) -> Iterator[Labels]:
    """Six hundred events, all scored."""
    world = World(brokers, prefix, tmp_path)
    scorer = world.scorer()
    world.feed_events(EVENTS)
    made = Labels(world, valkey)
    made.tell(0, 100)
    world.drain()
    yield made
    made.mark()
    scorer.stop()
    world.close()


def expected() -> dict[str, tuple[str, bool | None]]:
    """What must stand in the end."""
    labelled = {f"e{n}": ("matched", n % 3 == 0) for n in range(LABELLED)}
    return {**labelled, **{f"e{n}": ("expired", None) for n in range(LABELLED, EVENTS)}}


def test_killed_and_robbed_of_its_room_it_joins_every_prediction_once(labels: Labels) -> None:
    """Kill -9 twice, FLUSHALL while it runs, a new start: the same table, seqs without gap, the ledger balanced."""
    world = labels.world
    labels.start(batch_rows=20, commit_millis=5)
    world.wait(lambda: len(labels.table()) >= 50)
    world.children[-1].kill()
    labels.start(batch_rows=20, commit_millis=5)
    labels.tell(100, 300)
    world.wait(lambda: len(labels.table()) >= 150)
    with talking(labels.valkey) as inside:
        inside.flushall()
    labels.tell(200, 400)
    world.wait(lambda: len(labels.table()) >= 400)
    world.children[-1].kill()
    with talking(labels.valkey) as inside:
        inside.flushall()
    labels.tell(400, LABELLED)
    last = labels.start()
    world.wait(lambda: len(labels.table()) >= LABELLED)
    labels.mark()
    world.wait(lambda: len(labels.table()) == EVENTS)
    assert last.stop() == 0, world.logs()
    assert labels.table() == expected()
    assert all(seqs == list(range(len(seqs))) for seqs in labels.seqs().values())
    assert audit(labels.books).status == "balanced"


def test_what_is_no_label_or_lies_elsewhere_is_set_aside_with_its_reason(labels: Labels) -> None:
    """Garbage, a null label, one that no prediction of its key can meet; all others are joined."""
    world = labels.world
    for value in GARBAGE:
        labels.producer.produce(labels.labels, value, b"k1", partition=partition_of(b"k1", PARTITIONS))
    labels.tell(100, 101, label=None)
    good = {"event_id": "e101", "label": True, "labelled_at": event(101)["event_time"] + DAY // 24, "revision": 0}
    elsewhere = (partition_of(b"k21", PARTITIONS) + 1) % PARTITIONS
    labels.producer.produce(labels.labels, write_record("label", good, labels.prefix), b"k21", partition=elsewhere)
    labels.tell(102, LABELLED)
    last = labels.start()
    world.wait(lambda: len(labels.table()) == LABELLED - 2)
    assert last.stop() == 0, world.logs()
    reasons = sorted(reason for reason, _ in letters(labels.books))
    assert reasons == ["bad_magic", "empty", "misrouted", "null_label", "unknown_schema"]
    assert audit(labels.books).status == "balanced"


def letters(books: Books) -> list[tuple[str, bytes | None]]:
    """Reason and value of each dead letter of a label."""
    found = []
    for batch in scan(books.brokers, [books.topic("labels.dlq")]):
        for row, value in enumerate(batch.values):
            said = dict(batch.headers(row) or ())
            found.append(((said["dlq.error.reason"] or b"").decode(), value))
    return found


def test_unequal_partition_counts_are_refused_by_name(
    brokers: str, prefix: str, tmp_path: Path, valkey: Valkey
) -> None:
    """A prediction could not find its label: nothing is read before that is put right."""
    world = World(brokers, prefix, tmp_path)
    labels = Labels(world, valkey)
    odd = f"{prefix}odd"
    Admin(brokers).create([WantedTopic(odd, PARTITIONS + 1), WantedTopic(f"{odd}.dlq", PARTITIONS)])
    last = labels.start(labels_topic=odd)
    world.wait(lambda: last.exit_code is not None)
    assert last.exit_code == 2
    said = last.log.read_text()
    assert "unequal partition counts" in said
    assert f"{odd}: {PARTITIONS + 1}" in said
    world.close()
