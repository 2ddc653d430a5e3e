"""F17: what comes twice is answered once where that is asked for, whatever dies meanwhile, the store among it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.local.valkey import Valkey
from tests.broker.scorer_proof import prove_each_once
from tests.broker.scorer_world import World
from tests.services.scorer.world import event

EVENTS, AGAIN = 600, 200


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Valkey]:
    """A real Valkey."""
    made = Valkey.start(tmp_path / "valkey")
    yield made
    made.stop()


def test_f17_duplicates_are_told_over_deaths_and_aborts(world: World, store: Valkey, seed: int) -> None:
    """A third of the events come again, some in another partition: each id has one answer, the rest is counted."""
    chance = random.Random(seed)
    events = [event(number) for number in range(EVENTS)]
    again = chance.sample(events, AGAIN)
    mixed = [*events[:400], *again[:100], *events[400:], *again[100:]]
    lives = ["produced:3", "offsets:9", "committed:4"]
    settings = {"slot": "one", "batch_rows": 40, "commit_millis": 1, "deduplicate": "1h", "redis": store.address}
    scorer = world.crashing(lives, aborts=0.03, seed=seed, settings=settings)
    world.feed(mixed)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    prove_each_once(world, duplicate=AGAIN)


def test_f17_without_the_store_both_are_answered_and_say_so(world: World, store: Valkey) -> None:
    """Scoring goes on while the store is dead; once it is back, what comes again is told apart again."""
    settings = {"slot": "one", "deduplicate": "1h", "redis": store.address}
    store.kill()
    scorer = world.scorer(**settings)
    world.feed([event(number) for number in range(100)])
    world.drain()
    store.restart()
    world.wait(lambda: fed_and_found(world, "duplicates are found again", scorer.log))
    first_blind = world.fed
    late = [event(number) for number in range(1_000, 1_050)]
    world.feed([*late, *late])
    world.drain()
    assert scorer.stop() == 0, world.logs()
    found = prove_each_once(world, duplicate=50)
    said = {p["event_id"]: p["reasons"] for one in found if (p := one.prediction)}
    assert {str(said[f"e{n}"]) for n in range(100)} == {str(["dedupe_unavailable"])}
    assert {str(said[f"e{n}"]) for n in range(1_000, 1_050)} == {"[]"}
    assert first_blind > 100


def fed_and_found(world: World, words: str, log: Path) -> bool:
    """Whether the log says so by now; an event more makes it ask."""
    world.feed([event(5_000 + world.fed)])
    world.drain()
    return words in log.read_text()
