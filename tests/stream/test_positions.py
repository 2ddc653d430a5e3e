"""Positions: our own count of what a transaction has read."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.positions import Positions
from stream.records import Batch, Place, Span, Start


def batch(rows: list[tuple[str, int, int]]) -> Batch:
    """Records at (topic, partition, offset)."""
    n = len(rows)
    return Batch(
        topics=[topic for topic, _, _ in rows],
        partitions=np.array([partition for _, partition, _ in rows], np.int32),
        offsets=np.array([offset for _, _, offset in rows], np.int64),
        timestamps=np.zeros(n, np.int64),
        keys=[None] * n,
        values=[b""] * n,
        headers=lambda _row: None,
    )


A, B = Place("a", 0), Place("b", 1)


def test_two_topics_are_counted_apart() -> None:
    """Each place has its own span; gaps are absent positions."""
    positions = Positions()
    positions.assigned({A: Start(5), B: Start(0)})
    positions.took(batch([("a", 0, 5), ("b", 1, 0), ("a", 0, 8)]))
    assert positions.spans() == [Span(A, 5, 9, 2), Span(B, 0, 1, 1)]
    assert positions.spans()[0].absent == 2


def test_a_rewind_forgets_what_was_read() -> None:
    """After an abort the transaction begins where it began."""
    positions = Positions()
    positions.assigned({A: Start(5)})
    positions.took(batch([("a", 0, 5)]))
    positions.rewind()
    assert positions.spans() == []
    assert positions.starts() == {A: 5} == positions.ends()


def test_a_record_of_somebody_else_is_refused() -> None:
    """A place that is not assigned, or a position already passed, is a fault of ours."""
    positions = Positions()
    positions.assigned({A: Start(5)})
    with pytest.raises(ValueError, match=r"b\[1\], which is not assigned"):
        positions.took(batch([("b", 1, 0)]))
    with pytest.raises(ValueError, match="found offset 4 of a"):
        positions.took(batch([("a", 0, 4)]))


def test_what_is_given_back_was_never_read() -> None:
    """The span ends where it begins; what is before it still counts, what another place read too."""
    positions = Positions()
    positions.assigned({A: Start(5), B: Start(0)})
    positions.took(batch([("a", 0, 5)]))
    positions.took(batch([("a", 0, 6), ("b", 1, 0), ("a", 0, 8), ("a", 0, 9)]))
    positions.give_back({A: 8})
    assert positions.spans() == [Span(A, 5, 8, 2), Span(B, 0, 1, 1)]
    with pytest.raises(ValueError, match="8 itself where it was given back"):
        positions.took(batch([("a", 0, 9)]))


def test_what_was_given_back_comes_next_or_after_a_rewind() -> None:
    """The record itself lifts the condition, and so does standing at the transaction's start again."""
    positions = Positions()
    positions.assigned({A: Start(5)})
    positions.took(batch([("a", 0, 5), ("a", 0, 6)]))
    for _ in range(2):
        positions.give_back({A: 6})
        positions.took(batch([("a", 0, 6)]))
    positions.give_back({A: 6})
    positions.took(batch([("a", 0, 6), ("a", 0, 7)]))
    positions.took(batch([("a", 0, 9)]))
    assert positions.spans() == [Span(A, 5, 10, 4)]
    positions.give_back({A: 9})
    positions.rewind()
    positions.took(batch([("a", 0, 12)]))


@given(st.lists(st.integers(1, 3), min_size=1, max_size=60), st.data())
def test_spans_tile(steps: list[int], data: st.DataObject) -> None:
    """However the input is cut into transactions, the committed spans join without gap, read + absent = length."""
    positions = Positions()
    positions.assigned({A: Start(0)})
    at, spans = -1, []
    for step in steps:
        at += step
        positions.took(batch([("a", 0, at)]))
        if data.draw(st.booleans()):
            spans += positions.spans()
            positions.advance()
    spans += positions.spans()
    assert spans[0].start == 0
    assert spans[-1].end == at + 1
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert sum(span.read for span in spans) == len(steps)
