"""A reader that hangs is noticed, by a clock of the test's own."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from services.notifier.stalling import Stalling
from stream.faults import Stopped


@dataclass
class Kept:
    """A log of one partition that ends at `end`; broken while there is no end."""

    end: int | None = 5

    def unheard(self, heard: Mapping[int, int]) -> bool:
        """Whether something lies behind."""
        if self.end is None:
            raise Stopped("no broker")
        return heard[0] < self.end


def checks(stalling: Stalling, *steps: tuple[float, int]) -> None:
    """At such a time, so much was heard."""
    for now, heard in steps:
        asyncio.run(stalling.check({0: heard}, now))


def test_records_that_lie_unheard_stop_the_process() -> None:
    """After the patience, not before."""
    stalling = Stalling(Kept(), 100)
    checks(stalling, (0, 4), (50, 4), (99, 4))
    with pytest.raises(Stopped, match="unheard for 130 s"):
        checks(stalling, (130, 4))


def test_a_reader_that_moves_or_has_caught_up_is_well() -> None:
    """However far behind."""
    checks(Stalling(Kept(), 100), *((30 * n, n % 4) for n in range(20)))
    checks(Stalling(Kept(), 100), *((30 * n, 5) for n in range(20)))


def test_brokers_that_are_down_are_no_fault_of_the_reader() -> None:
    """Its time begins when they are back."""
    kept = Kept(end=None)
    stalling = Stalling(kept, 100)
    checks(stalling, *((30 * n, 4) for n in range(20)))
    kept.end = 5
    checks(stalling, (600, 4), (690, 4))
    with pytest.raises(Stopped):
        checks(stalling, (730, 4))
