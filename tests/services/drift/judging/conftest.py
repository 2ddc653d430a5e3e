"""A world with a model in it, made once: features of every kind, a score that needs its calibrator."""

import copy
from collections.abc import Callable

import pytest

from load.bench.drifting.world import KINDS, World

MADE = World([KINDS[place % len(KINDS)] for place in range(12)], seed=5, reference_rows=20_000)


@pytest.fixture
def world() -> World:
    """The world as it was made, whatever others have seen of it."""
    return copy.deepcopy(MADE)


@pytest.fixture
def worlds() -> Callable[[], World]:
    """As many of the same world as a test wants."""
    return lambda: copy.deepcopy(MADE)
