"""Label shift is another mix of the same classes: recovered from scores, told from labels that mean something else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.bench.drifting.windows import windows_of
from load.bench.drifting.world import DAY, World
from services.drift.findings.mixture import apart, explains, foreseen, is_mix_of, mix_of
from services.drift.findings.realised import Realised
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.stats.binned import Floats

GIVEN = np.array([[0.6, 0.05], [0.25, 0.15], [0.1, 0.3], [0.05, 0.5]])
"""P(score bin | class) of two classes."""


def rows(share: float, count: float = 4_000.0) -> Floats:
    """Rows by score bin and class (4, 2) where the second class has this share."""
    return np.asarray(GIVEN * np.array([1.0 - share, share]) * count)


TABLE = np.stack([rows(0.2, 500.0)] * 8)
"""Eight blocks, all alike."""


@given(st.floats(0.02, 0.98))
def test_the_shares_of_the_classes_are_recovered_from_scores_alone(share: float) -> None:
    """And such scores are as likely as can be."""
    mix = mix_of(rows(share).sum(axis=1), TABLE)
    assert mix.shares[1] == pytest.approx(share, abs=0.01)
    assert mix.shift == pytest.approx(abs(share - 0.2), abs=0.01)
    assert mix.p_value > 0.5


def test_scores_that_no_mix_gives_are_unlikely() -> None:
    """Both ends rise at the cost of the middle."""
    assert mix_of(np.array([2_500.0, 0.0, 0.0, 1_500.0]), TABLE).p_value < 1e-6


@given(st.floats(0.3, 0.98))
def test_scores_foresee_a_shift_of_classes(share: float) -> None:
    """All of it."""
    assert foreseen(rows(share), TABLE) == pytest.approx(1.0, abs=0.05)


def test_scores_foresee_nothing_of_labels_that_were_turned() -> None:
    """The labels move, the scores stay."""
    turned = rows(0.2) * 0.7 + rows(0.2)[:, ::-1] * 0.3
    assert foreseen(turned, TABLE) == pytest.approx(0.0, abs=0.05)


def test_how_far_classes_are_apart() -> None:
    """Total variation: 0 where scores tell nothing, 1 where they tell all."""
    assert apart(TABLE) == pytest.approx(0.65)
    assert apart(np.ones((3, 5, 2))) == 0.0
    assert apart(np.array([[[1.0, 0.0], [0.0, 1.0]]])) == 1.0


def test_features_that_differ_from_day_to_day_anyway_explain_themselves() -> None:
    """Not where they have fired: then they moved further than their days do."""
    world = World(["normal", "category"], seed=3, reference_rows=8_000)
    reference = Reference(world.bundle)
    blocks = np.array(reference.blocks)
    blocks[::2, 0], blocks[1::2, 0] = 0.0, 0.0
    blocks[::2, 0, 3], blocks[1::2, 0, 9] = 400.0, 400.0
    vars(reference)["blocks"] = blocks
    start = world.now
    seen = windows_of(world.rows(2_000, DAY), world.bundle, start, world.now)[0].seen
    bins = np.array(seen.bins)
    bins[0] = 0
    bins[0, 3] = 2_000
    seen = replace(seen, bins=bins)
    assert explains(0.0, seen, reference)
    assert not explains(0.0, seen, reference, {reference.names[0]})


@pytest.mark.parametrize(
    ("table", "is_mix"),
    [(rows(0.44), True), (rows(0.2) * 0.7 + rows(0.2)[:, ::-1] * 0.3, False)],
    ids=["other shares", "labels turned"],
)
def test_labels_that_moved_alone_are_no_mix(table: Floats, is_mix: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Scores that stay while the labels move say that a label means something else, though inputs forbid neither."""
    world = World(["normal", "category"], seed=3, reference_rows=8_000)
    reference = Reference(world.bundle)
    vars(reference)["table"] = TABLE
    start = world.now
    seen = windows_of(world.rows(2_000, DAY), world.bundle, start, world.now)[0].seen
    likely = {"prior_p": 1e-6, "concept_p": 0.5, "shift": 0.24}
    found = Realised(rows=4_000, coverage=1.0, accuracy=0.8, expected=0.8, gap=None, table=table, **likely)
    assert is_mix_of(found, seen, reference, Terms()) == is_mix
