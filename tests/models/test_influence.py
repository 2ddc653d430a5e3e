"""How much scores hang on a feature is measured at building, and stands in the baseline."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.bundle import load_bundle
from models.fitting.influence import influences
from tests.models.bundles import make_bundle

ROWS = np.random.default_rng(1).normal(size=(64, 3)).astype(np.float32)


def linear(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """A model of two features, one of which counts three times as much."""
    return (3.0 * rows[:, :1] + rows[:, 1:2]).astype(np.float64)


def test_a_feature_that_counts_more_has_more_influence_and_one_that_does_not_count_none() -> None:
    """In the ratio of what they count for, but for the rows at hand."""
    first, second, third = influences(linear, ROWS)
    assert third == 0.0
    assert 2.5 < first / second < 3.5


def test_one_row_tells_of_no_influence() -> None:
    """Nobody lends it another value."""
    assert influences(linear, ROWS[:1]) == (0.0, 0.0, 0.0)


def test_a_bundle_knows_the_influence_of_its_features(tmp_path: Path) -> None:
    """As it was built, as it is loaded, whatever the task."""
    for task in ("binary", "multiclass", "regression"):
        make_bundle(tmp_path / task, task=task)
        found = [one.influence for one in load_bundle(tmp_path / task).baseline.features]
        assert all(one is not None and one >= 0.0 for one in found)
        assert max(one or 0.0 for one in found) > 0.0


def test_a_bundle_that_was_built_before_says_nothing_of_it() -> None:
    """And is read all the same."""
    flights = load_bundle(Path("load/flights/bundle")).baseline.features[0]
    said = flights.model_dump(mode="json", exclude={"influence"})
    assert type(flights).model_validate(said).influence is None
