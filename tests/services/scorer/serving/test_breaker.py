"""The breaker leaves a failing model alone and tries it again by itself."""

from hypothesis import given
from hypothesis import strategies as st

from services.scorer.serving.breaker import Breaker


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def breaker(clock: Clock, told: list[str]) -> Breaker:
    """Opens after three, cools for ten seconds."""
    return Breaker(failures=3, cool_seconds=10, clock=clock, tell=lambda state, _why: told.append(state))


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    """A success in between begins the count anew."""
    told: list[str] = []
    one = breaker(Clock(), told)
    for _ in range(2):
        one.failed("no")
    one.worked()
    for _ in range(2):
        one.failed("no")
    assert one.state() == "closed"
    one.failed("no")
    assert (one.state(), told) == ("open", ["open"])


def test_it_is_tried_again_and_closes_when_that_works() -> None:
    """Half open after the wait, without anybody's help."""
    clock, told = Clock(), list[str]()
    one = breaker(clock, told)
    one.trip("no")
    clock.now = 9.9
    assert one.state() == "open"
    clock.now = 10.0
    assert one.state() == "half_open"
    one.worked()
    assert (one.state(), told) == ("closed", ["open", "closed"])


def test_each_trial_in_vain_doubles_the_wait_up_to_eight_times() -> None:
    """10, 20, 40, 80, then 80 for ever; a success goes back to 10."""
    clock, told = Clock(), list[str]()
    one = breaker(clock, told)
    one.trip("no")
    waits = []
    for _ in range(6):
        began = clock.now
        while one.state() == "open":
            clock.now += 1
        waits.append(clock.now - began)
        one.failed("still no")
    assert waits == [10, 20, 40, 80, 80, 80]
    clock.now += 80
    one.worked()
    one.trip("no")
    clock.now += 10
    assert one.state() == "half_open"


@given(st.lists(st.sampled_from(["worked", "failed", "second"]), max_size=200))
def test_it_is_open_only_after_failures_and_never_for_ever(steps: list[str]) -> None:
    """Whatever happens, it is half open at the latest eight waits after the last failure."""
    clock = Clock()
    one = breaker(clock, [])
    failed_in_a_row = 0
    for step in steps:
        if step == "second":
            clock.now += 1
        elif step == "worked":
            one.worked()
            failed_in_a_row = 0
        else:
            one.failed("no")
            failed_in_a_row += 1
        assert (one.state() == "closed") == (failed_in_a_row < 3)
    clock.now += 80
    assert one.state() in ("closed", "half_open")
