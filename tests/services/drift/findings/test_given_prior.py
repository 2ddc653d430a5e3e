"""Told how many are positive, the estimate is wide of the truth only where scores mean something else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

from load.bench.drifting.windows import windows_of
from load.bench.drifting.world import DAY, World
from services.drift.findings.given_prior import gap_at_prior
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.stats.gap import gap_given_prior
from tests.services.drift.judging.conftest import MADE

CHANCES = np.array([0.05, 0.2, 0.45, 0.7, 0.95])


def table(rows: NDArray[np.int64], shift: float) -> NDArray[np.float64]:
    """Rows (S,) whose chances moved in their logits by `shift`, as many positive as that lets expect: (S, 2)."""
    odds = CHANCES / (1.0 - CHANCES) * np.exp(shift)
    positive = rows * odds / (1.0 + odds)
    return np.stack([rows - positive, positive], axis=1)


@given(some.lists(some.integers(1, 500), min_size=5, max_size=5), some.floats(-3.0, 3.0))
def test_another_mix_of_the_same_classes_opens_no_gap(rows: list[int], shift: float) -> None:
    """However many are positive."""
    assert abs(gap_given_prior(table(np.array(rows), shift), CHANCES, 3)) < 1e-6


def test_turned_labels_open_it_by_what_they_turn() -> None:
    """Of many tables at once; one without rows has none."""
    rows = np.array([400, 300, 100, 100, 100])
    plain = table(rows, 0.0)
    turned = 0.9 * plain + 0.1 * plain[:, ::-1]
    found = gap_given_prior(np.stack([plain, turned, np.zeros((5, 2))]), CHANCES, 3)
    assert found[0] == pytest.approx(0.0, abs=1e-9)
    assert 0.03 < found[1] < 0.05
    assert found[2] == 0.0


def test_a_day_of_more_positives_is_as_usual_and_a_day_of_turned_labels_is_not() -> None:
    """In a world of as many of either class; without labels nothing is said."""
    world = World(MADE.kinds, seed=1, reference_rows=8_000)
    reference = Reference(world.bundle)
    cohort = windows_of(world.rows(4_000, DAY), world.bundle, 0, DAY)[1]
    (calm,) = gap_at_prior(cohort.known, reference, Terms())
    cells = cohort.known.cells
    flipped = replace(cohort.known, cells=cells - cells // 8 + cells[:, ::-1] // 8)
    (bad,) = gap_at_prior(flipped, reference, Terms())
    assert (calm.p_value or 0.0) > 0.05
    assert (bad.p_value or 1.0) < 1e-3
    assert bad.what.endswith("below what the scores let expect of as many positives")
    nothing = replace(cohort.known, rows=0, cells=np.zeros_like(cells))
    assert gap_at_prior(nothing, reference, Terms()) == []


def test_what_is_off_by_as_much_in_the_reference_is_as_usual() -> None:
    """Labels turned in every block leave the estimate wide of all of them; a day like those opens no gap."""
    world = World(MADE.kinds, seed=1, reference_rows=8_000)
    reference = Reference(world.bundle)
    plain = np.array(reference.table)
    turned = plain - plain // 8 + plain[:, :, ::-1] // 8
    vars(reference)["table"] = turned
    known = windows_of(world.rows(4_000, DAY), world.bundle, 0, DAY)[1].known
    (found,) = gap_at_prior(replace(known, cells=turned.sum(axis=0).astype(np.int64)), reference, Terms())
    assert found.found == pytest.approx(found.expected, abs=0.005)
    assert (found.found or 0.0) > 4 * Terms().material_gap
    assert found.p_value == 1.0
