"""A baseline bins whatever comes, and its counts add up."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from pydantic import ValidationError

from models.baseline import MISSING, UNSEEN_BIN, Baseline, ClassPrior, ValuePrior
from models.contract import read_contract
from models.decide import headline
from models.fitting.bins import MOST_BINS, inner_edges
from models.fitting.survey import blocks_of, survey
from models.reference import reference_of
from models.session import Session
from tests.models.bundles import contract_text, make_bundle, reference_rows, tiny_model

CONTRACT = read_contract(contract_text())
ROWS = reference_rows(CONTRACT)
SCORES = Session(tiny_model(CONTRACT), CONTRACT).score(ROWS.inputs)
BASELINE = survey(ROWS, SCORES, CONTRACT)

FLOATS = some.floats(width=32, allow_nan=True, allow_infinity=True)
MATRICES = arrays.arrays(np.float32, some.tuples(some.integers(0, 8), some.just(5)), elements=FLOATS)


@given(matrix=MATRICES)
def test_every_value_has_a_bin(matrix: NDArray[np.float32]) -> None:
    """Whatever the number, its bin is one of the feature's, missing or unseen."""
    bins = BASELINE.bins(matrix)
    assert bins.shape == matrix.shape
    assert bins.dtype == np.int32
    assert (np.isnan(matrix) == (bins == MISSING)).all()
    for place, feature in enumerate(BASELINE.features):
        assert (bins[:, place] < feature.bins).all()
        assert (bins[:, place] >= (UNSEEN_BIN if feature.kind == "category" else MISSING)).all()


@given(matrix=MATRICES)
def test_a_standardised_value_is_finite_and_bounded(matrix: NDArray[np.float32]) -> None:
    """Missing values and categories stand at 0, everything else within ±1000."""
    found = BASELINE.standardised(matrix)
    assert (np.abs(found) <= 1000.0).all()
    assert (found[np.isnan(matrix)] == 0.0).all()
    assert (found[:, 3] == 0.0).all()


def test_the_baseline_counts_exactly_what_bins_say_of_the_reference() -> None:
    """Counting again with `bins` gives the stored counts, block by block."""
    bins = BASELINE.bins(ROWS.matrix)
    scores = BASELINE.score_bins(headline(SCORES))
    block = blocks_of(ROWS.times)
    for number, stretch in enumerate(BASELINE.blocks):
        rows = block == number
        assert stretch.first_micros == ROWS.times[rows][0]
        assert stretch.last_micros == ROWS.times[rows][-1]
        for place, feature in enumerate(BASELINE.features):
            column = bins[rows, place]
            assert feature.counts[number] == tuple(np.bincount(column[column >= 0], minlength=feature.bins))
            assert feature.missing[number] == (column == MISSING).sum()
        assert BASELINE.scores.counts[number] == tuple(np.bincount(scores[rows], minlength=20))


def test_the_reference_is_centred_by_its_own_baseline() -> None:
    """Standardised reference values have mean 0 and sd 1, and the covariance is theirs."""
    found = BASELINE.standardised(ROWS.matrix)
    covered = list(BASELINE.covariance.features)
    assert covered == [0, 1, 2, 4]
    assert found[:, 0].mean() == pytest.approx(0.0, abs=1e-9)
    assert found[:, 0].std() == pytest.approx(1.0)
    expected = found[:, covered].T @ found[:, covered] / len(found)
    assert BASELINE.covariance.matrix == pytest.approx(expected, abs=1e-6)


def test_an_unknown_category_is_unseen_and_a_known_one_its_place() -> None:
    """-1 and places beyond the list are unseen."""
    column = np.array([0, 2, -1, 3, np.nan], dtype=np.float32)
    matrix = np.zeros((5, 5), dtype=np.float32)
    matrix[:, 3] = column
    assert BASELINE.bins(matrix)[:, 3].tolist() == [0, 2, UNSEEN_BIN, UNSEEN_BIN, MISSING]


def test_score_bins_are_twenty_equal_ones() -> None:
    """A score on an edge belongs above it; 1 is in the last bin."""
    assert BASELINE.score_bins(np.array([0.0, 0.049, 0.05, 0.5, 0.999, 1.0])).tolist() == [
        0,
        0,
        1,
        10,
        19,
        19,
    ]


@pytest.mark.parametrize(("threshold", "bins"), [(0.5, 20), (0.33, 21), (0.0, 20), (1.0, 20)])
def test_no_score_bin_holds_two_decisions(threshold: float, bins: int) -> None:
    """A threshold between two edges is one more; the table by score bin and label has as many."""
    contract = CONTRACT.model_copy(update={"threshold": threshold})
    found = survey(ROWS, SCORES, contract)
    decided = headline(SCORES) >= threshold
    first = found.score_bins(np.array([threshold]))[0]
    assert found.scores.bins == bins
    if 0.0 < threshold < 1.0:
        assert ((found.score_bins(headline(SCORES)) >= first) == decided).all()
    assert isinstance(found.prior, ClassPrior)
    assert {size for _, size, _ in found.prior.sizes} == {bins}


@given(values=some.lists(some.floats(width=32, allow_nan=False, allow_infinity=False), max_size=300))
def test_edges_rise_and_leave_at_most_twenty_bins(values: list[float]) -> None:
    """Whatever the values, the inner edges are few and strictly rising, and every value has a bin."""
    column = np.array(values, dtype=np.float32)
    edges = inner_edges(column)
    assert len(edges) < MOST_BINS
    assert (np.diff(edges.astype(np.float64)) > 0).all()
    distinct = np.unique(column)
    if 1 < len(distinct) <= MOST_BINS:
        assert np.searchsorted(edges, distinct, side="right").tolist() == list(range(len(distinct)))


