"""The truth of the benchmarks' rows: a few features matter, two of them together, and chance does the rest."""

import numpy as np
from numpy.typing import NDArray

from load.bench.rig.events import FEATURES, SEED

ROWS = 20_000
"""What the models learn from."""


def truth(inputs: NDArray[np.float32], chance: np.random.Generator) -> NDArray[np.int64]:
    """The class of each row of `inputs` (n, 10 or more), 0 or 1."""
    lean = inputs[:, :8] @ np.linspace(1, 0.2, 8) + inputs[:, 8] * inputs[:, 9]
    return (lean + chance.normal(size=len(inputs)) > 0).astype(np.int64)


def rows(features: int = FEATURES) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Inputs and truth to learn from."""
    chance = np.random.default_rng(SEED)
    inputs = chance.standard_normal((ROWS, features), dtype=np.float32)
    return inputs, truth(inputs, chance)
