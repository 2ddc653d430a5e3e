"""A pair's time is the lesser of what its two topics have reached, unless one of them has nothing more to say."""

from collections.abc import Collection, Mapping

import numpy as np
import pytest

from services.labeler.pairs import Pairs
from stream.records import Batch, Place, Start
from stream.watermark import NEVER, Watermark, to_metadata

TOPICS = ("predictions", "labels")
P, L = Place("predictions", 0), Place("labels", 0)
IDLE_SECONDS = 2.0
FULL = 3


class Beyond:
    """What is known of other partitions, a topic."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self.known = known

    def reached(self, topic: str) -> int:
        """As told, else never."""
        return self.known.get(topic, NEVER)


class World:
    """A pair whose two topics have reached what is said, a clock moved by hand."""

    def __init__(self, predictions: int | None, labels: int | None, beyond: Mapping[str, int] | None = None) -> None:
        self.now, self.ended = 0.0, set[Place]()
        self.pairs = Pairs(
            TOPICS,
            idle_seconds=IDLE_SECONDS,
            full=FULL,
            outside=Beyond(beyond or {}),
            at_end=self.at_end,
            clock=lambda: self.now,
        )
        reached = zip((P, L), (predictions, labels), strict=True)
        notes = {place: to_metadata(None if at is None else Watermark(at)) for place, at in reached}
        self.pairs.assigned({place: Start(0, note) for place, note in notes.items()})

    def at_end(self) -> Collection[Place]:
        """Which places were read to their end."""
        return self.ended

    def quiet(self, *places: Place) -> "World":
        """These stand at their end, and have for a while."""
        self.ended = set(places)
        self.now += IDLE_SECONDS
        return self

    @property
    def time(self) -> int:
        """The pair's."""
        return self.pairs.sweep()[0]


def rows(count: int) -> Batch:
    """A batch of labels."""
    return Batch(
        topics=["labels"] * count, partitions=np.zeros(count, np.int32), offsets=np.arange(count, dtype=np.int64),
        timestamps=np.zeros(count, np.int64), keys=[b"k"] * count, values=[b"v"] * count, headers=lambda _row: None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("predictions", "labels", "idle", "time"),
    [
        (100, 40, (), 40),
        (40, 100, (), 40),
        (100, None, (), NEVER),
        (None, 100, (), NEVER),
        (100, 40, (L,), 100),
        (40, 100, (L,), 40),
        (100, None, (L,), 100),
        (100, 40, (P,), 40),
        (40, 100, (P,), 100),
        (100, 40, (P, L), 100),
        (40, 100, (P, L), 100),
        (None, None, (P, L), NEVER),
    ],
)
def test_the_lesser_counts_unless_a_topic_is_idle(
    predictions: int | None, labels: int | None, idle: tuple[Place, ...], time: int
) -> None:
    """An idle topic takes the other's time, which is never moved past what the other has reached."""
    assert World(predictions, labels).quiet(*idle).time == time


def test_an_end_just_reached_is_not_idle_yet() -> None:
    """What stands at its end for a moment only may bring more."""
    world = World(100, 40)
    world.ended = {L}
    world.now = IDLE_SECONDS / 2
    assert world.time == 40


def test_who_has_just_brought_something_is_not_idle() -> None:
    """Though it stands at its end again."""
    world = World(100, 40).quiet(L)
    assert world.time == 100
    world.pairs.read(rows(1))
    assert world.time == 40


def test_nobody_is_idle_while_more_waits_than_is_read_at_once() -> None:
    """Predictions that came since their end was seen wait behind a backlog of labels: these are no orphans."""
    world = World(40, 100).quiet(P)
    assert world.time == 100
    world.pairs.read(rows(FULL))
    assert world.time == 40
    world.now += IDLE_SECONDS / 2
    world.pairs.read(rows(FULL - 1))
    assert world.time == 40
    world.now += IDLE_SECONDS / 2
    assert world.time == 100


@pytest.mark.parametrize(("known", "time"), [({"predictions": 500, "labels": 300}, 300), ({"predictions": 500}, 100)])
def test_an_idle_pair_follows_the_others_as_far_as_both_topics_have_come(known: dict[str, int], time: int) -> None:
    """Neither topic alone may move it."""
    assert World(100, 40, known).quiet(P, L).time == time


def test_a_busy_pair_does_not_follow_the_others() -> None:
    """A backlog is read at its own time: an outage of hours expires nobody."""
    assert World(100, 40, {"predictions": 500, "labels": 500}).quiet(P).time == 40
