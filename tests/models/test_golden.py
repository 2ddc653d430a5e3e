"""Golden rows read back as they were written, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from models.golden import Golden, first_difference, read_golden, spread, write_golden

INPUTS = some.floats(width=32, allow_infinity=False)
SCORES = some.floats(allow_nan=False, allow_infinity=False)


@given(
    matrix=arrays.arrays(np.float32, (3, 4), elements=INPUTS),
    scores=arrays.arrays(np.float64, (3, 2), elements=SCORES),
)
def test_what_is_written_is_read_back(matrix: NDArray[np.float32], scores: NDArray[np.float64]) -> None:
    """Missing values as missing, numbers bit for bit."""
    back = read_golden(write_golden(Golden(matrix, scores)), width=4, columns=2)
    np.testing.assert_array_equal(back.matrix, matrix)
    np.testing.assert_array_equal(back.scores, scores)


@pytest.mark.parametrize("rows", [1, 5, 64, 65, 200, 100_000])
def test_golden_rows_are_spread_from_first_to_last(rows: int) -> None:
    """At most 64 of them, none twice."""
    places = spread(rows)
    assert len(places) == min(rows, 64)
    assert (places[0], places[-1]) == (0, rows - 1)


def test_a_difference_beyond_the_last_digits_is_named() -> None:
    """1e-6 relative is the noise of another machine, 1e-4 is another model."""
    golden = Golden(np.zeros((2, 1), dtype=np.float32), np.array([[0.5], [0.25]]))
    assert first_difference(golden, golden.scores * (1 + 1e-6)) is None
    assert first_difference(golden, np.array([[0.5], [0.2501]])) == "row 2: found [0.2501], expected [0.25]"
