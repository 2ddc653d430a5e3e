"""Shares of refused or degraded rows are judged by how likely so many are where just so many are put up with."""

import pytest

from services.drift.stats.rates import tail


@pytest.mark.parametrize(
    ("count", "rows", "share", "expected"),
    [(0, 0, 0.1, 1.0), (0, 5, 0.1, 1.0), (2, 2, 0.5, 0.25), (1, 2, 0.5, 0.75), (5, 5, 0.1, 1e-5)],
)
def test_the_tail_of_a_binomial(count: int, rows: int, share: float, expected: float) -> None:
    """At least so many of so many."""
    assert tail(count, rows, share) == pytest.approx(expected)
