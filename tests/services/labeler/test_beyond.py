"""What other labelers say of their partitions moves the time of those that have no records."""

from collections.abc import Iterator

import numpy as np
import pytest

from schemas.profile import Head, profile_values
from services.labeler.beyond import Beyond
from stream.records import Batch
from stream.watermark import NEVER


def profile(group: str, **marks: int | None) -> bytes:
    """A labeler's profile that says how far it has come."""
    head = Head(role="labeler", group=group, arm="", writer="w", session="s", model="m", bucket_micros=1)
    place = {"partition": 0, "from": 0, "to": 0, "absent": 0}
    ranges = [{"topic": topic, **place, "watermark": at} for topic, at in marks.items()]
    return profile_values(head, {"ranges": ranges}, [[]], b"\0" * 5, sequence=0, written_at=0)[0]


def batch(values: list[bytes | None], millis: int) -> Batch:
    """Records the broker took at that time."""
    n = len(values)
    return Batch(
        topics=["profiles"] * n, partitions=np.zeros(n, np.int32), offsets=np.arange(n),
        timestamps=np.full(n, millis), keys=[None] * n, values=values, headers=lambda _row: None,
    )  # fmt: skip


class World:
    """A profile log that brings what is put into it, a clock moved by hand."""

    def __init__(self, *, wall: bool = False) -> None:
        self.now, self.coming, self.looks = 0.0, list[Batch](), 0
        self.beyond = Beyond(self.tail, "g", wall=wall, clock=lambda: self.now)

    def tail(self) -> Iterator[Batch]:
        """Everything once."""
        self.looks += 1
        yield from self.coming
        self.coming = []

    def reached(self, topic: str = "p") -> int:
        """A second later."""
        self.now += 1.0
        return self.beyond.reached(topic)


@pytest.mark.parametrize("wall", [False, True])
def test_nothing_is_known_before_anything_was_said(wall: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Not even our own clock counts."""
    assert World(wall=wall).reached() == NEVER


def test_the_furthest_partition_of_our_group_counts() -> None:
    """Others' groups, partitions that have not begun, what is no profile: they say nothing."""
    world = World()
    world.coming = [
        batch([profile("g", p=70, l=20), profile("g", p=50, l=None), b"garbage", None, profile("other", p=900)], 5)
    ]
    assert (world.reached("p"), world.reached("l"), world.reached("elsewhere")) == (70, 20, NEVER)
    world.coming = [batch([profile("g", p=60)], 6)]
    assert world.reached("p") == 70


def test_by_a_wall_clock_the_broker_s_time_counts_too() -> None:
    """By an event clock it does not: a replay may be years old."""
    for wall, reached in ((True, 5_000), (False, 70)):
        world = World(wall=wall)
        world.coming = [batch([profile("g", p=70)], 5), batch([profile("other", p=1)], 4)]
        assert world.reached() == reached


def test_the_log_is_looked_at_once_a_second() -> None:
    """However many pairs ask."""
    world = World()
    for _ in range(10):
        world.beyond.reached("p")
    assert world.looks == 1
    world.reached()
    assert world.looks == 2
