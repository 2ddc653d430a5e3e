"""How much a model's scores hang on each feature: by how much they change when rows exchange its values."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.baseline import Baseline
from models.decide import headline

SHIFTS = 16
"""So many other rows lend each row their value."""
DECIMALS = 6
Score = Callable[[NDArray[np.float32]], NDArray[np.float64]]


def influences(score: Score, rows: NDArray[np.float32]) -> tuple[float, ...]:
    """The mean change, without its sign, of the headline score of `rows` (n, F), of each of F features.

    Permutation importance (Breiman 2001, Fisher, Rudin and Dominici 2019) of the scores themselves, not of their
    errors: it needs no labels. Features that go together share what they have. Rounded, so that no library shows.

    >>> influences(lambda rows: rows[:, :1].astype(np.float64), np.array([[0, 5], [1, 7]], np.float32))
    (1.0, 0.0)
    """
    usual, found = headline(score(rows)), []
    shifts = range(1, min(SHIFTS + 1, len(rows))) or range(1)
    for place in range(rows.shape[1]):
        lent = np.tile(rows, (len(shifts), 1))
        lent[:, place] = np.concatenate([np.roll(rows[:, place], shift) for shift in shifts])
        change = np.abs(headline(score(lent)).reshape(-1, len(rows)) - usual)
        found.append(round(float(change.mean()), DECIMALS))
    return tuple(found)


def with_influences(baseline: Baseline, found: Sequence[float]) -> Baseline:
    """The baseline, knowing how much the scores hang on each feature, (F,)."""
    each = zip(baseline.features, found, strict=True)
    features = tuple(one.model_copy(update={"influence": value}) for one, value in each)
    return baseline.model_copy(update={"features": features})
