"""Rows of several pairs are looked at by stretches of one pair, in their order, whatever is mixed."""

from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.labeler.arrivals import Events
from stream.watermark import NEVER

ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([b"a", b"b", b"c", b"d"]), st.booleans()), max_size=12)


def events(rows: list[tuple[int, bytes, bool]]) -> Events:
    """(partition, id, whether it stands alone) as columns."""
    return Events(ids=[one for _, one, _ in rows], partitions=np.array([pair for pair, _, _ in rows], np.int32))


@given(ROWS)
def test_stretches_are_all_rows_in_order(rows: list[tuple[int, bytes, bool]]) -> None:
    """Each as long as it can be, of one pair; a row that is to stand alone does."""
    alone = np.array([row for row, one in enumerate(rows) if one[2]], np.int64)
    keys = [(pair, row if stands else -1) for row, (pair, _, stands) in enumerate(rows)]
    expected, first = list[tuple[int, int, int]](), 0
    for (pair, _), some in groupby(keys):
        count = len(list(some))
        expected.append((pair, first, first + count))
        first += count
    assert list(events(rows).stretches(alone)) == expected


@given(ROWS)
def test_a_row_is_alone_whose_event_no_other_is_of(rows: list[tuple[int, bytes, bool]]) -> None:
    """The same id in another pair is another event; each has its own pair's clock."""
    who = [(pair, one) for pair, one, _ in rows]
    assert events(rows).are_alone().tolist() == [who.count(one) == 1 for one in who]
    assert events(rows).each({0: 5, 2: 7}).tolist() == [{0: 5, 2: 7}.get(pair, NEVER) for pair, _ in who]
