"""What a scorer shows of how far it is behind, and of what it no longer trusts."""

import time
from pathlib import Path

import numpy as np

from services.scorer.watch import Watching
from stream.memory import MemoryLog
from stream.records import Batch, Place, Start
from tests.services.scorer.world import World, event

LONG_AGO, DAY_SECONDS = 1_000, 86_400


def test_who_is_behind_is_as_old_as_what_was_read_last(tmp_path: Path) -> None:
    """By the broker's clock; of each partition its own last record, until the partitions change."""
    world = World(tmp_path)
    world.feed([event(number) for number in range(8)])
    features, made = world.topics.features, Watching(world.kit.bundle, world.settings)
    log = MemoryLog(world.broker, "g", [features], rows=1)
    log.changed, made.look_seconds = False, 0.0
    log.poll(0)
    now = int(time.time() * 1000)
    stamps = [LONG_AGO, now, now, LONG_AGO]
    made.follow(log)
    made.read(_batch(features, [0, 0, 1, 1], stamps))
    made.beat()
    behind, ages = ([_of(made, name, features, p) for p in (0, 1)] for name in ("messages", "seconds"))
    assert behind == [4, 4]
    assert ages[0] < DAY_SECONDS < ages[1]
    made.assigned({Place(features, partition): Start(0) for partition in (0, 1)})
    made.beat()
    assert [_of(made, "seconds", features, partition) for partition in (0, 1)] == [0, 0]


def test_a_codec_that_is_not_trusted_is_told(tmp_path: Path) -> None:
    """What the reader found out while it read, once."""
    world = World(tmp_path)
    world.kit.reader.disagreements.append("schema 7: other values of features [1]")
    world.feed([event(0), event(1)])
    seeing = world.run(rows=1)
    assert seeing.waited == ["schema 7: other values of features [1]"]


def _of(made: Watching, unit: str, topic: str, partition: int) -> float:
    labels = {"topic": topic, "partition": str(partition)}
    found = made.metrics.registry.get_sample_value(f"driftline_lag_{unit}", labels)
    assert found is not None
    return found


def _batch(topic: str, partitions: list[int], stamps: list[int]) -> Batch:
    size = len(partitions)
    return Batch(
        topics=[topic] * size,
        partitions=np.array(partitions, np.int32),
        offsets=np.arange(size),
        timestamps=np.array(stamps),
        keys=[None] * size,
        values=[b""] * size,
        headers=lambda _row: None,
    )
