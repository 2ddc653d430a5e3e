"""The gate's rule: slower only beyond a limit and beyond chance."""

import pytest

from load.bench.judging.verdict import judge

SLOWER, SAME = (1.0, 1.3), (1.0, 1.0)


@pytest.mark.parametrize(
    ("pairs", "is_worse"),
    [
        ([SLOWER] * 8, True),
        ([SLOWER] * 7 + [(1.3, 1.0)], True),
        ([SLOWER] * 6 + [(1.3, 1.0)] * 2, False),
        ([SLOWER] * 4, False),
        ([SAME] * 8, False),
        ([(1.0, 1.04)] * 8, False),
        ([(1.3, 1.0)] * 8, False),
    ],
)
def test_slower_is_what_most_rounds_say_by_enough(pairs: list[tuple[float, float]], *, is_worse: bool) -> None:
    """Seven of eight, by more than the tolerance; four rounds prove nothing, nor does being faster."""
    assert judge(pairs, tolerance=0.05).is_worse is is_worse


def test_chance_is_that_of_a_fair_coin() -> None:
    """Seven or eight heads of eight: 9 of 256."""
    assert judge([SLOWER] * 7 + [(1.3, 1.0)], tolerance=0.05).chance == pytest.approx(9 / 256)
