"""What the judge is told: the false-alarm budget, how few rows are too few, which change is large enough to matter."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["floor", "estimate", "gap", "quality", "serving"]
FAMILIES: tuple[Family, ...] = ("floor", "estimate", "gap", "quality", "serving")
DAY = 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Shares are between 0 and 1, accuracies too.

    At most `budget_pages` false pages in `budget_days` days of event time. `floor` is the accuracy below which the
    model must not fall; None: what the reference had, less `material_floor`. Where more than `most_strange` rows are
    out of distribution, no estimate is trusted. Broken data and degraded answers are judged window by window; what may
    follow the hours of the day once `season` µs have come together.
    """

    budget_pages: float = 1.0
    budget_days: float = 30.0
    fewest_rows: int = 200
    season: int = DAY
    material_gap: float = 0.01
    material_estimate: float = 0.02
    material_floor: float = 0.02
    floor: float | None = None
    material_psi: float = 0.02
    material_mean: float = 0.25
    material_share: float = 0.02
    most_refused: float = 0.05
    most_degraded: float = 0.01
    most_strange: float = 0.2
    discovery: float = 0.05

    def alpha(self, start: int, end: int) -> float:
        """What each family may spend in a window of [start, end) µs: the budget is spent evenly over event time.

        >>> round(Terms().alpha(0, DAY), 6)
        0.006667
        """
        return self.budget_pages / len(FAMILIES) * (end - start) / DAY / self.budget_days
