"""What a transaction saw, by event-time bucket, in sums that do not depend on how rows were batched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.baseline import MISSING, UNSEEN_BIN
from schemas.profile import MICRO, fixed


@dataclass(frozen=True, kw_only=True)
class Seen:
    """n scored rows: what a slice is made of.

    `buckets` int64 (n,) µs; `bins` int32 (n, F) with the baseline's codes for missing and unseen; `standardised`
    float64 (n, F); `score_bins` int32 (n,); `scores` float64 (n,); `decisions` int64 (n,), -1 = none; `estimates`
    float64 (n,), NaN = none; `marked`, `flagged` (out of distribution) bool (n,); `segments` int32 (n, S), one code
    a segment field.
    """

    buckets: NDArray[np.int64]
    bins: NDArray[np.int32]
    standardised: NDArray[np.float64]
    score_bins: NDArray[np.int32]
    scores: NDArray[np.float64]
    decisions: NDArray[np.int64]
    estimates: NDArray[np.float64]
    marked: NDArray[np.bool_]
    flagged: NDArray[np.bool_]
    segments: NDArray[np.int32]

    def rows(self, which: NDArray[Any]) -> "Seen":
        """Some of the rows."""
        return Seen(**{name: getattr(self, name)[which] for name in self.__dataclass_fields__})


def together(seen: Sequence[Seen]) -> Seen:
    """The rows of several batches as one."""
    return Seen(**{name: np.concatenate([getattr(one, name) for one in seen]) for name in Seen.__dataclass_fields__})


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many bins each feature has (unseen and missing apart), what decisions and segment codes are called."""

    bins: NDArray[np.int64]
    decision_names: tuple[str, ...]
    segment_names: tuple[tuple[str, ...], ...]


def slices(seen: Seen, sizes: Sizes, named: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The slices of some rows as Avro records: each bucket's whole, then its segments; `named` says whose they are."""
    for bucket in np.unique(seen.buckets).tolist():
        rows = seen.rows(seen.buckets == bucket)
        base = {"bucket": bucket, **named}
        yield {**base, "segment": "", **_counts(rows, sizes), "features": _features(rows, sizes)}
        for place, names in enumerate(sizes.segment_names):
            for code in np.unique(rows.segments[:, place]).tolist():
                part = rows.rows(rows.segments[:, place] == code)
                yield {**base, "segment": names[code], **_counts(part, sizes), "features": []}


def _counts(rows: Seen, sizes: Sizes) -> dict[str, Any]:
    score_bins, score_counts = np.unique(rows.score_bins, return_counts=True)
    decisions = np.bincount(rows.decisions[rows.decisions >= 0], minlength=len(sizes.decision_names)).tolist()
    estimates = fixed(rows.estimates[~np.isnan(rows.estimates)])
    variance = estimates * (MICRO - estimates) // MICRO
    return {
        "rows": len(rows.buckets),
        "marked": int(rows.marked.sum()),
        "flagged": int(rows.flagged.sum()),
        "score_bins": score_bins.tolist(),
        "score_counts": score_counts.tolist(),
        "score_sum": int(fixed(rows.scores).sum()),
        "decisions": {name: n for name, n in zip(sizes.decision_names, decisions, strict=True) if n},
        "estimated": len(estimates),
        "estimate_sum": int(estimates.sum()),
        "estimate_variance": int(variance.sum()),
    }


def _features(rows: Seen, sizes: Sizes) -> list[dict[str, Any]]:
    """Each feature's histogram, by one count over all features at once."""
    width = int(sizes.bins.max()) + 2
    features = rows.bins.shape[1]
    shifted = np.where(rows.bins == MISSING, width - 1, np.where(rows.bins == UNSEEN_BIN, width - 2, rows.bins))
    flat = (shifted + np.arange(features) * width).reshape(-1)
    table = np.bincount(flat, minlength=features * width).reshape(features, width)
    z = fixed(rows.standardised)
    sums, squares = z.sum(axis=0).tolist(), fixed(rows.standardised**2).sum(axis=0).tolist()
    found = []
    for feature in range(features):
        counts = table[feature, : width - 2]
        bins = np.flatnonzero(counts)
        found.append(
            {
                "feature": feature,
                "missing": int(table[feature, width - 1]),
                "unseen": int(table[feature, width - 2]),
                "bins": bins.tolist(),
                "counts": counts[bins].tolist(),
                "sum": sums[feature],
                "square": squares[feature],
            }
        )
    return found
