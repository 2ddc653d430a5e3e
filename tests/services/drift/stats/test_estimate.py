"""Estimated quality is the expectation of the realised one, and scatters about it as its error says."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

from services.drift.stats.estimate import Estimate, accuracy_from_sums, from_histogram, from_rows

ROWS, WINDOWS = 2000, 200


def said(estimate: Estimate) -> list[float]:
    """Its four figures."""
    return [one.value for one in (estimate.accuracy, estimate.precision, estimate.recall, estimate.f1)]


def chances_of(seed: int, classes: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Chances, decisions and labels of 2,000 rows whose chances are true."""
    chance = np.random.default_rng(seed)
    chances = chance.dirichlet(np.full(classes, 0.4), ROWS)
    labels = (chances.cumsum(axis=1) < chance.random((ROWS, 1))).sum(axis=1)
    return chances, chances.argmax(axis=1), np.minimum(labels, classes - 1)


def test_certain_chances_give_the_realised_figures() -> None:
    """Where every chance is 0 or 1, estimate and metrics of scikit-learn are the same."""
    for classes in (2, 4):
        chances, decisions, labels = chances_of(1, classes)
        certain = np.eye(classes)[labels]
        found = from_rows(certain, decisions)
        average = "binary" if classes == 2 else "macro"
        metrics = [accuracy_score(labels, decisions)] + [
            one(labels, decisions, average=average) for one in (precision_score, recall_score, f1_score)
        ]
        assert said(found) == pytest.approx(metrics)
        assert pytest.approx(confusion_matrix(labels, decisions)) == found.cells.T
        assert found.accuracy.error == 0.0
        assert chances.shape == certain.shape


def test_realised_figures_scatter_as_the_error_says() -> None:
    """Over 400 windows the deviations over the errors have mean 0 and deviation 1; p95 of accuracy is below .02."""
    deviations, misses = [], []
    for seed in range(WINDOWS):
        chances, decisions, labels = chances_of(seed, 2)
        found = from_rows(chances[:, 1], decisions)
        (clear, false), (lost, hit) = [[((labels == one) & (decisions == by)).sum() for by in (0, 1)] for one in (0, 1)]
        realised = [(hit + clear) / ROWS, hit / (hit + false), hit / (hit + lost), 2 * hit / (2 * hit + false + lost)]
        figures = (found.accuracy, found.precision, found.recall, found.f1)
        deviations.append([(one - of.value) / of.error for one, of in zip(realised, figures, strict=True)])
        misses.append(abs(realised[0] - found.accuracy.value))
    assert np.abs(np.mean(deviations, axis=0)).max() < 0.2
    assert np.std(deviations, axis=0) == pytest.approx(1.0, abs=0.12)
    assert np.quantile(misses, 0.95) < 0.02


def test_a_histogram_says_nearly_what_rows_say() -> None:
    """Scores stand at the middles of twenty bins."""
    scores = np.random.default_rng(2).beta(0.6, 1.4, 20_000)
    whole = from_rows(scores, (scores >= 0.5).astype(np.int64))
    counts, edges = np.histogram(scores, bins=20, range=(0.0, 1.0))
    binned = from_histogram(counts, (edges[1:] + edges[:-1]) / 2, lambda at: at, 10)
    assert said(binned) == pytest.approx(said(whole), abs=0.01)
    assert binned.accuracy.error == pytest.approx(whole.accuracy.error, rel=0.02)


def test_sums_say_what_rows_say() -> None:
    """Accuracy and its error, from three numbers of a profile."""
    chances, decisions, _ = chances_of(3, 2)
    right = np.take_along_axis(chances, decisions[:, None], axis=1)[:, 0]
    sums = [int(np.rint(one * 1e6).sum()) for one in (right, right * (1 - right))]
    whole, short = from_rows(chances[:, 1], decisions).accuracy, accuracy_from_sums(ROWS, *sums)
    assert (short.value, short.error) == pytest.approx((whole.value, whole.error), abs=1e-6)


def test_what_no_row_speaks_for_is_undefined() -> None:
    """NaN, without a warning."""
    assert np.isnan(accuracy_from_sums(0, 0, 0).value)
    assert np.isnan(from_rows(np.array([0.2]), np.array([0])).precision.value)
    assert np.isnan(from_rows(np.empty(0), np.empty(0, dtype=np.int64)).accuracy.value)


def test_nannyml_says_the_same() -> None:
    """Chunks of the US Census data as NannyML 0.13.1 estimated them (all 42: `python -m load.bench nannyml`)."""
    kept = json.loads((Path(__file__).parent / "nannyml.json").read_text(encoding="utf-8"))
    for chunk in kept["chunks"]:
        chances, decisions = (
            np.repeat(np.array(chunk["chances"]), chunk["rows"]),
            np.repeat(np.array(chunk["decisions"]), chunk["rows"]),
        )
        found = from_rows(chances, decisions)
        assert said(found) == pytest.approx(chunk["figures"], abs=1e-6)
        assert found.cells.ravel().tolist() == pytest.approx(chunk["cells"], abs=1e-6 * len(chances))
