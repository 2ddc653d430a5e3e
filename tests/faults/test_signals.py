"""Signals: one asks a scorer to stop, a second one ends it at once, whenever they come."""

import os
import signal
import socket
from contextlib import suppress

import pytest

from driftline.local.child import Child
from tests.broker.scorer_load import Load, assignments, commits_on, said
from tests.broker.scorer_proof import Follower, prove_each_once
from tests.broker.scorer_world import World


def ended(world: World, child: Child) -> int:
    """Its exit code; nothing of it runs on."""
    world.wait(lambda: child.exit_code is not None)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
    return child.exit_code or 0


def test_f27_told_twice_in_a_transaction_ends_at_once_and_one_more_life_does_the_rest(world: World) -> None:
    """The second SIGTERM ends it with 1 at each step; its transaction never was."""
    follower = Follower(world)
    lives = ["produced:2=twice", "offsets:2=twice", "polled:3=term"]
    child = world.crashing(lives, settings={"slot": "one", "batch_rows": 10, "kafka_config": world.tuned()})
    world.feed_events(400)
    world.wait(lambda: said(child, "ended with") == 2)
    world.feed_events(100)
    world.wait(lambda: said(child, "ended with") == 3)
    world.drain()
    assert child.stop() == 0, world.logs()
    assert [said(child, f"{life} ended with {code}") for life, code in zip(lives, (1, 1, 0), strict=True)] == [1, 1, 1]
    prove_each_once(world)
    follower.saw_the_same()


def test_f27_a_storm_of_signals_ends_it_with_1_and_loses_nothing(world: World) -> None:
    """Many within a moment, of both kinds, under load."""
    settings = {"batch_rows": 10, "commit_millis": 300, "kafka_config": world.tuned()}
    with Load(world):
        first = world.scorer(**settings)
        world.wait(lambda: assignments(first) > 0)
        commits_on(world)
        for number in range(50):
            with suppress(ProcessLookupError):
                os.kill(first.pid, (signal.SIGTERM, signal.SIGINT)[number % 2])
        assert ended(world, first) == 1, world.logs()
    second = world.scorer(**settings)
    world.drain()
    assert second.stop() == 0, world.logs()
    prove_each_once(world)


def test_f27_told_while_it_starts_it_ends_with_0(world: World) -> None:
    """Its broker never answers, its call for the topics waits for one: it does not wait with it."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        child = world.scorer(brokers=f"127.0.0.1:{mute.getsockname()[1]}")
        asking, _ = mute.accept()
        assert child.stop() == 0, world.logs()
        asking.close()
    assert ended(world, child) == 0
    assert said(child, '"event": "started"') == 0
