"""What a transaction joined, as slices of its profile: sums that do not depend on how rows were batched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.profile import MICRO, Slice, fixed
from services.labeler.core import STATUSES

SIXTEENTHS = 16
LONGEST_BIN = 40
CALM = 1_000.0
CLOSED = "closed"
"""Stands among the statuses for predictions answered for the first time: what coverage is a share of."""
COUNTED = np.array([status in {"matched", "revised", "matched_late"} for status in STATUSES])


@dataclass(frozen=True, kw_only=True)
class Rows:
    """n outcomes: what slices are made of.

    `buckets` int64 µs; `sixteenths` int64 (n,), the part of its bucket; `words` int64, an index into the word sets;
    `segments` int64 (n, S), one code a segment field; `statuses` an index into core.STATUSES; `score_bins`; `scores`;
    `decisions`, -1 = none; `estimates`, NaN = none; `labels`, `before` as the contract codes them, NaN = none (`before`
    is what a revision takes back), with their bins `label_bins`, `before_bins`; `delays` µs; `excluded` bool: rows of
    degraded predictions, which count nowhere but by status; `first` bool: the first outcome of its prediction.
    """

    buckets: NDArray[np.int64]
    sixteenths: NDArray[np.int64]
    words: NDArray[np.int64]
    segments: NDArray[np.int64]
    statuses: NDArray[np.int64]
    score_bins: NDArray[np.int64]
    scores: NDArray[np.float64]
    decisions: NDArray[np.int64]
    estimates: NDArray[np.float64]
    labels: NDArray[np.float64]
    label_bins: NDArray[np.int64]
    before: NDArray[np.float64]
    before_bins: NDArray[np.int64]
    delays: NDArray[np.int64]
    excluded: NDArray[np.bool_]
    first: NDArray[np.bool_]

    def take(self, which: NDArray[Any]) -> "Rows":
        """Some of the rows."""
        return Rows(**{name: column[which] for name, column in vars(self).items()})


def together(rows: Sequence[Rows]) -> Rows:
    """The rows of several batches as one."""
    return Rows(**{one.name: np.concatenate([getattr(some, one.name) for some in rows]) for one in fields(Rows)})


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What codes are called.

    `versions`: (model_version, bundle_digest, arm) of each word set. `segments`: 'field=value' of each code of each
    segment field. `labels`: the name of each label bin: true or false, the classes; of a regression the number of the
    score bin that the label falls in. `is_regression`: labels are numbers and decisions none; `spread`: the unit of its
    errors, the reference's standard deviation of scores.
    """

    versions: Sequence[tuple[str, str, str]]
    segments: Sequence[Sequence[str]]
    labels: Sequence[str]
    is_regression: bool = False
    spread: float = 1.0


def slices(rows: Rows, naming: Naming) -> Iterator[Slice]:
    """The slices of some rows as Avro records: of each bucket and word set the whole, then its segments."""
    pairs = np.stack([rows.buckets, rows.words], axis=1)
    for bucket, word in np.unique(pairs, axis=0).tolist():
        some = rows.take((rows.buckets == bucket) & (rows.words == word))
        version, digest, arm = naming.versions[word]
        base = {"bucket": bucket, "model_version": version, "bundle_digest": digest, "arm": arm}
        yield {**base, "segment": "", **_figures(some, naming)}
        for field, names in enumerate(naming.segments):
            for code, _ in _counted(some.segments[:, field]):
                own = some.take(some.segments[:, field] == code)
                yield {**base, "segment": names[code], **_figures(own, naming)}


def _figures(rows: Rows, naming: Naming) -> dict[str, Any]:
    counted = COUNTED[rows.statuses] & ~rows.excluded
    added = rows.take(counted)
    retracted = added.take(~np.isnan(added.before))
    delays = _counted(delay_bins(added.delays))
    return {
        "rows": len(added.labels),
        "statuses": {
            **{STATUSES[code]: count for code, count in _counted(rows.statuses)},
            CLOSED: int((rows.first & ~rows.excluded).sum()),
        },
        "excluded": int(rows.excluded.sum()),
        "delay_bins": [one for one, _ in delays],
        "delay_counts": [count for _, count in delays],
        "added": _matched(added, added.labels, added.label_bins, naming),
        "retracted": _matched(retracted, retracted.before, retracted.before_bins, naming),
    }


def delay_bins(delays: NDArray[np.int64]) -> NDArray[np.int64]:
    """The log2 bin of each delay in seconds, 0 for everything below two.

    >>> delay_bins(np.array([0, 1_999_999, 2_000_000, 4_000_000, -5])).tolist()
    [0, 0, 1, 2, 0]
    """
    seconds = np.maximum(1, delays // MICRO)
    return np.minimum(LONGEST_BIN, np.log2(seconds).astype(np.int64))


def _matched(rows: Rows, labels: NDArray[np.float64], bins: NDArray[np.int64], naming: Naming) -> dict[str, Any] | None:
    """The figures of rows with one label each; None where there is none."""
    if not len(labels):
        return None
    wrong = np.zeros(len(labels), np.int64) if naming.is_regression else (rows.decisions != labels).astype(np.int64)
    found: dict[str, Any] = {
        "rows": len(labels),
        "errors": int(wrong.sum()),
        "estimate_sum": int(fixed(np.nan_to_num(rows.estimates)).sum()),
        "cells": _cells(rows.score_bins, bins, naming),
        "sixteenths": _sixteenths(rows.sixteenths, wrong),
    }
    if naming.is_regression:
        off = np.clip((rows.scores - labels) / naming.spread, -CALM, CALM)
        sums = {"error_sum": off, "absolute_error_sum": np.abs(off), "square_error_sum": off**2}
        found |= {name: int(fixed(values).sum()) for name, values in sums.items()}
    return found


def _cells(score_bins: NDArray[np.int64], label_bins: NDArray[np.int64], naming: Naming) -> list[dict[str, Any]]:
    kinds = len(naming.labels)
    return [
        {"score_bin": cell // kinds, "label": naming.labels[cell % kinds], "rows": count}
        for cell, count in _counted(score_bins * kinds + label_bins)
    ]


def _counted(codes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Each code that there is, none of them large, with how often it is there; in order."""
    counts = np.bincount(codes)
    found = np.flatnonzero(counts)
    return list(zip(found.tolist(), counts[found].tolist(), strict=True))


def _sixteenths(parts: NDArray[np.int64], wrong: NDArray[np.int64]) -> list[dict[str, int]]:
    rows = np.bincount(parts, minlength=SIXTEENTHS)
    errors = np.bincount(parts, weights=wrong, minlength=SIXTEENTHS).astype(np.int64)
    return [{"index": index, "rows": n, "errors": errors[index].item()} for index, n in enumerate(rows.tolist()) if n]