def test_a_constant_gets_room_on_both_sides() -> None:
    """A feature that never moved shows it as soon as it does."""
    edges = inner_edges(np.full(300, 3.0, dtype=np.float32))
    assert np.searchsorted(edges, np.array([2.9, 3.0, 3.1], dtype=np.float32), side="right").tolist() == [
        0,
        1,
        2,
    ]


def test_a_frequent_value_costs_one_bin_only() -> None:
    """Nine zeros in ten leave nineteen bins for the rest, equally full."""
    values = np.concatenate([np.zeros(9000), np.random.default_rng(3).random(1000) + 1]).astype(np.float32)
    counts = np.bincount(np.searchsorted(inner_edges(values), values, side="right"))
    assert counts[0] == 9000
    assert len(counts) == MOST_BINS
    assert counts[1:].max() - counts[1:].min() <= 1


def test_continuous_values_fill_twenty_bins_equally() -> None:
    """2,000 distinct values are 100 a bin."""
    values = np.random.default_rng(4).normal(size=2000).astype(np.float32)
    counts = np.bincount(np.searchsorted(inner_edges(values), values, side="right"))
    assert set(counts.tolist()) == {100}


@pytest.mark.parametrize(("rows", "blocks"), [(200, 4), (500, 10), (1000, 20), (50_000, 20)])
def test_blocks_of_less_than_four_days_are_equal_and_in_order(rows: int, blocks: int) -> None:
    """About twenty blocks, never fewer than four, of rows that differ by one at most."""
    found = blocks_of(np.arange(rows, dtype=np.int64))
    sizes = np.bincount(found)
    assert len(sizes) == blocks
    assert sizes.max() - sizes.min() <= 1
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize(("days", "blocks"), [(4.0, 4), (4.2, 4), (4.8, 5), (13.5, 14), (20.0, 20), (45.0, 20)])
def test_blocks_of_more_days_are_whole_days(days: float, blocks: int) -> None:
    """What follows the hours is the same in each; a rest of less than half a day belongs to the day before."""
    hour = 3_600_000_000
    times = 7 * hour + np.arange(round(days * 24 * 20), dtype=np.int64) * hour // 20
    found = blocks_of(times)
    assert len(np.unique(found)) == blocks
    begins = times[np.flatnonzero(np.diff(found, prepend=-1))]
    assert ((begins - times[0]) % (24 * hour) == 0).all()


def test_days_too_thin_to_be_blocks_are_not() -> None:
    """Ten rows a day over a month are cut by their number."""
    sizes = np.bincount(blocks_of(np.arange(300, dtype=np.int64) * 8_640_000_000))
    assert sizes.tolist() == [50] * 6


def test_the_prior_counts_the_labelled_rows() -> None:
    """The class table adds up to the labels that came."""
    prior = BASELINE.prior
    assert isinstance(prior, ClassPrior)
    assert ROWS.labels is not None
    known = ROWS.labels[~np.isnan(ROWS.labels)]
    assert prior.rows == {"false": int((known == 0).sum()), "true": int((known == 1).sum())}


def test_a_regression_keeps_mean_and_sd_of_its_labels(tmp_path: Path) -> None:
    """Labels that never came count nowhere."""
    bundle = make_bundle(tmp_path / "b", task="regression")
    labels = reference_rows(bundle.contract).labels
    prior = bundle.baseline.prior
    assert isinstance(prior, ValuePrior)
    assert labels is not None
    assert prior.mean == pytest.approx(np.nanmean(labels))
    assert sum(prior.block_rows) == (~np.isnan(labels)).sum()
    assert len(bundle.baseline.scores.edges) == 19


def test_a_feature_that_is_always_missing_has_one_empty_bin() -> None:
    """No value at all is no reason to fail."""
    matrix = ROWS.matrix.copy()
    matrix[:, 4] = np.nan
    rows = reference_of(CONTRACT, matrix=matrix, times=ROWS.times)
    wind = survey(rows, SCORES, CONTRACT).features[4]
    assert (wind.bins, wind.mean, wind.sd) == (1, 0.0, 0.0)
    assert sum(wind.missing) == len(rows.times)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: b["features"][0]["edges"].reverse(), "edges must rise"),
        (lambda b: b["features"][0]["counts"][0].__setitem__(0, 10**6), "add up to the block's rows"),
        (lambda b: b["features"][0]["counts"].pop(), "expected counts for each of the 8 blocks"),
        (lambda b: b["features"][0].update(sd=-1.0), "greater than or equal to 0"),
        (lambda b: b["features"][1].update(mean=float("nan")), "finite"),
        (lambda b: b["blocks"].reverse(), "follow each other in time"),
        (lambda b: b["covariance"]["lower"].pop(), "lower triangle"),
        (lambda b: b["covariance"].update(features=[0, 1, 2, 5]), "a feature that is not there"),
        (lambda b: b["scores"]["edges"].pop(), "found 20 bins for 18 inner edges"),
        (lambda b: b["prior"]["table"][0].pop(), r"expected \(8, 20\) and its classes"),
        (lambda b: b.update(format=2), "Input should be 1"),
    ],
)
def test_a_baseline_that_cannot_be_is_refused(change: object, said: str) -> None:
    """Sizes, order and numbers are checked on loading."""
    read = json.loads(BASELINE.model_dump_json())
    assert callable(change)
    change(read)
    with pytest.raises(ValidationError, match=said):
        Baseline.model_validate_json(json.dumps(read))
