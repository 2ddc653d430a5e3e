"""Combined p-values are p-values: uniform at most when all hold, small when one is."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from services.drift.stats.binned import Floats
from services.drift.stats.combine import benjamini_hochberg, simes

p_values = arrays(np.float64, st.integers(1, 30), elements=st.floats(0.0, 1.0))


@given(found=p_values, order=st.randoms(use_true_random=False))
def test_the_order_of_tests_does_not_matter(found: Floats, order: random.Random) -> None:
    """And the result is a probability."""
    shuffled = found.tolist()
    order.shuffle(shuffled)
    assert 0.0 <= simes(found) <= 1.0
    assert simes(np.array(shuffled)) == pytest.approx(simes(found), rel=1e-9)


def test_nothing_tested_is_nothing_found() -> None:
    """No test, no doubt."""
    assert simes(np.array([])) == 1.0


def test_the_level_holds_when_tests_depend() -> None:
    """Ten tests that share most of what moves them."""
    chance = np.random.default_rng(5)
    for shared in (0.0, 0.8):
        each = np.sqrt(1 - shared) * chance.normal(size=(4000, 10)) + np.sqrt(shared) * chance.normal(size=(4000, 1))
        rejected = sum(simes(one) <= 0.01 for one in ndtr(-np.abs(each)) * 2)
        assert rejected <= 70  # 40 expected, at most 67 in 99.99 % of draws


def test_one_small_p_value_among_many_is_found() -> None:
    """At the price of their number."""
    found = np.array([1e-12, *np.linspace(0.1, 0.9, 49)])
    assert simes(found) == pytest.approx(50e-12, rel=0.02)


@given(found=p_values)
def test_simes_is_never_above_bonferroni(found: Floats) -> None:
    """The least of the p-values times their number."""
    assert simes(found) <= min(1.0, found.min() * len(found)) + 1e-12


@given(found=p_values, q=st.floats(0.001, 0.5))
def test_benjamini_hochberg_is_scipys(found: Floats, q: float) -> None:
    """Those whose adjusted p-value is at most q."""
    adjusted = false_discovery_control(found)
    clear = np.abs(adjusted - q) > 1e-9
    assert (benjamini_hochberg(found, q) == (adjusted <= q))[clear].all()


def test_nothing_is_rejected_of_nothing() -> None:
    """An empty family."""
    assert benjamini_hochberg(np.array([])).tolist() == []
