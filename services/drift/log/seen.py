"""A scorer's slice as sums, or why it is none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from schemas.profile import MICRO
from services.drift.log.refusal import LARGEST, MOST_ROWS, Refused, whole
from services.drift.log.shape import Shape
from services.drift.sums import Ints, Seen, nobody

FARTHEST = 1_000
"""Standardised values are clipped to so many deviations (models.baseline)."""


def nothing_seen(shape: Shape) -> Seen:
    """Sums of no rows."""
    count = len(shape.bins)
    return Seen(
        rows=0, marked=0, flagged=0, bins=np.zeros((count, shape.width), np.int64),
        missing=np.zeros(count, np.int64), unseen=np.zeros(count, np.int64), sums=np.zeros(count, np.int64),
        squares=np.zeros(count, np.int64), scores=np.zeros(shape.scores, np.int64), score_sum=0, decisions=Counter(),
        estimated=0, estimate_sum=0, estimate_variance=0, confusion=no_confusion(shape),
    )  # fmt: skip


def seen_of(piece: Mapping[str, Any], shape: Shape) -> Seen:
    """The sums of a slice; one of a segment has no features. Raises Refused."""
    rows = whole(piece["rows"], MOST_ROWS)
    blank = nothing_seen(shape)
    arrays = (blank.bins, blank.missing, blank.unseen, blank.sums, blank.squares)
    _features(piece["features"], shape, rows, arrays, is_whole=not piece["segment"])
    scores = sparse(piece["score_bins"], piece["score_counts"], shape.scores)
    if int(scores.sum()) != rows:
        raise Refused("counts", f"found {int(scores.sum())} scores of {rows} rows")
    estimated = whole(piece["estimated"], rows)
    expected = whole(piece["estimate_sum"], estimated * MICRO)
    confusion = confused(piece["confusion_places"], piece["confusion_sums"], shape)
    most = estimated * (MICRO + shape.classes)  # a sum is rounded a class and row
    if confusion.any() and (int(confusion.trace()) != expected or int(confusion.sum()) > most):
        raise Refused("counts", f"found a confusion that does not add up to {estimated} rows")
    return Seen(
        rows=rows,
        marked=whole(piece["marked"], rows),
        flagged=whole(piece["flagged"], rows),
        bins=blank.bins,
        missing=blank.missing,
        unseen=blank.unseen,
        sums=blank.sums,
        squares=blank.squares,
        scores=scores,
        score_sum=whole(piece["score_sum"], least=-LARGEST),
        decisions=counted(piece["decisions"], shape.decisions, rows),
        estimated=estimated,
        estimate_sum=expected,
        estimate_variance=whole(piece["estimate_variance"], estimated * MICRO // 4 + estimated),
        confusion=confusion,
    )


def _features(
    said: Sequence[Mapping[str, Any]], shape: Shape, rows: int, into: Sequence[Ints], *, is_whole: bool
) -> None:
    count = len(shape.bins)
    if not is_whole:
        if said:
            raise Refused("bins", "found features in a slice of a segment")
        return
    if sorted(one["feature"] for one in said) != list(range(count)):
        raise Refused("bins", f"found {len(said)} features, expected each of {count} once")
    bins, missing, unseen, sums, squares = into
    farthest = rows * FARTHEST * MICRO
    for one in said:
        place = one["feature"]
        bins[place] = sparse(one["bins"], one["counts"], int(shape.bins[place]), shape.width)
        missing[place], unseen[place] = whole(one["missing"], rows), whole(one["unseen"], rows)
        sums[place] = whole(one["sum"], farthest, least=-farthest)
        squares[place] = whole(one["square"], farthest * FARTHEST)
    found = bins.sum(axis=1) + missing + unseen
    if (found != rows).any():
        raise Refused("counts", f"found {int(found[found != rows][0])} values of a feature in {rows} rows")


def sparse(places: Sequence[int], counts: Sequence[int], kinds: int, width: int | None = None) -> Ints:
    """Counts at their places among `kinds`, with zeros up to `width`. Raises Refused."""
    if len(places) != len(counts):
        raise Refused("bins", f"found {len(places)} bins with {len(counts)} counts")
    if places and not (min(places) >= 0 and max(places) < kinds and len(set(places)) == len(places)):
        raise Refused("bins", f"found bins {min(places)} to {max(places)}, expected each below {kinds} once")
    if counts and (min(counts) < 0 or max(counts) > LARGEST):
        raise Refused("overflow" if max(counts) > LARGEST else "counts", "found a count below zero or beyond 2^52")
    found = np.zeros(width or kinds, np.int64)
    found[list(places)] = list(counts)
    return found


def no_confusion(shape: Shape) -> Ints:
    """That of no rows."""
    return np.zeros((shape.classes, shape.classes), np.int64) if shape.classes else nobody()


def confused(places: Sequence[int], counts: Sequence[int], shape: Shape) -> Ints:
    """Counts by decided and by true class, (L, L). Raises Refused."""
    if not places and not counts:
        return no_confusion(shape)
    return sparse(places, counts, shape.classes**2).reshape(shape.classes, shape.classes)


def counted(said: Mapping[str, int], names: frozenset[str], rows: int) -> Counter[str]:
    """Rows by name, together no more than `rows`. Raises Refused."""
    if strange := said.keys() - names:
        raise Refused("bins", f"found {len(strange)} names that the contract does not know")
    found = Counter({name: whole(count, rows) for name, count in said.items()})
    if found.total() > rows:
        raise Refused("counts", f"found {found.total()} of {rows} rows")
    return found
