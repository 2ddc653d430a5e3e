"""Whether B is worse than A: by how much in most rounds, and whether chance would say the same."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

CHANCE = 0.05


@dataclass(frozen=True)
class Verdict:
    """The median of B ÷ A over rounds, in how many of them B was worse, how likely chance alone makes it so many."""

    ratio: float
    worse: int
    rounds: int
    chance: float
    limit: float

    @property
    def is_worse(self) -> bool:
        """Beyond the limit at the median, in more rounds than chance would have it."""
        return self.ratio > self.limit and self.chance <= CHANCE


def judge(pairs: Sequence[tuple[float, float]], *, tolerance: float) -> Verdict:
    """Judge rounds of (A, B), less being better; the sign test is that of Dixon & Mood (1946), one-sided.

    >>> judge([(1.0, 1.2)] * 6, tolerance=0.05).is_worse
    True
    >>> judge([(1.0, 1.2), (1.2, 1.0)] * 3, tolerance=0.05).is_worse
    False
    """
    ratios = [b / a for a, b in pairs]
    worse, rounds = sum(one > 1 for one in ratios), len(ratios)
    chance = sum(comb(rounds, times) for times in range(worse, rounds + 1)) / 2**rounds
    return Verdict(statistics.median(ratios), worse, rounds, chance, 1 + tolerance)
