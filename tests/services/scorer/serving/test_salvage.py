"""Halving finds the rows that make a model fail, in few runs."""

from math import ceil, log2

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.session import ModelFault
from services.scorer.serving.salvage import MOST_FOUND, most_runs, salvage


class Fragile:
    """A model that answers each row with its own number, and fails on every batch that holds a bad one."""

    def __init__(self, bad: set[int]) -> None:
        self.bad, self.runs = bad, 0

    def __call__(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        self.runs += 1
        if self.bad & set(matrix[:, 0].astype(int).tolist()):
            raise ModelFault("bad row")
        return matrix.astype(np.float64)


def salvaged(rows: int, bad: set[int]) -> tuple[set[int], int]:
    """Which rows were left without an answer, after how many runs; every answer is the row's own."""
    model = Fragile(bad)
    scores = salvage(model, np.arange(rows, dtype=np.float32)[:, None], columns=1)[:, 0]
    left = np.isnan(scores)
    np.testing.assert_array_equal(scores[~left], np.arange(rows)[~left])
    return set(np.flatnonzero(left).tolist()), model.runs


@given(st.integers(1, 600), st.data())
def test_one_bad_row_costs_that_row_alone(rows: int, data: st.DataObject) -> None:
    """In at most 2·log2(n) runs beside the one that failed."""
    bad = data.draw(st.integers(0, rows - 1))
    left, runs = salvaged(rows, {bad})
    assert left == {bad}
    assert runs <= 2 * ceil(log2(rows)) if rows > 1 else runs == 0


@given(st.integers(1, 300), st.data())
def test_however_many_are_bad_no_bad_row_is_answered(rows: int, data: st.DataObject) -> None:
    """The runs stay bounded; good rows may be left with the bad ones, never the other way round."""
    bad = data.draw(st.sets(st.integers(0, rows - 1), min_size=1))
    left, runs = salvaged(rows, bad)
    assert bad <= left
    assert runs <= MOST_FOUND * most_runs(rows)
    if len(bad) < MOST_FOUND:
        assert left == bad
