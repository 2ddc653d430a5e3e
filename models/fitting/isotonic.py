"""The fitting of a calibrator: isotonic, cross-fitted over folds of time."""

import numpy as np
from numpy.typing import NDArray

from models.calibrator import MOST_KNOTS, Calibrator, Curve
from models.contract import Contract
from models.decide import confused_classes, decide, headline

FOLDS = 5
ERROR_BINS = 10
FEWEST_OF_CLASS = 200
"""Of fewer rows a curve would tell more of chance than of its class: the curve of all stands for it."""

Floats = NDArray[np.float64]


def fit_calibrator(scores: Floats, labels: Floats, contract: Contract) -> Calibrator:
    """The calibrator of labelled rows in time order: `scores` (n, k), `labels` (n,) the classes' places.

    The curves are fitted on all rows; their error and bias come from five contiguous folds, each estimated by
    curves fitted on the other four.
    """
    top, decided = headline(scores), decide(scores, contract)
    right, classes = decided == labels, confused_classes(contract)
    truth = labels == 1.0 if contract.task == "binary" else right
    folds = np.array_split(np.arange(len(labels)), FOLDS)
    estimates = np.empty(len(labels))
    for fold in folds:
        others = np.setdiff1d(np.arange(len(labels)), fold)
        blind = _calibrator(top[others], truth[others], decided[others], classes)
        estimates[fold] = blind.estimate(scores[fold], decided[fold])
    misses = estimates - right
    by_fold = np.array([misses[fold].mean() for fold in folds])
    update = {
        "error": calibration_error(estimates, right),
        "bias": float(misses.mean()),
        "bias_error": _standard_error(misses, by_fold),
        "fold_bias": tuple(by_fold.tolist()),
    }
    return _calibrator(top, truth, decided, classes).model_copy(update=update)


def calibration_error(estimates: Floats, right: NDArray[np.bool_]) -> float:
    """Expected calibration error over 10 equal bins (Naeini, Cooper & Hauskrecht 2015).

    >>> float(calibration_error(np.array([0.8, 0.8, 0.8, 0.8]), np.array([True, True, True, False]))).__round__(3)
    0.05
    """
    place = np.minimum((estimates * ERROR_BINS).astype(np.int64), ERROR_BINS - 1)
    gaps = np.bincount(place, weights=estimates - right, minlength=ERROR_BINS)
    return float(np.abs(gaps).sum() / len(estimates))


def _standard_error(misses: Floats, by_fold: Floats) -> float:
    """Of the mean bias: the larger of that of rows, taken as independent, and that of folds."""
    rows = misses.std(ddof=1) / np.sqrt(len(misses))
    folds = by_fold.std(ddof=1) / np.sqrt(len(by_fold))
    return float(max(rows, folds))


def _calibrator(scores: Floats, truth: NDArray[np.bool_], decided: NDArray[np.int64], classes: int) -> Calibrator:
    """The curve of all rows and that of each class, where there are `classes`; their error not judged yet."""
    every, each = _curve(scores, truth), [decided == place for place in range(classes)]
    own = [_curve(scores[mine], truth[mine]) if mine.sum() >= FEWEST_OF_CLASS else every for mine in each]
    return Calibrator(
        scores=every.scores,
        chances=every.chances,
        rows=len(scores),
        error=0.0,
        bias=0.0,
        bias_error=0.0,
        fold_bias=(),
        by_class=tuple(own) or None,
    )


def _curve(scores: Floats, truth: NDArray[np.bool_]) -> Curve:
    """An isotonic curve, thinned evenly to its most knots; the ends stay."""
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - seconds that only a calibrator is worth

    model = IsotonicRegression(y_min=0.0, y_max=1.0).fit(scores, truth.astype(np.float64))
    knots = np.asarray(model.X_thresholds_, dtype=np.float64)
    chances = np.asarray(model.y_thresholds_, dtype=np.float64)
    knots, first = np.unique(knots, return_index=True)
    chances = np.clip(np.maximum.accumulate(chances[first]), 0.0, 1.0)
    chosen = np.unique(np.linspace(0, len(knots) - 1, MOST_KNOTS).round().astype(np.int64))
    return Curve(scores=tuple(knots[chosen].tolist()), chances=tuple(chances[chosen].tolist()))
