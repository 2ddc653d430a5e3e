"""Distances are 0 between equals, the same both ways, blind to the order of bins; they agree with their definitions."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2_contingency, entropy

from services.drift.stats.binned import Floats, chi_square, jensen_shannon, ks, merged, psi, stacked

FEATURES, BINS = 3, 6
few = settings(max_examples=25, deadline=None)
counts = arrays(np.int64, (FEATURES, BINS), elements=st.integers(0, 10**6))
full = arrays(np.int64, (FEATURES, BINS), elements=st.integers(1, 10**6))
Distance = Callable[[Floats, Floats], Floats]
UNORDERED: list[Distance] = [psi, jensen_shannon, chi_square]
ALL: list[Distance] = [*UNORDERED, ks]


@pytest.mark.parametrize("distance", ALL)
@few
@given(found=counts)
def test_a_histogram_is_at_no_distance_from_itself(distance: Distance, found: Floats) -> None:
    """Exactly 0, whatever is empty."""
    assert distance(found, found).tolist() == [0.0] * FEATURES


@pytest.mark.parametrize("distance", ALL)
@few
@given(found=counts, known=counts)
def test_a_distance_is_finite_and_the_same_both_ways(distance: Distance, found: Floats, known: Floats) -> None:
    """Never negative, never NaN, empty bins and empty sides included."""
    there = distance(found, known)
    assert np.isfinite(there).all()
    assert (there >= 0).all()
    assert distance(known, found) == pytest.approx(there, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("distance", UNORDERED)
@few
@given(found=counts, known=counts, order=st.permutations(range(BINS)))
def test_the_order_of_bins_does_not_matter(distance: Distance, found: Floats, known: Floats, order: list[int]) -> None:
    """Except to KS, which is about order."""
    assert distance(found[:, order], known[:, order]) == pytest.approx(distance(found, known), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("distance", [psi, jensen_shannon, ks])
@few
@given(found=full, known=full, times=st.integers(1, 1000))
def test_only_shares_matter(distance: Distance, found: Floats, known: Floats, times: int) -> None:
    """Of as many rows again, where no bin is empty; chi-square grows with rows."""
    assert distance(found * times, known) == pytest.approx(distance(found, known), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("distance", ALL)
@few
@given(found=counts, known=counts)
def test_padding_adds_nothing(distance: Distance, found: Floats, known: Floats) -> None:
    """Features with fewer bins stand in the same array."""
    wide = [np.pad(one, ((0, 0), (0, 3))) for one in (found, known)]
    assert distance(*wide) == pytest.approx(distance(found, known), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("distance", ALL)
def test_many_features_at_once_are_each_as_alone(distance: Distance) -> None:
    """The same number, one by one."""
    chance = np.random.default_rng(1)
    found, known = chance.integers(0, 50, (2, 7, 9))
    assert distance(found, known).tolist() == [
        float(distance(one, other)) for one, other in zip(found, known, strict=True)
    ]


@few
@given(found=full, known=full)
def test_the_distances_are_what_scipy_says(found: Floats, known: Floats) -> None:
    """PSI is Kullback and Leibler both ways, chi-square that of the table of both."""
    for one, other in zip(found, known, strict=True):
        both = entropy(one, other) + entropy(other, one)
        middle = one / one.sum() + other / other.sum()
        assert float(psi(one, other)) == pytest.approx(both, rel=1e-6, abs=1e-9)
        assert float(jensen_shannon(one, other)) == pytest.approx(
            (entropy(one, middle) + entropy(other, middle)) / 2, rel=1e-6, abs=1e-9
        )
        table = chi2_contingency(np.stack([one, other]), correction=False)
        assert float(chi_square(one, other)) == pytest.approx(table.statistic, rel=1e-6, abs=1e-6)


def test_an_empty_bin_counts_half_a_row() -> None:
    """Where the other side has rows; so that one new row is no infinite distance."""
    assert float(psi(np.array([10, 0]), np.array([10, 10]))) == float(psi(np.array([10, 0.5]), np.array([10, 10])))


@few
@given(found=counts, blocks=arrays(np.int64, (4, FEATURES, BINS), elements=st.integers(0, 1000)))
def test_merging_loses_no_row(found: Floats, blocks: Floats) -> None:
    """And what is left is either one bin or several that are not rare."""
    fewer, known = merged(found, blocks)
    assert fewer.sum(axis=1).tolist() == found.sum(axis=1).tolist()
    assert known.sum(axis=2).tolist() == blocks.sum(axis=2).tolist()
    whole = known.sum(axis=0)
    for place in np.flatnonzero((whole > 0).sum(axis=1) > 1):
        assert whole[place][whole[place] > 0].min() >= 5.0 - 1e-9


def test_merging_does_not_look_where_the_window_fell() -> None:
    """A window all in one bin and one spread over all merge the same bins."""
    blocks = np.tile(np.array([[400, 90, 8, 1, 1]]), (4, 1, 1))
    one, other = (merged(np.array([window]), blocks)[1] for window in ([100, 0, 0, 0, 0], [0, 0, 0, 0, 100]))
    assert one.tolist() == other.tolist()


def test_ragged_features_are_stacked() -> None:
    """As long as the longest, zeros behind the others."""
    assert stacked([np.ones((4, 2)), np.ones((4, 5))]).sum(axis=(0, 2)).tolist() == [8, 20]
