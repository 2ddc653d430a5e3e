"""The four rates: counted right, calm when nothing has changed, and telling which kind of error has."""

import numpy as np
import pytest
from scipy.stats import binom

from services.drift.stats.four_rates import NAMES, confusion, errors_of, four_rates

CELLS = np.array([[50, 5], [30, 10], [10, 15], [5, 60]])
"""Score bins by label."""


def drawn(chance: np.random.Generator, rows: int, cells: np.ndarray = CELLS) -> np.ndarray:
    """As many rows over these cells."""
    return chance.multinomial(rows, (cells / cells.sum()).ravel()).reshape(cells.shape)


def test_cells_become_rates() -> None:
    """By hand: 75 of 90 positives, 80 of 95 negatives, 75 of 90 claims, 80 of 95 denials."""
    found = four_rates([CELLS], np.tile(CELLS, (4, 1, 1)), 2)
    assert found.found == pytest.approx([75 / 90, 80 / 95, 75 / 90, 80 / 95])
    assert found.expected == pytest.approx(found.found)
    assert found.rows.tolist() == [90, 95, 90, 95]
    assert confusion(CELLS, 2).tolist() == [75, 15, 80, 15]
    assert [one.item() for one in errors_of(CELLS, 2)] == [30, 185]


def test_calm_buckets_are_calm() -> None:
    """500 windows of eight buckets, at 1 %."""
    chance = np.random.default_rng(1)
    table = np.stack([drawn(chance, 600) for _ in range(20)])
    p_values = [four_rates([drawn(chance, 100) for _ in range(8)], table, 2).p_value for _ in range(500)]
    assert (np.array(p_values) <= 0.01).sum(axis=0).max() <= binom.isf(1e-4, 500, 0.01)


def test_missed_positives_show_in_the_rate_of_positives() -> None:
    """A third of them now score low: TPR and NPV fall, TNR stands."""
    chance = np.random.default_rng(2)
    table = np.stack([drawn(chance, 600) for _ in range(20)])
    missed = CELLS + np.array([[0, 25], [0, 0], [0, 0], [0, -25]])
    found = dict(zip(NAMES, four_rates([drawn(chance, 200, missed) for _ in range(8)], table, 2).p_value, strict=True))
    assert found["tpr"] < 1e-4
    assert found["npv"] < 1e-4
    assert found["tnr"] > 0.01


def test_old_buckets_fade() -> None:
    """Worth fewer rows, and less of the rate."""
    worse = np.array([[50, 75], [30, 10], [10, 5], [5, 0]])
    table = np.tile(CELLS, (4, 1, 1))
    late, early = four_rates([CELLS] * 9 + [worse], table, 2), four_rates([worse] + [CELLS] * 9, table, 2)
    assert late.found[0] < early.found[0]
    assert (late.rows < 10 * 95).all()


def test_without_rows_nothing_is_said() -> None:
    """NaN and p = 1."""
    found = four_rates([np.zeros((4, 2))], np.tile(CELLS, (4, 1, 1)), 2)
    assert np.isnan(found.found).all()
    assert found.p_value.tolist() == [1.0] * 4
