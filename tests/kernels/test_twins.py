"""What the compiled kernels compute is what numpy computes, to the bit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import Bundle
from models.contract import read_contract
from models.fitting.outliers import fit_outliers
from models.ood import OutOfDistribution
from schemas import prediction
from schemas.columns import Columns
from schemas.prediction import PredictionBatch, encode
from services.scorer.core import causes_by_columns, causes_of, compile_rules
from services.scorer.histograms import counted, counting
from tests.models.bundles import contract_text, make_bundle, rows_of
from tests.schemas.test_prediction import predictions

SEEDS = st.integers(0, 10_000)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A small bundle, with categories and a feature that may be missing."""
    path: Path = tmp_path_factory.mktemp("twins")
    return make_bundle(path / "bundle")


def strange_rows(bundle: Bundle, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Rows of which many cells are missing, far away, or of no category."""
    chance = np.random.default_rng(seed)
    matrix = rows_of(bundle.contract, rows=int(chance.integers(1, 40)), seed=seed)
    where = chance.random(matrix.shape)
    matrix[where < 0.2] = np.nan
    matrix[where > 0.9] = chance.choice([-1.0, 0.0, 3.0, 1e6, -1e30, 3.4e38], int((where > 0.9).sum()))
    return matrix


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_a_row_is_as_strange_to_both(bundle: Bundle, seed: int) -> None:
    """Missing values filled in, far values, any number of rows."""
    ood = bundle.ood
    assert isinstance(ood, OutOfDistribution)
    matrix = strange_rows(bundle, seed)
    for ours, theirs in zip(ood.measure(matrix), ood.measure_by_columns(matrix), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_many_missing_values_are_filled_in_the_same() -> None:
    """More of them than there are steps, among features that go together."""
    chance = np.random.default_rng(3)
    matrix = (chance.normal(size=(2_000, 1)) + 0.3 * chance.normal(size=(2_000, 24))).astype(np.float32)
    features = [{"name": f"x{place}", "type": "float", "nullable": True} for place in range(24)]
    ood = fit_outliers(matrix, read_contract(contract_text(features=features)))
    assert ood is not None
    for lost in range(24):
        matrix[lost, :lost] = np.nan
    for ours, theirs in zip(ood.measure(matrix[:24]), ood.measure_by_columns(matrix[:24]), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_a_profile_counts_the_same(bundle: Bundle, seed: int) -> None:
    """Bins, unseen, missing, sums; groups in any order."""
    baseline, matrix = bundle.baseline, strange_rows(bundle, seed)
    groups = np.random.default_rng(seed).integers(0, 3, len(matrix))
    ours = counting(baseline)(matrix, groups, 3)
    width = ours.counts.shape[2]
    theirs = counted(baseline.bins(matrix), baseline.standardised(matrix), (groups, 3), width=width)
    np.testing.assert_array_equal(ours.counts, theirs.counts)
    np.testing.assert_array_equal(ours.sums, theirs.sums)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_the_same_cells_break_the_contract(bundle: Bundle, seed: int) -> None:
    """Flags that are watched, numbers out of range."""
    matrix, chance = strange_rows(bundle, seed), np.random.default_rng(seed)
    flags = np.where(chance.random(matrix.shape) < 0.2, chance.choice([1, 2, 4, 8, 16], matrix.shape), 0)
    columns = Columns(
        [b"i"] * len(matrix),
        np.zeros(len(matrix), np.int64),
        matrix,
        flags.astype(np.uint8),
        np.zeros(len(matrix), np.int16),
    )
    rules = compile_rules(bundle.contract)
    ours, theirs = causes_of(columns, rules), causes_by_columns(columns, rules)
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert ours[1] == theirs[1]


@settings(max_examples=100, deadline=None)
@given(predictions())
def test_predictions_are_the_same_bytes(batch: PredictionBatch) -> None:
    """Ids, reasons and varints of any length, nulls, several classes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prediction, "compiled", None)
        theirs = encode(replace(batch), b"\0\0\0\0\1")
    assert encode(batch, b"\0\0\0\0\1") == theirs
