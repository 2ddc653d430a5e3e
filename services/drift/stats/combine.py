"""P-values of several tests as one, and which of many to reject."""

import numpy as np
from numpy.typing import NDArray

from services.drift.stats.binned import Floats


def simes(p_values: Floats) -> float:
    """The p-value that all hold, valid when independent or positively dependent (Simes 1986, Sarkar 1998).

    >>> simes(np.array([0.01, 0.02, 0.9]))
    0.03
    """
    if not len(p_values):
        return 1.0
    ranks = np.arange(1, len(p_values) + 1)
    return float(min(1.0, (np.sort(p_values) * len(p_values) / ranks).min()))


def benjamini_hochberg(p_values: Floats, q: float = 0.05) -> NDArray[np.bool_]:
    """Which to reject so that on average at most a share `q` of them is rejected wrongly (Benjamini and Hochberg 1995).

    >>> benjamini_hochberg(np.array([0.001, 0.03, 0.9, 0.02])).tolist()
    [True, True, False, True]
    """
    ranks = np.arange(1, len(p_values) + 1)
    fine = np.flatnonzero(np.sort(p_values) <= q * ranks / max(len(p_values), 1))
    return np.asarray(p_values <= np.sort(p_values)[fine[-1]]) if len(fine) else np.zeros(len(p_values), dtype=bool)
