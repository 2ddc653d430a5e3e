"""A calibrator rises, stays a probability, and corrects a biased score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from models.calibrator import MOST_KNOTS, Calibrator, among_classes
from models.contract import read_contract
from models.decide import decide
from models.fitting.isotonic import calibration_error, fit_calibrator
from tests.models.bundles import contract_text

BINARY = read_contract(contract_text())
MANY = read_contract(contract_text(task="multiclass"))


@given(seed=some.integers(0, 2**32 - 1), rows=some.integers(100, 400), digits=some.integers(1, 6))
def test_the_curve_rises_within_zero_and_one(seed: int, rows: int, digits: int) -> None:
    """Whatever scores and labels it was fitted on, ties among them."""
    chance = np.random.default_rng(seed)
    scores, labels = chance.random((rows, 1)).round(digits), chance.integers(0, 2, rows).astype(np.float64)
    found = fit_calibrator(scores, labels, BINARY).curve(np.linspace(-0.5, 1.5, 50))
    assert (np.diff(found) >= 0).all()
    assert found[0] >= 0.0
    assert found[-1] <= 1.0


def test_an_overconfident_score_is_corrected() -> None:
    """The truth is the score halfway to one half; the estimate finds it."""
    chance = np.random.default_rng(5)
    scores = chance.random((20_000, 1))
    labels = (chance.random(20_000) < 0.25 + scores[:, 0] / 2).astype(np.float64)
    made = fit_calibrator(scores, labels, BINARY)
    asked = np.array([[0.1], [0.9], [0.5]])
    assert made.estimate(asked, decide(asked, BINARY)) == pytest.approx([0.70, 0.70, 0.5], abs=0.04)
    assert len(made.scores) <= MOST_KNOTS
    assert made.rows == 20_000
    assert abs(made.bias) < 4 * made.bias_error < 0.05
    assert made.error < 0.02
    assert np.mean(made.fold_bias) == pytest.approx(made.bias)


def test_the_estimate_of_the_other_decision_is_the_rest() -> None:
    """Binary: the estimates of both decisions add up to one."""
    made = Calibrator(scores=(0.2, 0.8), chances=(0.1, 0.7), rows=9, error=0, bias=0, bias_error=0, fold_bias=())
    scores = np.array([[0.5]])
    yes, no = made.estimate(scores, np.array([1])), made.estimate(scores, np.array([0]))
    assert (yes[0], no[0]) == pytest.approx((0.4, 0.6))


def test_multiclass_estimates_whether_the_top_class_is_right() -> None:
    """A model whose top score is always 0.2 too sure is told so."""
    chance = np.random.default_rng(6)
    top = chance.uniform(0.6, 1.0, 20_000)
    scores = np.stack([top, (1 - top) / 2, (1 - top) / 2], axis=1)
    labels = np.where(chance.random(20_000) < top - 0.2, 0.0, 1.0)
    made = fit_calibrator(scores, labels, MANY)
    asked = np.array([[0.8, 0.1, 0.1]])
    assert made.estimate(asked, decide(asked, MANY)) == pytest.approx([0.6], abs=0.04)


@given(seed=some.integers(0, 2**32 - 1), rows=some.integers(0, 20), classes=some.integers(1, 5))
def test_the_chances_of_all_classes_are_a_whole(seed: int, rows: int, classes: int) -> None:
    """The decided one's is its estimate, none is below nothing; where others score nothing they share evenly."""
    chance = np.random.default_rng(seed)
    scores = np.where(chance.random((rows, classes)) < 0.3, 0.0, chance.random((rows, classes)))
    estimates, decisions = chance.random(rows), decide(scores, MANY)
    found = among_classes(estimates if classes > 1 else np.ones(rows), scores, decisions)
    assert found.sum(axis=1) == pytest.approx(np.ones(rows))
    assert found.min(initial=0.0) >= 0.0
    assert classes == 1 or np.take_along_axis(found, decisions[:, None], axis=1)[:, 0] == pytest.approx(estimates)


