"""Scorers that join, leave and die under load answer every event exactly once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.local.child import Child
from tests.broker.scorer_proof import Follower, prove_each_once, visible
from tests.broker.scorer_world import World

CHUNK = 20


@pytest.fixture
def world(brokers: str, prefix: str, tmp_path: Path) -> Iterator[World]:
    """Fresh topics."""
    made = World(brokers, prefix, tmp_path)
    yield made
    made.close()


class Load:
    """Events that come at a steady pace from a thread, until told to stop."""

    def __init__(self, world: World) -> None:
        self._world, self._stop = world, threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def _feed(self) -> None:
        while not self._stop.wait(0.05):
            self._world.feed_events(CHUNK)

    def stop(self) -> None:
        """No more events from now on."""
        self._stop.set()
        self._thread.join()


def assignments(scorer: Child) -> int:
    """How often it was given partitions."""
    return scorer.log.read_text().count('"event": "assigned"')


def commits_on(world: World) -> None:
    """Wait until events that were fed after this call are committed."""
    wanted = world.fed + CHUNK
    world.wait(lambda: world.fed - world.behind() >= wanted)


def test_scorers_join_and_leave_under_load(world: World) -> None:
    """A second and third join, one leaves on SIGTERM, one by kill -9: every event is answered once, in order."""
    follower, load = Follower(world), Load(world)
    # Transactions so long that every change of the assignment finds one open.
    dynamic = {"batch_rows": 10, "commit_millis": 400, "quiet_millis": 400}
    first = world.scorer(**dynamic)
    world.wait(lambda: assignments(first) > 0)
    second, third = world.scorer(**dynamic), world.scorer(**dynamic)
    world.wait(lambda: assignments(second) > 0 and assignments(third) > 0 and assignments(first) > 1)
    commits_on(world)
    assert second.stop() == 0, world.logs()
    commits_on(world)
    assert third.kill() == 128 + 9
    load.stop()
    world.drain()
    assert first.stop() == 0, world.logs()
    prove_each_once(world)
    follower.saw_the_same()
    writers = {one.key for one in visible(world, world.profiles)}
    assert len(writers) == 3
