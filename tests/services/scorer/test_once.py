"""An event that comes twice is answered once, where that is asked for; whoever cannot tell says so."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from services.scorer.claims.claims import Claims
from services.scorer.claims.memory import MemoryBook
from stream.faults import Abort
from stream.store import StoreUnavailable
from tests.services.scorer.world import World, event


def claiming(world: World, book: MemoryBook) -> None:
    """Let the world's scorer tell duplicates by the claims in `book`."""
    claims = Claims(book, owner="tests", topic=world.topics.features)
    world.kit = dataclasses.replace(world.kit, claims=claims)


def duplicates(world: World) -> int:
    """What the ledger says."""
    return sum(one["duplicate"] for profile in world.profiles() for one in profile["ranges"])


def answered(world: World) -> list[tuple[str, str]]:
    """Ids with modes, in order."""
    return [(p["event_id"], p["mode"]) for p in world.predictions()]


@pytest.mark.parametrize("rows", [1, 3, 500])
def test_a_repeated_event_is_counted_and_not_answered(tmp_path: Path, rows: int) -> None:
    """Whether it stands in the same batch or a later one; the ledger adds up, the profile sees it once."""
    world = World(tmp_path, partitions=1)
    claiming(world, MemoryBook(60))
    world.feed([event(0), event(1), event(0), event(2), event(1)])
    seeing = world.run(rows=rows)
    assert answered(world) == [("e0", "scored"), ("e1", "scored"), ("e2", "scored")]
    assert duplicates(world) == 2
    slices = [s["rows"] for p in world.profiles() for s in p["slices"] if s["segment"] == ""]
    assert sum(slices) == 3
    used = sum(r.get("scored", 0) + r.get("duplicate", 0) for r in seeing.ranges)
    assert used == sum(r["to"] - r["from"] for r in seeing.ranges) == 5


def test_a_corrected_resend_of_a_refused_event_is_scored(tmp_path: Path) -> None:
    """Only who was answered claims an id; a third record of it is a duplicate."""
    world = World(tmp_path, partitions=1)
    claiming(world, MemoryBook(60))
    world.feed([event(0, amount=None), event(0), event(0)])
    world.run()
    assert answered(world) == [("e0", "rejected"), ("e0", "scored")]
    assert duplicates(world) == 1


def test_a_replay_is_never_a_duplicate_of_itself(tmp_path: Path) -> None:
    """Every transaction is aborted once after its claims were written: nothing is missing afterwards."""
    world = World(tmp_path, partitions=1)
    claiming(world, MemoryBook(60))
    world.feed([event(n % 20) for n in range(40)])
    turns = iter(range(1000))

    def probe(step: str) -> None:
        if step == "flushed" and next(turns) % 2 == 0:
            raise Abort("on purpose")

    world.run(turns=400, rows=7, probe=probe)
    assert answered(world) == [(f"e{n}", "scored") for n in range(20)]
    assert duplicates(world) == 20


class Away(MemoryBook):
    """A book that nobody can reach."""

    def settle(self, *_asked: Any) -> Any:
        """Be unreachable."""
        raise StoreUnavailable("it is away")


def test_without_the_store_scoring_goes_on_and_marks(tmp_path: Path) -> None:
    """Both records of an id are answered, both say that nobody could tell."""
    world = World(tmp_path, partitions=1)
    claiming(world, Away(60))
    world.feed([event(0), event(0), event(1, amount=None)])
    seeing = world.run()
    assert [p["reasons"] for p in world.predictions()] == [
        ["dedupe_unavailable"], ["dedupe_unavailable"], ["null:amount"],
    ]  # fmt: skip
    assert (answered(world), duplicates(world)) == ([("e0", "scored"), ("e0", "scored"), ("e1", "rejected")], 0)
    assert seeing.counts["driftline_marks_total", "dedupe_unavailable"] == 2
