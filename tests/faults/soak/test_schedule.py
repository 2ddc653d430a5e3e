"""A schedule is the same for the same seed, does what is asked, keeps its steps out of each other's way."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.faults.soak.feeding import ANSWERS, kind_of, wire_of
from tests.faults.soak.scene.acting import ACTS
from tests.faults.soak.schedule import DEEDS, overlapping, schedule
from tests.faults.soak.stalls import Stalls

seeds = st.integers(0, 2**32)


@given(seeds, st.floats(5, 600))
def test_a_seed_says_everything(seed: int, seconds: float) -> None:
    """Drawn again it is the same; within its time, in order, each step a deed on one of its targets, as long."""
    steps = schedule(seed, seconds)
    assert steps == schedule(seed, seconds)
    assert [step.at_seconds for step in steps] == sorted(step.at_seconds for step in steps)
    for step in steps:
        deed = DEEDS[step.deed]
        assert step.target in deed.targets
        assert deed.lasts_seconds[0] <= step.lasts_seconds <= deed.lasts_seconds[1]
        assert deed.amount[0] <= step.amount <= deed.amount[1]
        assert 0 <= step.at_seconds <= step.ends_seconds <= seconds


@given(seeds, st.floats(5, 600))
def test_no_two_steps_touch_the_same_thing(seed: int, seconds: float) -> None:
    """A frozen member is not killed, a dead broker not frozen, before that is over and has rested."""
    assert list(overlapping(schedule(seed, seconds))) == []


def test_steps_that_meet_are_seen() -> None:
    """The check of the test above can fail."""
    steps = schedule(1, 600)
    assert list(overlapping((steps[0], *steps))) != []


@given(seeds)
def test_half_an_hour_holds_every_deed(seed: int) -> None:
    """The deck is dealt evenly: nothing is left to luck for long."""
    assert {step.deed for step in schedule(seed, 1800)} == set(DEEDS)


def test_two_seeds_differ() -> None:
    """Another seed is another story."""
    assert schedule(1, 60) != schedule(2, 60)


def test_every_deed_can_be_done() -> None:
    """What may stand in a schedule has somebody who does it."""
    assert set(ACTS) == set(DEEDS)


def test_inputs_are_of_every_kind_and_mostly_good() -> None:
    """By number and seed alone; the same again."""
    kinds = Counter(kind_of(5, number) for number in range(20_000))
    assert set(kinds) == set(ANSWERS)
    assert kinds["good"] > 19_000
    assert [wire_of(5, number, b"\x00\x00\x00\x00\x01") for number in range(300)] == [
        wire_of(5, number, b"\x00\x00\x00\x00\x01") for number in range(300)
    ]


def test_only_waiting_inputs_make_a_stall() -> None:
    """Three seconds without growth while something waits count; an hour with nothing to do does not."""
    stalls = Stalls()
    for now, waiting, seen in [(0, 5, 0), (1, 5, 9), (4, 5, 9), (5, 0, 14), (3600, 0, 14), (3601, 3, 14)]:
        stalls.look(now, waiting=waiting, seen=seen)
    assert (stalls.longest_seconds, stalls.began_seconds) == (3, 1)
