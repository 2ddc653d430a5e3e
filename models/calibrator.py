"""The calibrator: the probability that a decision is right, read off its score."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, NonNegativeFloat, PositiveInt, model_validator

from models.feature import Part

MOST_KNOTS = 200


def among_classes(
    estimates: NDArray[np.float64], scores: NDArray[np.float64], decisions: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The chance of each class, (n, k), of rows that are right by `estimates` (n,); `scores` (n, k), `decisions` (n,).

    The curve tells of the class that was decided. The others share what is left as they share the scores, which is
    right where a model errs in how sure it is, not in what else may be true; evenly where their scores are nothing.

    >>> among_classes(np.array([0.5]), np.array([[0.8, 0.15, 0.05]]), np.array([0])).round(3).tolist()
    [[0.5, 0.375, 0.125]]
    """
    rows, others = np.arange(len(scores)), np.maximum(scores, 0.0)
    others[rows, decisions] = 0.0
    whole = others.sum(axis=1, keepdims=True)
    shares = np.where(whole > 0, others / np.where(whole > 0, whole, 1.0), 1.0 / max(1, scores.shape[1] - 1))
    chances = shares * (1.0 - estimates)[:, None]
    chances[rows, decisions] = estimates
    return chances


def check_rising(scores: Sequence[float], chances: Sequence[float]) -> None:
    """Raise ValueError where these are not the knots of a curve that rises within 0 and 1."""
    if len(scores) != len(chances):
        raise ValueError(f"found {len(scores)} scores and {len(chances)} chances, expected as many")
    if any(low >= high for low, high in pairwise(scores)):
        raise ValueError("scores must rise from one knot to the next")
    if any(low > high for low, high in pairwise(chances)):
        raise ValueError("chances must not fall from one knot to the next")
    if not 0.0 <= chances[0] <= chances[-1] <= 1.0:
        raise ValueError("chances must lie between 0 and 1")


@lru_cache(maxsize=256)
def _array(knots: tuple[float, ...]) -> NDArray[np.float64]:
    """Knots as numpy takes them, made once: a batch would wait longer for that than for its answer."""
    return np.array(knots)


class Curve(Part):
    """A rising curve from score to probability."""

    scores: tuple[FiniteFloat, ...] = Field(min_length=1, max_length=MOST_KNOTS)
    chances: tuple[FiniteFloat, ...]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        check_rising(self.scores, self.chances)
        return self

    def curve(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability at each score, (n,); flat beyond the outer knots."""
        return np.interp(scores, _array(self.scores), _array(self.chances))


class Calibrator(Part):
    """A rising curve from score to probability, with what cross-fitting says about its error.

    Binary: P(positive | score). Multiclass: P(the top class is right | its score), of all rows and, `by_class` in the
    contract's order, of those decided as each: a model may be too sure of one class and not of another (Gupta & Ramdas
    2022). Curves were fitted by isotonic regression on all labelled reference rows (Zadrozny & Elkan 2002); `error`,
    `bias`, `bias_error` and `fold_bias` come from rows that the curves behind them had not seen: expected calibration
    error over 10 bins, mean of estimated minus realised, its standard error, and the same mean per fold in time order.
    """

    format: Literal[1] = 1
    scores: tuple[FiniteFloat, ...] = Field(min_length=1, max_length=MOST_KNOTS)
    chances: tuple[FiniteFloat, ...]
    rows: PositiveInt
    error: NonNegativeFloat
    bias: FiniteFloat
    bias_error: NonNegativeFloat
    fold_bias: tuple[FiniteFloat, ...]
    by_class: tuple[Curve, ...] | None = Field(default=None, exclude_if=lambda curves: curves is None)

    @model_validator(mode="after")
    def _rises(self) -> Self:
        check_rising(self.scores, self.chances)
        return self

    def curve(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability at each score by the curve of all rows, (n,); flat beyond the outer knots."""
        return np.interp(scores, _array(self.scores), _array(self.chances))

    def estimate(self, scores: NDArray[np.float64], decisions: NDArray[np.int64]) -> NDArray[np.float64]:
        """Calibrated probability that each decision is right, (n,).

        `scores` is (n, 1) for binary, where 1 - p belongs to decision 0, or (n, k) for multiclass.
        """
        if scores.shape[1] == 1:
            positive = self.curve(scores[:, 0])
            return np.where(decisions == 1, positive, 1.0 - positive)
        top = np.take_along_axis(scores, decisions[:, None], axis=1)[:, 0]
        found = self.curve(top)
        for place, one in enumerate(self.by_class or ()):
            mine = decisions == place
            found[mine] = one.curve(top[mine])
        return found
