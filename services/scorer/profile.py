"""What a transaction saw, by event-time bucket, in sums that do not depend on how rows were batched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.profile import MICRO, fixed
from services.scorer.histograms import Count


@dataclass(frozen=True, kw_only=True)
class Seen:
    """n scored rows: what a slice is made of.

    `buckets` int64 (n,) µs; `raw` float32 (n, F), the features as they came; `score_bins` int32 (n,); `scores` float64
    (n,); `decisions` int64 (n,), -1 = none; `estimates` float64 (n,), NaN = none; `chances` float64 (n, L) of each
    class, L = 0 where no confusion is counted; `marked`, `flagged` (out of distribution) bool (n,); `segments` int32
    (n, S), one code a segment field.
    """

    buckets: NDArray[np.int64]
    raw: NDArray[np.float32]
    score_bins: NDArray[np.int32]
    scores: NDArray[np.float64]
    decisions: NDArray[np.int64]
    estimates: NDArray[np.float64]
    chances: NDArray[np.float64]
    marked: NDArray[np.bool_]
    flagged: NDArray[np.bool_]
    segments: NDArray[np.int32]


def together(seen: Sequence[Seen]) -> Seen:
    """The rows of several batches as one."""
    return Seen(**{name: np.concatenate([getattr(one, name) for one in seen]) for name in Seen.__dataclass_fields__})


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How features are counted, what decisions and segment codes are called."""

    count: Count
    decision_names: tuple[str, ...]
    segment_names: tuple[tuple[str, ...], ...]


def slices(seen: Seen, sizes: Sizes, named: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The slices of some rows as Avro records: each bucket's whole, then its segments; `named` says whose they are."""
    buckets, groups = np.unique(seen.buckets, return_inverse=True)
    wholes, confusion = _counts(seen, groups, sizes), _confusion(seen, groups, len(buckets))
    features = sizes.count(seen.raw, groups, len(buckets))
    parts = [_segment(seen, groups, place, sizes) for place in range(len(sizes.segment_names))]
    for group, bucket in enumerate(buckets.tolist()):
        base = {"bucket": bucket, **named}
        yield {**base, "segment": "", **wholes[group], "features": features.features(group), **confusion[group]}
        for part in parts:
            yield from ({**base, **one, "features": []} for one in part[group])


def _confusion(seen: Seen, groups: NDArray[np.int64], count: int) -> list[dict[str, list[int]]]:
    """Of each group the rows expected of every class by the class decided; {} where no class is counted."""
    classes = seen.chances.shape[1]
    if not classes:
        return [{}] * count
    known = ~np.isnan(seen.estimates)
    sums = np.zeros((count * classes, classes), np.int64)
    np.add.at(sums, groups[known] * classes + seen.decisions[known], fixed(seen.chances[known]))
    flat = sums.reshape(count, classes * classes)
    return [{"confusion_places": np.flatnonzero(one).tolist(), "confusion_sums": one[one > 0].tolist()} for one in flat]


def _segment(seen: Seen, groups: NDArray[np.int64], place: int, sizes: Sizes) -> list[list[dict[str, Any]]]:
    """Of each group the counts of every value that one segment field takes in it."""
    names = sizes.segment_names[place]
    pairs, which = np.unique(groups * len(names) + seen.segments[:, place], return_inverse=True)
    found: list[list[dict[str, Any]]] = [[] for _ in range(int(groups.max(initial=-1)) + 1)]
    for pair, counts in zip(pairs.tolist(), _counts(seen, which, sizes), strict=True):
        group, code = divmod(pair, len(names))
        found[group].append({"segment": names[code], **counts})
    return found


def _counts(seen: Seen, groups: NDArray[np.int64], sizes: Sizes) -> list[dict[str, Any]]:
    """The counts of each group, none of them empty; `groups` (n,) from 0 on."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))

    def total(values: NDArray[Any]) -> list[int]:
        return np.add.reduceat(values[order].astype(np.int64), starts).tolist()  # type: ignore[no-any-return]  # ints

    known = ~np.isnan(seen.estimates)
    estimates = fixed(np.where(known, seen.estimates, 0.0))
    decided = seen.decisions >= 0
    columns = {
        "rows": total(np.ones(len(groups), np.int64)),
        "marked": total(seen.marked),
        "flagged": total(seen.flagged),
        "score_sum": total(fixed(seen.scores)),
        "estimated": total(known),
        "estimate_sum": total(estimates),
        "estimate_variance": total(estimates * (MICRO - estimates) // MICRO),
    }
    scores = _table(groups, seen.score_bins, len(starts))
    decisions = _table(groups[decided], seen.decisions[decided], len(starts))
    names = sizes.decision_names
    return [
        {
            **dict(zip(columns, row, strict=True)),
            "score_bins": np.flatnonzero(bins).tolist(),
            "score_counts": bins[bins > 0].tolist(),
            "decisions": {names[code]: count for code, count in enumerate(said) if count},
        }
        for row, bins, said in zip(zip(*columns.values(), strict=True), scores, decisions.tolist(), strict=True)
    ]


def _table(groups: NDArray[np.int64], codes: NDArray[Any], count: int) -> NDArray[np.int64]:
    """How often each code stands in each group, (count, codes)."""
    width = int(codes.max(initial=0)) + 1
    return np.bincount(groups * width + codes, minlength=count * width).reshape(count, width)
