"""A store that fills up: predictions wait, then labels; who reads what is said knows what to do."""

import re

import numpy as np
import pytest

from services.labeler.core import Terms
from services.labeler.crowding import STUCK_SECONDS, Crowding
from services.labeler.room.room import Gauge
from services.labeler.room.sizing import FILL, bytes_each, bytes_needed
from stream.records import Batch
from stream.store import StoreUnavailable

SECOND = 1_000_000
TERMS = Terms(3_600 * SECOND, 1_800 * SECOND, 1_800 * SECOND)
MEMORY = 1_000_000_000
BATCH = Batch(
    topics=["p", "l"], partitions=np.zeros(2, np.int32), offsets=np.zeros(2, np.int64),
    timestamps=np.zeros(2, np.int64), keys=[b"k", b"k"], values=[b"v", b"v"], headers=lambda _row: None,
)  # fmt: skip


class World:
    """A store as full as it is told to be, a clock moved by hand."""

    def __init__(self, used: float, *, most: int = MEMORY, share: float = 1.0) -> None:
        self.now, self.used, self.most, self.answers = 0.0, used, most, True
        self.told = list[tuple[bool, str]]()
        self.crowding = Crowding(
            self.gauge, TERMS, tell=self.tell, predictions="p", partitions=4, share=share, clock=lambda: self.now
        )
        self.later()

    def gauge(self) -> Gauge:
        """One partition of the four is ours."""
        if not self.answers:
            raise StoreUnavailable("nobody answers")
        return Gauge(round(self.used * MEMORY), self.most, {2: 7})

    def tell(self, is_full: bool, stuck: str) -> None:  # noqa: FBT001 - the labeler's words
        """Keep it."""
        self.told.append((is_full, stuck))

    def later(self, seconds: float = 1.0, used: float | None = None) -> "World":
        """Look again after a while."""
        self.now += seconds
        self.used = self.used if used is None else used
        self.waiting: list[bool] = self.crowding.waiting(BATCH).tolist()
        return self


@pytest.mark.parametrize(
    ("used", "most", "waiting"),
    [
        (0.5, MEMORY, [False, False]),
        (0.8, MEMORY, [False, False]),
        (0.81, MEMORY, [True, False]),
        (0.9, MEMORY, [True, False]),
        (0.91, MEMORY, [True, True]),
        (1.2, MEMORY, [True, True]),
        (9.0, 0, [False, False]),
    ],
)
def test_predictions_wait_above_four_fifths_and_labels_above_nine_tenths(
    used: float, most: int, waiting: list[bool]
) -> None:
    """A store without a limit is never full."""
    world = World(used, most=most)
    assert world.waiting == waiting
    assert bool(world.crowding.why) == any(waiting)
    assert world.told == [(any(waiting), "")]


def test_all_go_on_by_themselves_when_there_is_room_again() -> None:
    """It is looked at once a second."""
    world = World(0.95)
    assert world.later(0.5, 0.1).waiting == [True, True]
    assert world.later(0.5).waiting == [False, False]
    assert world.crowding.why == ""


def test_a_store_that_does_not_answer_is_as_full_as_it_was() -> None:
    """Whether it is there is asked by whoever reads."""
    world = World(0.85)
    world.answers = False
    assert world.later(5.0, 0.1).waiting == [True, False]


def test_it_is_stuck_once_nothing_has_left_for_a_minute() -> None:
    """While it empties, if slowly, or stays below, nobody is called."""
    world = World(0.95)
    assert world.later(STUCK_SECONDS - 1).crowding.stuck == ""
    assert world.later(0.5, 0.93).crowding.stuck == ""
    assert world.later(1.0, 0.92).crowding.stuck == ""
    assert world.later(STUCK_SECONDS - 1, 0.9195).crowding.stuck == ""
    assert world.later(1.0).crowding.stuck == world.crowding.why != ""
    assert world.told[-1] == (True, world.crowding.why)
    assert world.later(1.0, 0.3).crowding.stuck == ""
    assert world.later(STUCK_SECONDS + 1, 0.3).later(1.0, 0.85).crowding.stuck == ""


def figures(world: World) -> tuple[float, float]:
    """The memory in GB, the share that is proposed."""
    found = re.search(r"maxmemory of ([\d.]+) GB, or start with LABELER_JOIN_SHARE=([\d.]+)", world.crowding.why)
    assert found is not None
    return float(found[1]), float(found[2])


def test_it_says_how_much_would_be_enough_by_what_came() -> None:
    """A quarter of the events is ours, ten a second: forty a second stay two hours, a label each."""
    world = World(0.85, share=0.5)
    for second in range(101):
        times = np.full(10, second * SECOND)
        world.crowding.taken([b"0123456789"] * 10, times)
    rate = 4 * 1010 / 100
    content = max(bytes_needed(rate, TERMS, each=bytes_each(10, labels=1)), 0.85 * MEMORY)
    memory, share = figures(world)
    assert memory == pytest.approx(content / FILL / (1 << 30), abs=1e-3)
    assert share == pytest.approx(0.5 * FILL * MEMORY / content, abs=1e-3)


def test_before_anything_came_it_says_what_is_used_now() -> None:
    """More may be needed, but less is not enough."""
    memory, share = figures(World(0.95))
    assert memory == pytest.approx(0.95 * MEMORY / FILL / (1 << 30), abs=1e-3)
    assert share == pytest.approx(FILL / 0.95, abs=1e-3)
