"""What a labeler shows of a store that fills up, and of whose partitions."""

import time
from contextlib import suppress
from typing import get_args

import numpy as np

from services.labeler.quality import Quality, Scale
from services.labeler.room.room import Gauge
from services.labeler.watch import Watching
from stream.faults import Disturbed
from stream.memory import MemoryLog
from stream.memory_broker import MemoryBroker
from stream.records import Batch, Place, Start, Writes
from stream.telemetry.names import GaugeName

PLACE = Place("predictions", 1)


def watching() -> Watching:
    """One that has its partition, has committed, and waits for nothing."""
    scale = Scale(middles=np.array([0.5]), positive_from=0, spread=None)
    made = Watching(Quality(scale, horizon_micros=1, bucket_micros=1, window_micros=1))
    made.assigned({PLACE: Start(0)})
    made.health.met("committed")
    return made


def gauge(made: Watching, name: GaugeName, **labels: str) -> float | None:
    """One sample of the registry."""
    assert name in get_args(GaugeName)
    return made.metrics.registry.get_sample_value(name, labels)


def test_a_store_that_is_stuck_is_said_with_what_would_do() -> None:
    """While it is merely full, and when there is room again, the labeler is ready."""
    made = watching()
    assert made.health.waiting_for() == []
    made.crowded(is_full=True, stuck="")
    assert made.health.waiting_for() == []
    made.crowded(is_full=True, stuck="give it 3 GB")
    assert made.health.waiting_for() == ["memory: give it 3 GB"]
    made.crowded(is_full=False, stuck="")
    assert made.health.waiting_for() == []


def test_who_waits_for_room_does_not_wait_for_a_schema() -> None:
    """Held places are counted either way."""
    made = watching()
    made.held([PLACE])
    assert made.health.waiting_for() == ["schemas"]
    made.held([])
    made.crowded(is_full=True, stuck="")
    made.held([PLACE])
    assert made.health.waiting_for() == []
    assert gauge(made, "driftline_held_partitions") == 1


def test_only_our_own_partitions_are_shown() -> None:
    """The room still knows those that we have lost."""
    made, broker = watching(), MemoryBroker()
    broker.create("predictions", 2)
    made.follow(MemoryLog(broker, "g", ["predictions"]), lambda: Gauge(700, 1_000, {0: 5, 1: 7}))
    made.beat()
    assert gauge(made, "driftline_pending_predictions", partition="1") == 7
    assert gauge(made, "driftline_pending_predictions", partition="0") is None
    assert (gauge(made, "driftline_store_bytes"), gauge(made, "driftline_store_limit_bytes")) == (700, 1_000)


def test_lag_is_as_old_as_what_was_read_last_of_each_place() -> None:
    """Whoever has nothing left to read but a marker is not behind, however old what was read last is."""
    made, broker = watching(), MemoryBroker()
    broker.create("predictions", 2)
    broker.produce(Writes(topic="predictions", values=[b"v"] * 3, keys=[None] * 3, partitions=[0, 1, 1]))
    log = MemoryLog(broker, "g", ["predictions"])
    with suppress(Disturbed):  # its places are new to it
        log.poll(0)
    log.poll(0)
    made.follow(log, lambda: Gauge(0, 0, {}))
    made.read(
        Batch(
            topics=["predictions"] * 3, partitions=np.array([1, 0, 1], np.int32), offsets=np.zeros(3, np.int64),
            timestamps=np.array([4_000_000_000_000, 1_000, 1_000]), keys=[None] * 3, values=[None] * 3,
            headers=lambda _row: None,
        )
    )  # fmt: skip
    made.beat()
    ages = [gauge(made, "driftline_lag_seconds", topic="predictions", partition=str(one)) for one in (0, 1)]
    assert ages[0] == 0
    assert ages[1] is not None
    assert 1e9 < ages[1] < time.time()
    assert gauge(made, "driftline_lag_messages", topic="predictions", partition="1") == 2
