"""What a scorer sets aside: broken rows by reference, and never more than its limits allow."""

from pathlib import Path

import pytest

from stream.faults import Stopped
from stream.limiter import run_of
from stream.records import Place
from tests.services.scorer.world import World, event

POISON = b"\x00\x00\x00\x27\x0fbody"


def test_too_much_poison_stops_before_anything_is_committed(tmp_path: Path) -> None:
    """The offsets stay, no letter is written, the message names the settings; started again it does the same."""
    world = World(tmp_path, partitions=1, settings={"dead_consecutive": 50})
    world.feed([event(n) for n in range(10)])
    world.feed([POISON] * 60)
    for _ in range(2):
        with pytest.raises(Stopped, match=r"50 records in a row .* SCORER_DEAD_CONSECUTIVE .*schema 50") as said:
            world.run()
        assert "SCORER_DEAD_SHARE=1.0 and SCORER_DEAD_CONSECUTIVE=0" in said.value.fix
        assert (world.dead(), world.predictions()) == ([], [])
        world.broker.members.clear()


def test_restarts_do_not_add_up(tmp_path: Path) -> None:
    """Poison that trickles in is set aside up to the limit, however often the scorer is started."""
    world = World(tmp_path, partitions=1, settings={"dead_consecutive": 50})
    for _ in range(4):
        world.feed([POISON] * 10)
        world.run()
    assert run_of(world.broker.offsets["g", Place(world.topics.features, 0)].metadata) == 40
    world.feed([POISON] * 20)
    for _ in range(3):
        with pytest.raises(Stopped):
            world.run()
        world.broker.members.clear()
    assert len(world.dead()) == 40


def test_a_row_ends_with_a_good_record_or_a_mark(tmp_path: Path) -> None:
    """The watermark that travels beside the row stays what it was."""
    world = World(tmp_path, partitions=1, settings={"dead_consecutive": 50})
    world.feed([event(0), *[POISON] * 40])
    world.run()
    world.feed([event(1), *[POISON] * 40])
    world.run()
    assert len(world.dead()) == 80
    metadata = world.broker.offsets["g", Place(world.topics.features, 0)].metadata
    assert metadata.startswith("w1:")
    assert run_of(metadata) == 40


def test_broken_rows_are_dead_letters_by_reference(tmp_path: Path) -> None:
    """They are counted as read and dead; their neighbours are scored."""
    world = World(tmp_path, partitions=1)
    world.feed([event(0), event(1), event(2)])
    world.broker.partitions[world.topics.features][0][1].broken = "4,650 bytes of zstd"
    world.run()
    ((value, note),) = world.dead()
    assert value is None
    assert (note["dlq.error.reason"], note["dlq.error.reference"]) == (b"bad_compression", b"offset")
    assert note["dlq.error.message"] == b"4,650 bytes of zstd"
    assert [one["event_id"] for one in world.predictions()] == ["e0", "e2"]
    (account,) = [one for profile in world.profiles() for one in profile["ranges"] if one["to"] > one["from"]]
    assert (account["dead"], account["scored"], account["absent"]) == (1, 2, 0)
