"""A gap is one only beyond chance, calibrator and materiality; what opened it is told by P(score | label)."""

import numpy as np
import pytest
from scipy.stats import binom

from services.drift.stats.binned import Floats
from services.drift.stats.gap import Margin, concept, gap_of, margin_of, prior_p

BINS, BLOCKS, BLOCK = 20, 20, 600
MIDDLES = (np.arange(BINS) + 0.5) / BINS
PERFECT = Margin(calibrator=0.0, tau2=0.0, block_rows=600.0, freedom=23.0)


def table(
    chance: np.random.Generator, rows: int, *, prior: float = 0.2, flip: float = 0.0, bump: float = 0.0
) -> Floats:
    """Score bins by label (S, 2) of rows whose scores given the label do not change, unless labels are flipped."""
    label = chance.random(rows) < prior
    scores = np.where(label, chance.beta(4, 2, rows), chance.beta(2, 4 + bump, rows))
    label = label ^ (chance.random(rows) < flip)
    place = np.minimum((scores * BINS).astype(int), BINS - 1) * 2 + label
    return np.bincount(place, minlength=BINS * 2).reshape(BINS, 2).astype(np.float64)


def test_ten_percent_of_flipped_labels_open_a_gap_and_a_calm_window_does_not() -> None:
    """Of .05 at 2,000 rows; at one in 10,000."""
    margin = Margin(calibrator=0.003**2, tau2=0.0, block_rows=600.0, freedom=23.0)
    assert gap_of(0.85, 0.79, 0.1, 2000, margin).p_value < 1e-4
    assert gap_of(0.85, 0.845, 0.1, 2000, margin).p_value == 1.0
    assert gap_of(0.85, 0.79, 0.1, 200, margin).p_value > 0.01


def test_a_biased_calibrator_opens_no_gap_however_many_rows() -> None:
    """A bias of .012 at a standard error of .009 says nothing at 200,000 rows; chance alone would call it certain."""
    wary = Margin(calibrator=0.009**2, tau2=0.0, block_rows=600.0, freedom=23.0)
    assert gap_of(0.85, 0.838, 0.1, 200_000, wary).p_value > 0.3
    assert gap_of(0.85, 0.838, 0.1, 200_000, PERFECT).p_value < 0.01


def test_the_level_is_at_most_that_of_the_margin() -> None:
    """Gaps of exactly delta, chance alone: found in 1 % of windows at 1 %."""
    chance = np.random.default_rng(1)
    gaps = 0.01 + np.sqrt(0.1 / 2000) * chance.normal(size=4000)
    found = sum(gap_of(0.85 + one, 0.85, 0.1, 2000, PERFECT).p_value <= 0.01 for one in gaps)
    assert found <= binom.isf(1e-4, 4000, 0.01)


def test_the_margin_grows_with_what_varies() -> None:
    """Blocks that differ, folds that differ; none of either leaves chance and the calibrator's own error."""
    estimates = np.maximum(MIDDLES, 1 - MIDDLES)
    chance = np.random.default_rng(2)
    rows = chance.multinomial(BLOCK, np.full(BINS, 1 / BINS), BLOCKS)
    varied = estimates + 0.08 * chance.normal(size=(BLOCKS, 1))
    tables = []
    for shares in (np.tile(estimates, (BLOCKS, 1)), np.clip(varied, 0.0, 1.0)):
        right = chance.binomial(rows, shares)
        tables.append(np.stack([rows - right, right], axis=-1))
    even, uneven = (
        margin_of(one, estimates, bias_error=0.004, fold_bias=[0.004, -0.003, 0.001, 0.0, -0.002], rows=12_000)
        for one in tables
    )
    assert even.tau2 < 0.0005
    assert uneven.tau2 == pytest.approx(0.08**2, rel=0.5)
    assert even.calibrator == pytest.approx(1.6e-5)
    bare = margin_of(None, estimates, bias_error=0.0, fold_bias=[], rows=0)
    assert (bare.tau2, bare.freedom) == (0.0, 1.0)


@pytest.mark.parametrize(("estimated", "rows"), [(float("nan"), 100), (0.9, 0)])
def test_without_rows_or_estimate_there_is_no_gap(estimated: float, rows: int) -> None:
    """P = 1, the gap undefined."""
    found = gap_of(estimated, 0.8, 0.1, rows, PERFECT)
    assert np.isnan(found.value)
    assert found.p_value == 1.0


def test_another_prior_is_no_other_concept() -> None:
    """The prior from .2 to .4: P(score | label) is as it was, the label's share is not."""
    chance = np.random.default_rng(3)
    blocks = np.stack([table(chance, BLOCK) for _ in range(BLOCKS)])
    moved = [table(chance, 2000, prior=0.4) for _ in range(100)]
    assert sum(concept(one, blocks).p_value <= 0.01 for one in moved) <= 6
    assert all(prior_p(one, blocks) <= 1e-4 for one in moved)


def test_flipped_labels_are_another_concept() -> None:
    """15 % of labels flipped change the scores of both labels."""
    chance = np.random.default_rng(4)
    blocks = np.stack([table(chance, BLOCK) for _ in range(BLOCKS)])
    p_values = [concept(table(chance, 2000, flip=0.15), blocks).p_value for _ in range(50)]
    assert max(p_values) < 0.01


def test_calm_windows_are_calm() -> None:
    """Neither prior nor concept, at the level asked for."""
    chance = np.random.default_rng(5)
    blocks = [np.stack([table(chance, BLOCK) for _ in range(BLOCKS)]) for _ in range(8)]
    windows = [(table(chance, BLOCK), one) for one in blocks for _ in range(25)]
    assert sum(concept(*one).p_value <= 0.01 for one in windows) <= binom.isf(1e-4, 200, 0.01)
    assert sum(prior_p(*one) <= 0.01 for one in windows) <= binom.isf(1e-4, 200, 0.01)


def test_a_prior_of_three_classes_is_tested_as_a_histogram() -> None:
    """The shares .6, .3, .1 against .5, .3, .2."""
    chance = np.random.default_rng(6)
    blocks = chance.multinomial(BLOCK, [0.6, 0.3, 0.1], BLOCKS)[:, None, :]
    assert prior_p(chance.multinomial(2000, [0.6, 0.3, 0.1])[None], blocks) > 0.01
    assert prior_p(chance.multinomial(2000, [0.5, 0.3, 0.2])[None], blocks) < 1e-4
