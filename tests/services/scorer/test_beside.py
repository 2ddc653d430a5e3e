"""What is done beside the loop is done once, in order, and its failure is told to whoever asks."""

import threading
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.scorer.beside import FEWEST_ROWS, MOST_STEPS, Beside
from services.scorer.profile import grouped


@pytest.mark.parametrize(
    ("cores", "rows", "steps", "is_taken"),
    [
        (2, FEWEST_ROWS, 1, True),
        (2, FEWEST_ROWS - 1, 1, False),
        (2, 1_000, MOST_STEPS // 1_000, True),
        (2, 1_000, MOST_STEPS // 1_000 + 1, False),
        (1, FEWEST_ROWS, 1, False),
    ],
)
def test_what_is_better_done_in_its_turn_is_not_taken(cores: int, rows: int, steps: int, *, is_taken: bool) -> None:
    """Few rows, much work that a model's deadline would not wait for, a process of one core."""
    found = Beside(cores).begin(threading.current_thread, rows=rows, steps=steps)
    assert (found is not None) is is_taken
    assert found is None or found() is not threading.current_thread()


def test_tasks_are_done_in_their_turn() -> None:
    """A task sees what the one before it did."""
    beside, seen = Beside(2), list[int]()

    def task(number: int) -> list[int]:
        seen.append(number)
        return [*seen]

    asks = [beside.begin(partial(task, number), rows=FEWEST_ROWS, steps=1) for number in range(9)]
    assert [ask and ask() for ask in reversed(asks)] == [[*range(n)] for n in range(9, 0, -1)]


def test_a_failure_is_told_to_who_asks() -> None:
    """Not before, not never."""

    def fails() -> None:
        raise ValueError("no such feature")

    ask = Beside(2).begin(fails, rows=FEWEST_ROWS, steps=1)
    assert ask is not None
    with pytest.raises(ValueError, match="no such feature"):
        ask()


@given(some.lists(some.integers(-(2**62), 2**62), max_size=40), some.integers(1, 4))
def test_groups_are_those_of_unique(values: list[int], times: int) -> None:
    """Whether equal neighbours are many or none."""
    given = np.repeat(np.array(values, np.int64), times)
    for ours, theirs in zip(grouped(given), np.unique(given, return_inverse=True), strict=True):
        np.testing.assert_array_equal(ours, theirs)
