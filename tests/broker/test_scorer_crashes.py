"""A scorer that dies anywhere, or aborts at will, answers every event exactly once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.scorer_proof import Follower, prove_each_once, visible
from tests.broker.scorer_world import World

EVENTS = 3_000
STEPS = ("polled", "inferred", "produced", "flushed", "offsets", "committing", "committed")


@pytest.fixture
def world(brokers: str, prefix: str, tmp_path: Path) -> Iterator[World]:
    """Fresh topics."""
    made = World(brokers, prefix, tmp_path)
    yield made
    made.close()


def feed_while_it_dies(world: World, log: Path, lives: int) -> None:
    """Events trickle in until the last life has begun; then the rest at once."""

    def last_began() -> bool:
        if world.fed < EVENTS - 40:
            world.feed_events(40)
        return log.read_text().count("ended with") >= lives or world.children[-1].exit_code is not None

    world.feed_events(EVENTS // 3)
    world.wait(last_began)
    world.feed_events(EVENTS - world.fed)


def test_a_scorer_killed_at_any_step_answers_every_event_once(world: World) -> None:
    """Three deaths at each of seven steps, most inside a transaction; a reader that followed saw nothing else."""
    follower = Follower(world)
    lives = [f"{step}:{times}" for times in (1, 3, 6) for step in STEPS]
    child = world.crashing(lives, slot="one", batch_rows=10, commit_millis=5, heartbeat_seconds=0.2)
    feed_while_it_dies(world, child.log, len(lives))
    world.drain()
    assert child.stop() == 0, world.logs()
    said = [line for line in child.log.read_text().splitlines() if "ended with" in line]
    assert [line.split()[2] for line in said] == [*lives, "told"]
    prove_each_once(world)
    follower.saw_the_same()
    written = visible(world, world.predictions, isolation="read_uncommitted")
    assert len(written) > EVENTS


def test_aborts_at_random_change_nothing_that_a_reader_sees(world: World) -> None:
    """Four lives, each with its own seed, in which a third of the transactions abort: nobody can tell afterwards."""
    follower = Follower(world)
    world.feed_events(EVENTS // 2)
    lives = ["committed:6"] * 3
    child = world.crashing(lives, aborts=0.06, seed=41, slot="one", batch_rows=40, commit_millis=1)
    world.drain()
    assert child.stop() == 0, world.logs()
    said = child.log.read_text()
    assert said.count("ended with 137") == len(lives)
    assert said.count('"result": "aborted", "why": "on purpose') >= len(lives)
    prove_each_once(world)
    follower.saw_the_same()
