"""Means and spreads: calm when calm, a shift of half a deviation and a half wider spread are found."""

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom

from services.drift.stats.moments import Moments, compare_moments, middles

BINS, BLOCKS, BLOCK, STREAMS = 20, 20, 300, 300
EDGES = ndtri(np.arange(1, BINS) / BINS)


def judged(rows: int, *, shift: float = 0.0, spread: float = 1.0, varied: float = 0.0) -> Moments:
    """300 windows of normal rows whose mean differs by `varied` between blocks."""
    chance = np.random.default_rng(1)
    values = chance.normal(size=(BLOCKS, BLOCK, STREAMS)) + varied * chance.normal(size=(BLOCKS, 1, STREAMS))
    place = np.searchsorted(EDGES, values) + BINS * np.arange(STREAMS)
    blocks = np.stack([np.bincount(one.ravel(), minlength=BINS * STREAMS).reshape(STREAMS, BINS) for one in place])
    window = shift + spread * chance.normal(size=(rows, STREAMS)) + varied * chance.normal(size=STREAMS)
    places = np.tile(middles(EDGES.tolist(), 0.0, 1.0), (STREAMS, 1))
    return compare_moments(window.sum(axis=0), (window**2).sum(axis=0), np.full(STREAMS, rows), blocks, places)


def test_the_level_holds() -> None:
    """Of even blocks and of blocks that vary by as much as chance, in windows of a block and of three."""
    for rows, varied in ((300, 0.0), (900, 0.0), (300, 0.06), (900, 0.06)):
        found = judged(rows, varied=varied)
        for p_values in (found.shift_p, found.ratio_p):
            for level in (0.05, 0.01, 0.001):
                assert (p_values <= level).sum() <= binom.isf(1e-4, STREAMS, level)


def test_what_moved_is_found_and_what_did_not_is_not() -> None:
    """At 1 in 1,000: a shift of half a deviation, a deviation half as large again."""
    moved, widened = judged(500, shift=0.5), judged(500, spread=1.5)
    assert (moved.shift_p <= 1e-3).mean() > 0.95
    assert (widened.ratio_p <= 1e-3).mean() > 0.95
    assert (moved.ratio_p <= 1e-3).mean() < 0.02
    assert abs(float(np.mean(widened.ratio)) - 2.25) < 0.05


def test_constants_and_empty_windows_say_nothing() -> None:
    """P = 1 where the baseline has one bin, or the window no rows."""
    blocks = np.zeros((4, 2, 3))
    blocks[:, 0, 0], blocks[:, 1] = 30, 10
    places = np.array([[0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]])
    found = compare_moments(np.zeros(2), np.zeros(2), np.array([50, 0]), blocks, places)
    assert found.shift_p.tolist() == [1.0, 1.0]
    assert found.ratio_p.tolist() == [1.0, 1.0]
