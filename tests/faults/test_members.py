"""Members that come, go, sleep or freeze in the midst of a transaction change nothing that a reader sees."""

import os
import random
import time
from contextlib import suppress
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException

from driftline.local.child import Child
from tests.broker.scorer_load import Load, assignments, commits_on, said
from tests.broker.scorer_proof import Follower, nothing_hangs, prove_each_once, visible
from tests.broker.scorer_world import World

LONG = {"batch_rows": 10, "commit_millis": 300, "quiet_millis": 300}
"""Transactions so long that whatever happens finds one open."""
CHANGES, EVERY_SECONDS = (30 if os.environ.get("FAULT_LONG") else 6), 2.0


def guest(world: World) -> Any:
    """A member of the scorers' group that takes its share of partitions and does nothing with it."""
    config = {
        "bootstrap.servers": world.brokers, "group.id": world.books.reader, "group.protocol": "classic",
        "partition.assignment.strategy": "range", "session.timeout.ms": 3_000, "heartbeat.interval.ms": 300,
        "enable.auto.commit": False, "auto.offset.reset": "latest", "log_level": 0,
    }  # fmt: skip
    made = Consumer(config)
    made.subscribe([world.features])
    return made


def stay(member: Any, seconds: float) -> None:
    """Be a member for so long, or for nothing if there is none."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if member is None:
            time.sleep(left)
        else:
            with suppress(KafkaException):
                member.poll(min(left, 0.1))


def test_f03_members_that_join_and_leave_within_a_transaction(world: World, seed: int) -> None:
    """About every two seconds for ten: open transactions are aborted, nothing is left out or done twice."""
    chance, follower = random.Random(seed), Follower(world)
    settings = {**LONG, "kafka_config": world.tuned()}
    with Load(world):
        scorers = [world.scorer(**settings), world.scorer(**settings)]
        world.wait(lambda: all(assignments(scorer) for scorer in scorers))
        visitor = None
        for _ in range(CHANGES):
            if visitor is None:
                visitor = guest(world)
            else:
                visitor.close()
                visitor = None
            stay(visitor, EVERY_SECONDS * chance.uniform(0.6, 1.0))
        commits_on(world)
    world.drain()
    assert [scorer.stop() for scorer in scorers] == [0, 0], world.logs()
    assert sum(said(scorer, '"why": "the assignment changed"') for scorer in scorers) >= 2
    prove_each_once(world)
    follower.saw_the_same()


def takes_over(world: World, act: str, **settings: object) -> tuple[Child, Child]:
    """A scorer is caught at its gate; another one answers everything meanwhile; then the first may go on."""
    world.feed_events(400)
    late = world.crashing([act], settings=LONG | settings)
    world.wait(world.gate().exists)
    other = world.scorer(**LONG | settings)
    world.drain()
    world.gate().unlink()
    return late, other


def test_f04_who_is_slower_than_a_member_may_be_loses_its_partitions(world: World) -> None:
    """Past max.poll.interval another takes over; what the slow one had open is never committed; it joins again.

    A model cannot be that slow, for its deadline ends it (F15); whatever else holds the loop up can.
    """
    follower = Follower(world)
    tuned = world.tuned(session_timeout_ms=1_500, max_poll_interval_ms=1_500)
    late, other = takes_over(world, "produced:2=wait", kafka_config=tuned)
    world.wait(lambda: assignments(late) > 1)
    world.feed_events(100)
    world.drain()
    assert [late.stop(), other.stop()] == [0, 0], world.logs()
    assert said(late, '"result": "aborted"') == 1, late.last_lines(30)
    prove_each_once(world)
    follower.saw_the_same()


@pytest.mark.parametrize("step", ["flushed", "offsets"])
def test_f05_a_zombie_that_wakes_up_commits_nothing(world: World, step: str) -> None:
    """Frozen in its transaction past the session; it wakes up when others have done its work, and joins again."""
    follower = Follower(world)
    late, other = takes_over(world, f"{step}:2=stop", kafka_config=world.tuned())
    world.wait(lambda: assignments(late) > 1)
    world.feed_events(100)
    world.drain()
    assert [late.stop(), other.stop()] == [0, 0], world.logs()
    assert len(visible(world, world.predictions, isolation="read_uncommitted")) > world.fed
    prove_each_once(world)
    follower.saw_the_same()


def test_f05_a_zombie_whose_slot_was_taken_stops(world: World) -> None:
    """It wakes up, is fenced, and ends with 1 and the reason: two live processes never share a slot."""
    follower = Follower(world)
    late, other = takes_over(world, "produced:2=stop", slot="one", kafka_config=world.tuned())
    world.wait(lambda: late.exit_code is not None)
    assert late.exit_code == 1, world.logs()
    assert said(late, "error: fenced: another process uses this transactional.id") == 1, world.logs()
    assert other.stop() == 0
    nothing_hangs(world)
    prove_each_once(world)
    follower.saw_the_same()
