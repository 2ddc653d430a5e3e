"""What of a batch may go on when some of it must wait, and which places are held until when."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.holding import Holding, held_back
from stream.records import Place
from tests.stream.test_positions import batch

A, B = Place("a", 0), Place("b", 0)
ROW = st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.booleans())


@given(st.lists(ROW, max_size=40))
def test_nothing_passes_a_record_that_waits(rows: list[tuple[str, int, bool]]) -> None:
    """A row may go on if neither it nor one before it in its place waits; the first that does is named."""
    some = batch([(topic, partition, offset) for offset, (topic, partition, _) in enumerate(rows)])
    held, may_go_on = held_back(some, np.array([waits for _, _, waits in rows], bool))
    expected: dict[Place, int] = {}
    for offset, (topic, partition, waits) in enumerate(rows):
        if waits:
            expected.setdefault(Place(topic, partition), offset)
        assert may_go_on[offset] == (Place(topic, partition) not in expected)
    assert held == expected


def test_a_place_is_due_once_until_it_is_held_anew() -> None:
    """It is told as held all the while, tried again or not; it no longer is once a batch of it went on."""
    told: list[list[Place]] = []
    holding = Holding(lambda places: told.append(sorted(places)))
    of_a, of_b = batch([("a", 0, 5)]), batch([("b", 0, 5)])
    holding.took(of_a, [A], 1.0)
    holding.took(of_b, [B], 2.0)
    assert [holding.due(now) for now in (0.9, 1.0, 1.1)] == [[], [A], []]
    holding.took(of_a, [A], 3.0)
    assert [holding.due(now) for now in (2.9, 3.0)] == [[B], [A]]
    holding.took(of_a, [], 4.0)
    assert told == [[A], [A, B], [B]]
    holding.forget()
    assert (told[-1], len(holding)) == ([], 0)
