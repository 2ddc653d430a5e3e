"""What a transaction saw, by event-time bucket, in sums that do not depend on how rows were batched."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.profile import MICRO, fixed
from services.scorer.histograms import Count, Histograms


@dataclass(frozen=True, kw_only=True)
class Seen:
    """n scored rows: what a slice is made of.

    `buckets` int64 (n,) µs; `raw` float32 (m, F), features of m of the rows as they came, `raw_buckets` (m,) theirs;
    `counted` those of the other rows, batch by batch, which may still be counted; `score_bins` int32 (n,);
    `scores` float64 (n,); `decisions` int64 (n,), -1 = none; `estimates` float64 (n,), NaN = none; `chances` float64
    (n, L) of each class, L = 0 where no confusion is counted; `marked`, `flagged` (out of distribution) bool (n,);
    `segments` int32 (n, S), one code a segment field.
    """

    buckets: NDArray[np.int64]
    raw: NDArray[np.float32]
    raw_buckets: NDArray[np.int64]
    counted: Sequence[Callable[[], "Features"]]
    score_bins: NDArray[np.int32]
    scores: NDArray[np.float64]
    decisions: NDArray[np.int64]
    estimates: NDArray[np.float64]
    chances: NDArray[np.float64]
    marked: NDArray[np.bool_]
    flagged: NDArray[np.bool_]
    segments: NDArray[np.int32]


@dataclass(frozen=True)
class Features:
    """The features of one batch: histograms by bucket, `buckets` µs, rising."""

    buckets: NDArray[np.int64]
    histograms: Histograms


def features_of(count: Count, raw: NDArray[np.float32], given: tuple[NDArray[np.int64], NDArray[np.int64]]) -> Features:
    """Count the features of n rows as they came, `raw` (n, F); `given` are their buckets, `grouped`."""
    own, groups = given
    return Features(own, count(raw, groups, len(own)))


def grouped(buckets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The values that occur, rising, and each row's place among them; where many neighbours are equal soon done.

    >>> [*map(np.ndarray.tolist, grouped(np.array([7, 7, 3, 7])))]
    [[3, 7], [1, 1, 0, 1]]
    """
    starts = np.flatnonzero(np.diff(buckets, prepend=buckets[:1] - 1))
    values, which = np.unique(buckets[starts], return_inverse=True)
    return values, np.repeat(which, np.diff(starts, append=len(buckets)))


def together(seen: Sequence[Seen]) -> Seen:
    """The rows of several batches as one."""
    columns = {name: [getattr(one, name) for one in seen] for name in Seen.__dataclass_fields__ if name != "counted"}
    counted = [batch for one in seen for batch in one.counted]
    return Seen(counted=counted, **{name: np.concatenate(some) for name, some in columns.items()})


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How features are counted, what decisions and segment codes are called."""

    count: Count
    decision_names: tuple[str, ...]
    segment_names: tuple[tuple[str, ...], ...]


def slices(seen: Seen, sizes: Sizes, named: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The slices of some rows as Avro records: each bucket's whole, then its segments; `named` says whose they are."""
    buckets, groups = grouped(seen.buckets)
    wholes, confusion = _counts(seen, groups, sizes), _confusion(seen, groups, len(buckets))
    features = _features(seen, buckets, sizes.count)
    parts = [_segment(seen, groups, place, sizes) for place in range(len(sizes.segment_names))]
    for group, bucket in enumerate(buckets.tolist()):
        base = {"bucket": bucket, **named}
        yield {**base, "segment": "", **wholes[group], "features": features.features(group), **confusion[group]}
        for part in parts:
            yield from ({**base, **one, "features": []} for one in part[group])


def _features(seen: Seen, buckets: NDArray[np.int64], count: Count) -> Histograms:
    """The features of all rows, by the place of their bucket among `buckets`."""
    whole = count(seen.raw, np.searchsorted(buckets, seen.raw_buckets), len(buckets))
    for batch in seen.counted:
        one = batch()
        places = np.searchsorted(buckets, one.buckets)
        whole.counts[places] += one.histograms.counts
        whole.sums[places] += one.histograms.sums
    return whole


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
