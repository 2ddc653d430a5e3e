"""What is done beside the loop is done once, in order, and its failure is told to whoever asks."""

import threading
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.scorer.beside import FEWEST_ROWS, Beside
from services.scorer.profile import grouped


@pytest.mark.parametrize(("rows", "is_beside"), [(1, False), (FEWEST_ROWS - 1, False), (FEWEST_ROWS, True)])
def test_few_rows_stay_with_who_asks(rows: int, *, is_beside: bool) -> None:
    """The way to another thread and back is for many rows alone."""
    found = Beside().begin(threading.current_thread, rows=rows)()
    assert (found is not threading.current_thread()) is is_beside


def test_tasks_are_done_in_their_turn() -> None:
    """A task sees what the one before it did."""
    beside, seen = Beside(), list[int]()

    def task(number: int) -> list[int]:
        seen.append(number)
        return [*seen]

    asks = [beside.begin(partial(task, number), rows=FEWEST_ROWS) for number in range(9)]
    assert [ask() for ask in reversed(asks)] == [[*range(n)] for n in range(9, 0, -1)]


@pytest.mark.parametrize("rows", [1, FEWEST_ROWS])
def test_a_failure_is_told_to_who_asks(rows: int) -> None:
    """Not before, not never."""

    def fails() -> None:
        raise ValueError("no such feature")

    ask = Beside().begin(fails, rows=rows)
    with pytest.raises(ValueError, match="no such feature"):
        ask()


@given(some.lists(some.integers(-(2**62), 2**62), max_size=40), some.integers(1, 4))
def test_groups_are_those_of_unique(values: list[int], times: int) -> None:
    """Whether equal neighbours are many or none."""
    given = np.repeat(np.array(values, np.int64), times)
    for ours, theirs in zip(grouped(given), np.unique(given, return_inverse=True), strict=True):
        np.testing.assert_array_equal(ours, theirs)
