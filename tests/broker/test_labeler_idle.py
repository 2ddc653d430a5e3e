"""Pairs without records on a real broker: they follow the others' event time, or the broker's clock."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.local.valkey import Valkey
from schemas.contracts import latest
from schemas.framing import frame
from schemas.records import write_record
from schemas.source import DirectorySource
from stream.kafka.clients import open_producer
from tests.broker.scorer_world import PARTITIONS, World
from tests.broker.test_labeler import Labels
from tests.models.bundles import make_bundle
from tests.services.labeler.records import HOUR, prediction
from tests.services.scorer.world import event

MICRO = 1_000_000
LABEL = {"field": "late", "horizon": "1h", "late_window": "1h", "revision_window": "1h"}


@pytest.fixture
def labels(brokers: str, prefix: str, tmp_path: Path, valkey: Valkey) -> Iterator[Labels]:
    """Nothing scored yet."""
    world = World(brokers, prefix, tmp_path)
    yield Labels(world, valkey)
    world.close()


def predict(labels: Labels, partition: int, name: str, at: int) -> None:
    """A prediction of that event time, as a scorer writes it."""
    world = labels.world
    prefix = frame(DirectorySource(world.path / "schemas").add(latest("prediction")))
    record = prediction(name, at, source={"topic": "f", "partition": partition, "offset": 0})
    producer = open_producer(world.brokers)
    producer.produce(world.predictions, write_record("prediction", record, prefix), b"k", partition=partition)
    assert producer.flush(30) == 0


def test_by_an_event_clock_a_pair_without_records_follows_the_others(labels: Labels) -> None:
    """Partition 0 brings nothing any more: its prediction expires by what both topics of 1 have reached."""
    make_bundle(labels.world.path / "timed", clock="event", label=LABEL)
    start = event(0)["event_time"]
    predict(labels, 0, "waits", start)
    predict(labels, 1, "ahead", start + 9 * HOUR)
    last = labels.start(bundle=labels.world.path / "timed", idle_seconds=0.3)
    truth = {"event_id": "ahead", "label": True, "labelled_at": start + 9 * HOUR, "revision": 0}
    labels.producer.produce(labels.labels, write_record("label", truth, labels.prefix), b"d", partition=1)
    labels.producer.flush()
    labels.world.wait(lambda: len(labels.table()) == 2)
    assert last.stop() == 0, labels.world.logs()
    assert labels.table() == {"waits": ("expired", None), "ahead": ("matched", True)}


def test_by_a_wall_clock_a_pair_without_records_follows_the_broker_s_time(labels: Labels) -> None:
    """What is older than the horizon expires by itself; what is not waits on."""
    make_bundle(labels.world.path / "timed", clock="wall", label=LABEL)
    now = time.time_ns() // 1_000
    predict(labels, 0, "old", now - HOUR - 5 * 60 * MICRO)
    predict(labels, PARTITIONS - 1, "young", now - HOUR // 2)
    last = labels.start(bundle=labels.world.path / "timed", idle_seconds=0.3)
    labels.world.wait(lambda: labels.table() == {"old": ("expired", None)})
    assert last.stop() == 0, labels.world.logs()
