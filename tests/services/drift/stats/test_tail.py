"""Shares of refused or degraded rows are judged by how likely so many are where just so many are put up with."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binom

from services.drift.stats.rates import tail


@pytest.mark.parametrize(
    ("count", "rows", "share", "expected"),
    [(0, 0, 0.1, 1.0), (0, 5, 0.1, 1.0), (2, 2, 0.5, 0.25), (1, 2, 0.5, 0.75), (5, 5, 0.1, 1e-5)],
)
def test_the_tail_of_a_binomial(count: int, rows: int, share: float, expected: float) -> None:
    """At least so many of so many."""
    assert tail(count, rows, share) == pytest.approx(expected)


@given(rows=some.integers(1, 10**6), share=some.floats(0.001, 0.5), part=some.floats(0.0, 1.0))
def test_it_is_the_binomial_s_own(rows: int, share: float, part: float) -> None:
    """As scipy has it."""
    count = 1 + int(part * (rows - 1))
    assert tail(count, rows, share) == pytest.approx(binom.sf(count - 1, rows, share), rel=1e-9, abs=1e-300)


@given(rows=some.integers(1, 2**52), share=some.floats(0.001, 0.5), part=some.floats(0.0, 1.0))
def test_however_many_rows_it_is_a_chance(rows: int, share: float, part: float) -> None:
    """A log may claim more rows than an int holds: NaN would turn its whole family off."""
    assert 0.0 <= tail(int(part * rows), rows, share) <= 1.0
