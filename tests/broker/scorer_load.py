"""Events that keep coming while faults happen, with a look at how the scorers fare."""

import threading
from typing import Self

from driftline.local.child import Child
from tests.broker.scorer_world import World

CHUNK = 20


class Load:
    """Events at a steady pace from a thread, until the `with` ends."""

    def __init__(self, world: World) -> None:
        self._world, self._stop = world, threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def _feed(self) -> None:
        while not self._stop.wait(0.05):
            self._world.feed_events(CHUNK)

    def __exit__(self, *_given: object) -> None:
        self._stop.set()
        self._thread.join()


def said(scorer: Child, words: str) -> int:
    """How often its log says so."""
    return scorer.log.read_text(encoding="utf-8").count(words)


def assignments(scorer: Child) -> int:
    """How often it was given partitions."""
    return said(scorer, '"event": "assigned"')


def commits_on(world: World) -> None:
    """Wait until events that were fed after this call are committed."""
    wanted = world.fed + CHUNK
    world.wait(lambda: world.fed - world.behind() >= wanted)
