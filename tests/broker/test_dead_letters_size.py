"""Dead letters too large to be written back, on the real broker: by reference, while the partition moves on."""

import hashlib
import os
from pathlib import Path

from stream.dead_letters import OVERHEAD_BYTES
from stream.kafka.admin import Admin, WantedTopic
from stream.kafka.scan import scan
from stream.records import Place
from tests.broker.bombs import bomb, large, memory
from tests.broker.nursery import Nursery
from tests.broker.scorer_proof import Answer, answers, balanced, nothing_hangs, prove_each_once
from tests.broker.scorer_world import PARTITIONS, World
from tests.services.scorer.world import event

MIB = 1_048_576
GROWTH_MEGABYTES = 200


def letters(found: list[Answer]) -> list[Answer]:
    """Those that are dead letters."""
    return [one for one in found if one.prediction is None]


def scored_around(world: World, feed: list[int]) -> None:
    """A few good events, numbered as in `feed`."""
    world.feed([event(number, event_id=f"g{number}") for number in feed])


def test_bombs_on_our_topic_cost_no_memory(world: World) -> None:
    """200 MB of zeros by any codec: the topic makes zstd of them, the client refuses that, each is a dead letter."""
    scored_around(world, [1, 2, 3])
    scorer = world.scorer(slot="one")
    world.drain()
    before = memory(scorer.pid, "VmHWM")
    for codec, megabytes in (("gzip", 200), ("lz4", 200), ("zstd", 200), ("snappy", 20)):
        bomb(world.brokers, world.features, count=megabytes // 10, megabytes=megabytes, codec=codec)
    scored_around(world, [4, 5, 6])
    world.drain()
    grown = memory(scorer.pid, "VmHWM") - before
    assert scorer.stop() == 0, world.logs()
    assert grown < GROWTH_MEGABYTES
    found = letters(prove_each_once(world, dead=62))
    for one in found:
        assert (one.note["dlq.error.reason"], one.note["dlq.error.reference"]) == (b"bad_compression", b"offset")
        assert one.record.value is None
        assert "dlq.error.sha256" not in one.note


def test_a_bomb_on_a_foreign_topic_is_passed_by(brokers: str, prefix: str, tmp_path: Path, nursery: Nursery) -> None:
    """Where the broker leaves gzip as it is the client opens it: a dead letter by reference, its memory given back."""
    own = WantedTopic(f"{prefix}tiny.features", PARTITIONS, {"compression.type": "producer"})
    Admin(brokers).create([own])
    world = World(brokers, prefix, tmp_path, nursery)
    try:
        scored_around(world, [1, 2, 3])
        scorer = world.scorer(slot="one")
        world.drain()
        before = memory(scorer.pid, "VmRSS")
        for codec in ("gzip", "lz4"):
            bomb(brokers, world.features, count=1, megabytes=100, codec=codec)
        scored_around(world, [4, 5, 6])
        world.drain()
        world.wait(lambda: memory(scorer.pid, "VmRSS") - before < GROWTH_MEGABYTES)
        assert scorer.stop() == 0, world.logs()
        found = letters(prove_each_once(world, dead=2))
    finally:
        world.close()
    for one in found:
        assert (one.record.value, one.note["dlq.error.reference"]) == (None, b"offset")
        assert one.note["dlq.error.sha256"] == hashlib.sha256(bytes(100_000_000)).hexdigest().encode()


def test_at_the_edge_of_what_fits(world: World) -> None:
    """Incompressible records of every size around the limit, in value, key or headers: whole or by reference."""
    sizes = [MIB - 70_000, *(MIB - 33_000 + step * 400 for step in range(8)), MIB - 200]
    noise = os.urandom(MIB)
    for size in sizes:
        assert large(world.brokers, world.features, noise[: size - 100])
    assert large(world.brokers, world.features, b"junk", key=noise[: MIB - 400])
    assert large(world.brokers, world.features, b"junk", headers=[("large", noise[: MIB - 400])])
    assert large(world.brokers, world.features, b"junk", headers=[("headername", None)] * 95_000)
    assert large(world.brokers, world.features, b"junk", key=bytes(3 * MIB))
    world.feed([event(1)])
    scorer = world.scorer(slot="one")
    world.drain()
    assert scorer.stop() == 0, world.logs()
    nothing_hangs(world)
    balanced(world, scored=1, dead=len(sizes) + 4)
    found = letters(answers(world))
    whole = [one for one in found if "dlq.error.reference" not in one.note]
    assert [one.note["dlq.error.offset"] for one in whole] == [b"%d" % offset for offset in range(len(sizes) + 2)]
    for one in found:
        ((key, value),) = source_of(world, one)
        assert one.record.key == (key if len(key or b"") < MIB + OVERHEAD_BYTES // 2 else None)
        if one in whole:
            assert one.record.value == value
        else:
            assert one.note["dlq.error.sha256"] == hashlib.sha256(value or b"").hexdigest().encode()


def source_of(world: World, letter: Answer) -> list[tuple[bytes | None, bytes | None]]:
    """Key and value at the position that a letter names."""
    partition, offset = letter.source
    place = Place(world.features, partition)
    batches = scan(world.brokers, [world.features], start={place: offset}, end={place: offset + 1})
    return [pair for batch in batches for pair in zip(batch.keys, batch.values, strict=True)]
