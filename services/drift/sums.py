"""What buckets add up to: integer sums of a scorer's and of a labeler's slices, merged by addition in any order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

SIXTEENTHS = 16
DELAYS = 41
"""Bins of a label's delay, by the binary logarithm of its seconds (services.labeler.slices)."""
Ints = NDArray[np.int64]


def nobody() -> Ints:
    """The confusion of no classes, (1, 1): added to that of any number it changes nothing."""
    return np.zeros((1, 1), np.int64)


class Sums:
    """Dataclasses of whole numbers that add up field by field."""

    def plus(self, other: Self) -> Self:
        """The sum of both; neither is changed."""
        return type(self)(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}  # type: ignore[arg-type] # every subclass is a dataclass
        )

    def as_data(self) -> dict[str, Any]:
        """The sums as JSON takes them; a confusion of no rows is left out.

        So a snapshot that was written before there was one is the same when it is read and written again.
        """
        return {name: _plain(value) for name, value in vars(self).items() if name != "confusion" or value.any()}

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Self:
        """The sums that `data` tells."""
        return cls(**{name: _sums(value) for name, value in data.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return dict(sorted(value.items())) if isinstance(value, Counter) else int(value)


def _sums(value: Any) -> Any:
    if isinstance(value, list):
        return np.array(value, np.int64)
    return Counter(value) if isinstance(value, Mapping) else int(value)


@dataclass(frozen=True, kw_only=True)
class Seen(Sums):
    """Scored rows, degraded and refused ones left out.

    `bins` (F, B) counts over the baseline's bins, B the most bins that any feature has; `missing`, `unseen`, `sums`,
    `squares` (F,), the last two of (x - mean) / sd in 10^-6; `scores` (S,) over the score bins; `score_sum`,
    `estimate_sum`, `estimate_variance` in 10^-6; `marked` rows carry a mark, `flagged` ones are out of distribution;
    `confusion` (L, L) rows expected by decided and by true class in 10^-6, where the scorer told them.
    """

    rows: int
    marked: int
    flagged: int
    bins: Ints
    missing: Ints
    unseen: Ints
    sums: Ints
    squares: Ints
    scores: Ints
    score_sum: int
    decisions: Counter[str]
    estimated: int
    estimate_sum: int
    estimate_variance: int
    confusion: Ints = field(default_factory=nobody)


@dataclass(frozen=True, kw_only=True)
class Known(Sums):
    """Rows whose label is known (retracted ones taken off), by the prediction's bucket.

    `cells` (S, L) rows by score bin and label, L in the contract's order of classes (binary: false, true; regression:
    score bins); `error_sum`, `absolute_error_sum`, `square_error_sum` of a regression in 10^-6 baseline sds of scores;
    `parts` (16, 2) rows and errors in each sixteenth of a bucket; `delays` (41,); `statuses` of every outcome,
    `closed` predictions answered for the first time, `excluded` joined rows whose prediction was degraded. `by_delay`
    (41, 2) labels and wrong decisions by delay, where the labeler told the latter; what a revision takes back stays.
    `confusion` (L, L) rows by decided and by true class, where the labeler told them.
    """

    rows: int
    errors: int
    estimate_sum: int
    cells: Ints
    parts: Ints
    error_sum: int
    absolute_error_sum: int
    square_error_sum: int
    statuses: Counter[str]
    closed: int
    excluded: int
    delays: Ints
    by_delay: Ints = field(default_factory=lambda: np.zeros((DELAYS, 2), np.int64))
    confusion: Ints = field(default_factory=nobody)


@dataclass(frozen=True, kw_only=True)
class Served(Sums):
    """What became of input positions while event time stood in a bucket; `reasons` by reason code."""

    scored: int
    degraded: int
    rejected: int
    dead: int
    reasons: Counter[str]

    @property
    def total(self) -> int:
        """All of them."""
        return self.scored + self.degraded + self.rejected + self.dead


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of event time of one version, bundle and arm: `start` <= event time < `end`, µs."""

    start: int
    end: int
    version: str
    digest: str
    arm: str
    segment: str

    @property
    def whose(self) -> str:
        """What is remembered from window to window is remembered under this name."""
        return f"{self.version}/{self.digest}/{self.arm}"


@dataclass(frozen=True, kw_only=True)
class Inputs(Stretch):
    """Whole closed buckets of one version and arm, as the scorers saw them."""

    seen: Seen
    served: Served
    parts: Sequence[Seen]
    """The same rows, bucket by bucket."""
    early: Ints | None = None
    """(41, 2) labels and wrong decisions by delay, as known at the end, of rows still before their horizon then."""


@dataclass(frozen=True, kw_only=True)
class Cohort(Stretch):
    """Whole buckets of one version and arm whose horizon has passed, as the labelers joined them."""

    known: Known
    seen: Seen
    """All scored rows of these buckets, labelled or not."""
    parts: Sequence[Known]
    """The same labelled rows, bucket by bucket."""
