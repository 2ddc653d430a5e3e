"""Shares: level, exactness where rows are few, materiality, both sides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from services.drift.stats.rates import Side, compare_shares

BLOCKS, BLOCK = 20, 1000
SIDES: list[Side] = ["above", "below", "both"]


def one(count: int, rows: int, known: int, *, delta: float = 0.0, side: Side = "above") -> float:
    """The p-value of one share against `known` rows spread evenly over 20 blocks of 1,000."""
    blocks = np.full((BLOCKS, 1), known // BLOCKS)
    blocks[: known % BLOCKS] += 1
    whole = np.full((BLOCKS, 1), BLOCK)
    return float(compare_shares(np.array([count]), np.array([rows]), blocks, whole, delta=delta, side=side).p_value[0])


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.97])
def test_the_level_holds(side: Side, share: float) -> None:
    """Of rare, common and nearly sure rows, in windows as long as a block."""
    chance = np.random.default_rng(3)
    counts, blocks = chance.binomial(BLOCK, share, 600), chance.binomial(BLOCK, share, (BLOCKS, 600))
    found = compare_shares(counts, np.full(600, BLOCK), blocks, np.full((BLOCKS, 600), BLOCK), side=side)
    for level in (0.05, 0.01, 0.001):
        assert (found.p_value <= level).sum() <= binom.isf(1e-4, 600, level)


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_the_level_holds_where_shares_vary(share: float) -> None:
    """Between blocks and windows by as much again as by chance, and by ten times as much."""
    chance = np.random.default_rng(4)
    for times in (1.0, 10.0):
        total = (BLOCK - 1 - times) / times
        shares = chance.beta(share * total, (1 - share) * total, (BLOCKS + 1, 600))
        counts = chance.binomial(BLOCK, shares)
        found = compare_shares(counts[0], np.full(600, BLOCK), counts[1:], np.full((BLOCKS, 600), BLOCK), side="both")
        for level in (0.01, 0.001):
            assert (found.p_value <= level).sum() <= binom.isf(1e-4, 600, level) + 600 * level


def test_a_null_burst_is_found_and_a_few_nulls_are_not() -> None:
    """In a feature that had none: 5 % of 2,000 rows, and 3 of them."""
    assert one(100, 2000, 0) < 1e-6
    assert one(3, 2000, 0) > 1e-4
    assert one(0, 2000, 0) == pytest.approx(1.0)


def test_what_is_tolerated_is_not_found() -> None:
    """A rise from 1 % to 3 %: with a margin of 1 %, but not of 2.5 %."""
    assert one(60, 2000, 200) < 1e-4
    assert one(60, 2000, 200, delta=0.01) < 0.05
    assert one(60, 2000, 200, delta=0.025) > 0.5


def test_each_side_sees_its_own() -> None:
    """A fall is none to who looks for a rise; both see both."""
    assert one(20, 1000, 2000, side="above") > 0.99
    assert one(20, 1000, 2000, side="below") < 1e-6
    assert one(20, 1000, 2000, side="both") == pytest.approx(2 * one(20, 1000, 2000, side="below"))
    assert one(1000, 1000, 10_000, side="above") < 1e-9


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 500), known=st.integers(0, 20_000), delta=st.floats(0, 1))
def test_a_p_value_is_one(count: int, known: int, delta: float) -> None:
    """Between 0 and 1 and no larger with one row more."""
    for side in SIDES:
        assert 0.0 <= one(count, 500, known, delta=delta, side=side) <= 1.0
    if count < 500:
        assert one(count + 1, 500, known, delta=delta) <= one(count, 500, known, delta=delta) + 1e-9


def test_with_a_known_even_baseline_it_is_close_to_binomial() -> None:
    """No smaller than the exact p-value, and not much larger."""
    for count in (1040, 1060, 1090):
        exact = binomtest(count, 2000, 0.5, alternative="greater").pvalue
        blocks, whole = np.full((400, 1), 50_000), np.full((400, 1), 100_000)
        found = compare_shares(np.array([count]), np.array([2000]), blocks, whole)
        assert exact * 0.9 <= found.p_value[0] <= exact * 3.0


def test_no_rows_say_nothing() -> None:
    """P = 1."""
    empty = np.zeros((BLOCKS, 1))
    for rows, whole in ((0, BLOCK), (10, 0)):
        found = compare_shares(np.array([0]), np.array([rows]), empty, np.full((BLOCKS, 1), whole), side="both")
        assert found.p_value.tolist() == [1.0]