def test_others_share_what_is_left_as_their_scores_do() -> None:
    """Evenly where they score nothing."""
    found = among_classes(np.array([0.4, 0.4]), np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0]]), np.array([0, 0]))
    assert found == pytest.approx(np.array([[0.4, 0.4, 0.2], [0.4, 0.3, 0.3]]))


def test_a_model_too_sure_of_one_class_alone_is_told_so() -> None:
    """Each class has its curve; one that was decided of few rows has that of all."""
    chance = np.random.default_rng(9)
    top, kind = chance.uniform(0.6, 1.0, 20_000), chance.integers(0, 2, 20_000)
    kind[:100] = 2
    scores = np.repeat(((1 - top) / 2)[:, None], 3, axis=1)
    scores[np.arange(20_000), kind] = top
    right = chance.random(20_000) < np.where(kind == 0, top - 0.3, top)
    made = fit_calibrator(scores, np.where(right, kind, (kind + 1) % 3).astype(np.float64), MANY)
    asked = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    assert made.estimate(asked, decide(asked, MANY)) == pytest.approx([0.5, 0.8, 0.65], abs=0.04)
    assert abs(made.bias) < 4 * made.bias_error


def test_a_binary_calibrator_is_written_as_ever() -> None:
    """It has one curve, and bundles built again are the same bytes."""
    chance = np.random.default_rng(10)
    made = fit_calibrator(chance.random((300, 1)), chance.integers(0, 2, 300).astype(np.float64), BINARY)
    said = made.model_dump(mode="json")
    assert list(said) == ["format", "scores", "chances", "rows", "error", "bias", "bias_error", "fold_bias"]
    assert Calibrator.model_validate(said) == made


def test_the_reported_error_is_of_rows_the_curve_had_not_seen() -> None:
    """A label rate that falls in the last fold shows in that fold's bias; fitting in sample would hide it."""
    chance = np.random.default_rng(7)
    scores = chance.random((5000, 1))
    rate = np.where(np.arange(5000) < 4000, scores[:, 0], scores[:, 0] * 0.5)
    labels = (chance.random(5000) < rate).astype(np.float64)
    made = fit_calibrator(scores, labels, BINARY)
    assert max(np.abs(made.fold_bias)) == abs(made.fold_bias[-1]) > 0.05


def test_the_reported_error_is_larger_than_the_fitted_one() -> None:
    """On labels that are pure chance a curve is flawless where it was fitted; what is reported is not."""
    chance = np.random.default_rng(8)
    always = read_contract(contract_text(threshold=0.0))
    scores, labels = chance.random((300, 1)), chance.integers(0, 2, 300).astype(np.float64)
    made = fit_calibrator(scores, labels, always)
    flattered = calibration_error(made.estimate(scores, np.ones(300, dtype=np.int64)), labels == 1)
    assert flattered < 1e-6
    assert made.error > 0.02


def test_calibration_error_is_the_mean_gap_of_its_bins() -> None:
    """Half the rows say .9 and are right .5 of the time, half say .1 and are right .1: error .2."""
    estimates = np.array([0.95] * 10 + [0.15] * 10)
    right = np.array([True] * 5 + [False] * 5 + [True] + [False] * 9)
    assert calibration_error(estimates, right) == pytest.approx((0.45 + 0.05) / 2)


@pytest.mark.parametrize(
    ("scores", "chances", "said"),
    [
        ((0.5, 0.2), (0.1, 0.2), "scores must rise"),
        ((0.2, 0.5), (0.2, 0.1), "chances must not fall"),
        ((0.2, 0.5), (0.2, 1.1), "between 0 and 1"),
        ((0.2,), (0.2, 0.3), "as many"),
    ],
)
def test_a_curve_that_is_none_is_refused(scores: tuple[float, ...], chances: tuple[float, ...], said: str) -> None:
    """Knots rise, chances are probabilities."""
    with pytest.raises(ValidationError, match=said):
        Calibrator(scores=scores, chances=chances, rows=9, error=0, bias=0, bias_error=0, fold_bias=())
