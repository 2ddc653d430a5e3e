"""Repeats, overlaps, gaps, torn profiles: what each does to the account, and that none does it for ever."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from services.drift.core import Movement
from services.drift.log.closing import DAY, SILENT_MILLIS, STUCK_MILLIS, Clocks
from services.drift.log.windows import Rule
from tests.services.drift.profiles import HOUR, MINUTE, START, Writer, scored, shape, terms

TERMS = terms()
SHAPE = TERMS.shapes[shape().digest]


class World:
    """A movement with one writer."""

    def __init__(self) -> None:
        self.movement, self.writer = Movement(TERMS, Rule(bucket=15 * MINUTE)), Writer(TERMS)
        self.chance = np.random.default_rng(1)
        self.offset, self.reasons = 0, Counter[str]()

    def tell(self, value: bytes, stamp: int = 0) -> None:
        """One record."""
        taken = self.movement.take(value, offset=self.offset, stamp=stamp)
        self.reasons += taken.reasons
        self.offset += 1

    def some(self, at: int = START, rows: int = 100, **other: int) -> bytes:
        """A good profile of so many rows."""
        slices = [scored(SHAPE, at - at % TERMS.bucket, rows, self.chance)]
        return self.writer.values([self.writer.range("f", 0, rows, at, **other)], slices)[0]

    def rows(self) -> int:
        """All rows that wait."""
        return sum(sums.rows for _, _, sums in self.movement.cutting.seen)


def test_a_repeated_part_counts_once() -> None:
    """The second is refused."""
    world = World()
    value = world.some()
    world.tell(value)
    world.tell(value)
    assert (world.rows(), world.reasons) == (100, Counter(duplicate=1))


def test_an_overlapping_account_is_refused_until_it_has_proven_itself() -> None:
    """A topic made again begins at 0: the third profile in a row is believed."""
    world = World()
    world.tell(world.some(rows=1_000))
    world.writer.ends.clear()
    for _ in range(4):
        world.tell(world.some())
    assert (world.rows(), world.reasons) == (1_200, Counter(overlapping=2))


def test_topics_made_again_are_believed_though_their_partitions_are_not_in_step() -> None:
    """Of two partitions one brings something each time, the other every second."""
    world = World()
    world.tell(world.writer.values([world.writer.range("f", p, 1_000, START) for p in (0, 1)])[0])
    world.writer.ends.clear()
    for turn in range(12):
        ranges = [world.writer.range("f", 0, 10, START), world.writer.range("f", 1, turn % 2, START)]
        world.tell(world.writer.values(ranges)[0])
    assert world.reasons == Counter(overlapping=3, gap=1)


def test_a_gap_is_noticed_and_the_rows_after_it_count() -> None:
    """What was lost is lost, the log goes on."""
    world = World()
    world.tell(world.some())
    world.writer.ends["f", 0] += 50
    world.tell(world.some())
    assert (world.rows(), world.reasons) == (200, Counter(gap=1))


def test_a_profile_in_parts_moves_time_when_it_is_whole() -> None:
    """A part that never comes is given up when its writer goes on."""
    world = World()
    for lost in (None, 1):
        slices = [scored(SHAPE, START, 10, world.chance) for _ in range(3)]
        at = START + (HOUR if lost else 0)
        parts = world.writer.values([world.writer.range("f", 0, 30, at)], slices, parts=3)
        for number, part in enumerate(parts):
            if number != lost:
                world.tell(part)
    assert world.movement.clocks.reached("scorer/champion") == START
    parts = world.writer.values([world.writer.range("f", 0, 1, START + HOUR)], parts=2)
    for part in parts:
        world.tell(part)
    assert world.reasons == Counter(incomplete=1)
    assert world.movement.clocks.reached("scorer/champion") == START + HOUR


def test_a_clock_a_year_ahead_moves_nothing() -> None:
    """Its rows are refused; told three times it is believed, as the writers' own law would have it."""
    world = World()
    world.tell(world.some())
    for _ in range(2):
        world.tell(world.some(START + 366 * DAY, rows=5))
    assert world.movement.clocks.reached("scorer/champion") == START
    assert world.reasons == Counter(future=2)
    world.tell(world.some(START + 366 * DAY, rows=5))
    assert world.movement.clocks.reached("scorer/champion") == START + 366 * DAY


def clocks(**other: Any) -> Clocks:
    """Two partitions heard at second 0, one an hour ahead."""
    made = Clocks(**{"is_wall": False, "max_ahead": 10 * MINUTE, **other})
    hear(made, 0, {0: START, 1: START + HOUR}, 100)
    return made


def hear(made: Clocks, stamp: int, times: dict[int, int], read: int = 0) -> None:
    """A profile of some partitions."""
    made.tick(stamp)
    zero = dict.fromkeys(("scored", "degraded", "rejected", "duplicate", "taken", "marks"), 0)
    made.hear(
        "w",
        "g",
        [
            {**zero, "topic": "f", "partition": p, "from": 0, "to": read, "scored": read, "watermark": at}
            for p, at in times.items()
        ],
    )


def test_time_is_that_of_the_slowest_partition() -> None:
    """None is passed over."""
    assert clocks().reached("w") == START


def test_a_silent_partition_follows_the_others() -> None:
    """After a minute of heartbeats by the log's own time, and not before; what it brings then counts again."""
    made = clocks()
    hear(made, SILENT_MILLIS - 1, {0: START, 1: START + HOUR})
    assert made.reached("w") == START
    hear(made, SILENT_MILLIS, {1: START + 2 * HOUR}, 100)
    hear(made, SILENT_MILLIS, {0: START})
    assert made.reached("w") == START + 2 * HOUR
    hear(made, SILENT_MILLIS + 1, {0: START + MINUTE}, 1)
    assert made.reached("w") == START + MINUTE


def test_all_silent_they_stand_where_the_furthest_stood() -> None:
    """By event time alone; on the wall's clock the broker's time counts, less what events may be ahead."""
    for is_wall, expected in ((False, START + HOUR), (True, SILENT_MILLIS * 1000 - 10 * MINUTE)):
        made = clocks(is_wall=is_wall)
        hear(made, SILENT_MILLIS, {0: START, 1: START + HOUR})
        assert made.reached("w") == expected


def test_a_partition_that_is_gone_holds_nobody_for_ever() -> None:
    """Nor does one whose time stands still whatever comes."""
    made = clocks()
    hear(made, STUCK_MILLIS - 1, {1: START + 2 * HOUR}, 100)
    hear(made, STUCK_MILLIS - 1, {0: START - HOUR}, 100)
    assert made.reached("w") == START
    made.tick(STUCK_MILLIS)
    assert made.reached("w") == START + 2 * HOUR


def test_nobody_told_a_time() -> None:
    """There is none."""
    assert clocks().reached("nobody") < 0


@pytest.mark.parametrize("restored", [False, True])
def test_a_state_goes_on_as_if_nothing_had_been(*, restored: bool) -> None:
    """Clocks that were kept know the same."""
    made = clocks()
    if restored:
        state, made = made.state(), Clocks(is_wall=False, max_ahead=0)
        made.restore(state)
    hear(made, SILENT_MILLIS, {0: START, 1: START + HOUR})
    assert made.reached("w") == START + HOUR
