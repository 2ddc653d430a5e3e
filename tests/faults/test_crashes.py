"""A scorer that dies anywhere, or aborts at will, answers every event exactly once."""

import random
from pathlib import Path

from tests.broker.scorer_load import Load, said
from tests.broker.scorer_proof import Follower, prove_each_once, visible
from tests.broker.scorer_world import World

EVENTS = 3_000
STEPS = ("polled", "inferred", "produced", "flushed", "offsets", "committing", "committed")
QUICK = {"batch_rows": 10, "commit_millis": 5, "heartbeat_seconds": 0.2}


def feed_while_it_dies(world: World, log: Path, lives: int) -> None:
    """Events trickle in until the last life has begun; then the rest at once."""

    def last_began() -> bool:
        if world.fed < EVENTS - 40:
            world.feed_events(40)
        return log.read_text().count("ended with") >= lives or world.children[-1].exit_code is not None

    world.feed_events(EVENTS // 3)
    world.wait(last_began)
    world.feed_events(EVENTS - world.fed)


def test_f01_a_scorer_killed_at_any_step_answers_every_event_once(world: World, seed: int) -> None:
    """Three deaths at each of seven steps, most inside a transaction; a reader that followed saw nothing else."""
    follower = Follower(world)
    lives = [f"{step}:{times}" for times in (1, 3, 6) for step in STEPS]
    child = world.crashing(lives, seed=seed, settings={**QUICK, "slot": "one"})
    feed_while_it_dies(world, child.log, len(lives))
    world.drain()
    assert child.stop() == 0, world.logs()
    ended = [line for line in child.log.read_text().splitlines() if "ended with" in line]
    assert [line.split()[2] for line in ended] == [*lives, "told"]
    prove_each_once(world)
    follower.saw_the_same()
    written = visible(world, world.predictions, isolation="read_uncommitted")
    assert len(written) > EVENTS


def test_f02_three_scorers_killed_or_told_in_turn_answer_every_event_once(world: World, seed: int) -> None:
    """Each of them by kill -9 and by SIGTERM at a step of chance; SIGTERM ends with 0 within its grace."""
    chance = random.Random(seed)
    follower = Follower(world)
    tuned = {**QUICK, "kafka_config": world.tuned()}
    slots = ("one", "two", "three")
    for slot in slots:
        acts = chance.sample(("kill", "term"), 2)
        lives = [f"{chance.choice(STEPS[:5])}:{chance.randint(2, 12)}={act}" for act in acts]
        world.crashing(lives, seed=chance.getrandbits(31), settings={**tuned, "slot": slot})
    with Load(world):
        world.wait(lambda: all(said(child, "ended with") == 2 for child in world.children))
    world.drain()
    assert [child.stop() for child in world.children] == [0, 0, 0], world.logs()
    prove_each_once(world)
    follower.saw_the_same()
    assert {one.key for one in visible(world, world.profiles)} == {slot.encode() for slot in slots}


def test_f07_aborts_at_random_change_nothing_that_a_reader_sees(world: World, seed: int) -> None:
    """Four lives, each with its own seed, in which a third of the transactions abort: nobody can tell afterwards."""
    follower = Follower(world)
    world.feed_events(EVENTS // 2)
    lives = ["committed:6"] * 3
    settings = {"slot": "one", "batch_rows": 40, "commit_millis": 1}
    child = world.crashing(lives, aborts=0.06, seed=seed, settings=settings)
    world.drain()
    assert child.stop() == 0, world.logs()
    assert said(child, "ended with 137") == len(lives)
    assert said(child, '"result": "aborted", "why": "on purpose') >= len(lives)
    prove_each_once(world)
    follower.saw_the_same()
