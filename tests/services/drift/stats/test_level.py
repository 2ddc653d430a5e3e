"""The level of every test is what it says when nothing has changed, and what has changed is found; fixed seeds."""

from typing import Literal

import numpy as np
import pytest
from scipy.special import chdtrc, ndtri
from scipy.stats import binom

from services.drift.stats.binned import Floats
from services.drift.stats.histograms import Compared, compare
from services.drift.stats.rates import compare_shares

BINS, BLOCKS, STREAMS = 20, 20, 250
EDGES = ndtri(np.arange(1, BINS) / BINS)
TESTS = ("psi_p", "jensen_shannon_p", "chi_square_p", "ks_p")
Kind = Literal["iid", "correlated", "seasonal"]


def stream(kind: Kind, chance: np.random.Generator, rows: int) -> Floats:
    """Rows of as many streams (rows, STREAMS): independent, AR(.9), or with a season of 200 rows and of half a sd."""
    noise = chance.normal(size=(rows, STREAMS))
    if kind == "correlated":
        for row in range(1, rows):
            noise[row] = 0.9 * noise[row - 1] + np.sqrt(1 - 0.81) * noise[row]
    if kind == "seasonal":
        phase = chance.random(STREAMS) * 200
        noise = (noise + 0.5 * np.sin(2 * np.pi * (np.arange(rows)[:, None] + phase) / 200)) / np.sqrt(1.125)
    return noise


def counted(values: Floats) -> Floats:
    """Histograms (STREAMS, BINS) of rows (n, STREAMS)."""
    place = np.searchsorted(EDGES, values) + BINS * np.arange(STREAMS)
    return np.bincount(place.ravel(), minlength=STREAMS * BINS).reshape(STREAMS, BINS).astype(np.float64)


def judged(kind: Kind, rows: int, block: int, *, shift: float = 0.0, seed: int = 1) -> tuple[Compared, Floats]:
    """A window of `rows` far from a baseline of 20 blocks, compared; and the p-values of the share of the first bin."""
    chance = np.random.default_rng(seed)
    before = stream(kind, chance, block * BLOCKS)
    blocks = np.stack([counted(part) for part in np.split(before, BLOCKS)])
    window = counted(stream(kind, chance, rows) + shift)
    shares = compare_shares(window[:, 0], window.sum(axis=1), blocks[:, :, 0], blocks.sum(axis=2), side="both")
    return compare(window, blocks), shares.p_value


@pytest.mark.parametrize("kind", ["iid", "correlated", "seasonal"])
@pytest.mark.parametrize(("rows", "block"), [(250, 250), (1000, 250)])
def test_the_level_holds(kind: Kind, rows: int, block: int) -> None:
    """At .05, .01 and .001 no more alarms than chance allows in 1 of 10,000 draws, whatever the dispersion."""
    found, shares = judged(kind, rows, block)
    for name, p_values in {**{one: getattr(found, one) for one in TESTS}, "share": shares}.items():
        for level in (0.05, 0.01, 0.001):
            assert (p_values <= level).sum() <= binom.isf(1e-4, STREAMS, level), (name, level)


def test_without_the_dispersion_it_does_not() -> None:
    """What the blocks are for: chi-square alone alarms in most windows of AR(.9)."""
    found, _ = judged("correlated", 1000, 250)
    bare = chdtrc(BINS - 1.0, found.chi_square)
    assert (bare <= 0.001).mean() > 0.5


def test_windows_shorter_than_blocks_keep_the_level() -> None:
    """Where correlation is shorter than both, a short window varies more than a block: tau2 grows as it shrinks."""
    found, shares = judged("correlated", 100, 400)
    for p_values in (found.psi_p, found.ks_p, shares):
        assert (p_values <= 0.01).sum() <= binom.isf(1e-4, STREAMS, 0.01)


@pytest.mark.parametrize(("rows", "block"), [(500, 250), (2000, 250)])
def test_half_a_deviation_is_found(rows: int, block: int) -> None:
    """Of independent rows, at 1 in 1,000 in every stream, at 1 in 100,000 in most; KS no later than PSI."""
    found, _ = judged("iid", rows, block, shift=0.5)
    assert (found.psi_p <= 1e-3).mean() > 0.95
    assert (found.ks_p <= 1e-3).mean() > 0.95
    assert (found.ks_p <= 1e-5).mean() > 0.8


def test_the_mean_of_psi_is_what_is_expected() -> None:
    """So that a margin above it is a margin above nothing."""
    found, _ = judged("iid", 500, 250)
    assert found.psi.mean() == pytest.approx(found.expected.mean(), rel=0.1)


def test_nothing_is_said_of_no_rows_or_one_bin() -> None:
    """P = 1 without a warning."""
    blocks = np.zeros((4, 3, 5))
    blocks[:, 0, 0], blocks[:, 1] = 50, 20
    found = compare(np.array([[90, 0, 0, 0, 0], [0, 0, 0, 0, 0], [9, 9, 9, 9, 9]]), blocks)
    for name in TESTS:
        assert getattr(found, name).tolist() == [1.0, 1.0, 1.0]
