"""The decision: what a model's scores say under its contract."""

import numpy as np
from numpy.typing import NDArray

from models.contract import Contract

BINARY = ("false", "true")
UNDECIDED = -1
MOST_CONFUSED = 32
"""Of more classes no confusion is counted: profiles would hold little else."""


def decide(scores: NDArray[np.float64], contract: Contract) -> NDArray[np.int64]:
    """Index of the decision for each row.

    `scores` is (n, k) as `Session.score` gives it. Binary: 1 where the score reaches the threshold, else 0.
    Multiclass: the place of the highest score, the first on a tie. Regression decides nothing: -1.
    """
    if contract.task == "binary":
        return np.asarray(scores[:, 0] >= contract.threshold, dtype=np.int64)
    if contract.task == "multiclass":
        return np.asarray(scores.argmax(axis=1), dtype=np.int64)
    return np.full(len(scores), UNDECIDED, dtype=np.int64)


def headline(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The one score a row is known by, (n,): P(positive), the top class's probability, or the value."""
    return scores[:, 0] if scores.shape[1] == 1 else scores.max(axis=1)


def classes(contract: Contract) -> tuple[str, ...]:
    """The names a decision can take, in the order of its index; none for regression."""
    return BINARY if contract.task == "binary" else contract.outputs.classes


def confused_classes(contract: Contract) -> int:
    """How many classes profiles count the confusion of: a multiclass task's; 0 for other tasks and for too many.

    Of a binary task the score bins tell it, by the threshold.
    """
    many = len(contract.outputs.classes)
    return many if many <= MOST_CONFUSED else 0


def decision_name(index: int, contract: Contract) -> str | None:
    """The decision's name in a Prediction: "true" or "false", the class, or None for regression."""
    return None if index == UNDECIDED else classes(contract)[index]
