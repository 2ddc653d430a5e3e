"""The profile: counts add up, do not depend on batching, fit into parts."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.baseline import MISSING, UNSEEN_BIN
from models.calibrator import among_classes
from models.decide import MOST_CONFUSED
from schemas.profile import MICRO, bound, parts
from schemas.records import write_record
from services.scorer.histograms import Histograms, counted
from services.scorer.profile import Seen, Sizes, features_of, grouped, slices, together

BINS = (4, 3, 2)


def count(raw: NDArray[np.float32], groups: NDArray[np.int64], number: int) -> Histograms:
    """Rows whose first three columns are their bins, the others their standardised values."""
    return counted(raw[:, :3].astype(np.int32), raw[:, 3:].astype(np.float64), (groups, number), width=6)


SIZES = Sizes(count=count, decision_names=("early", "on_time", "late"), segment_names=(("s=a", "s=b", "s=other"),))
NAMED = {"model_version": "1", "bundle_digest": "d" * 64, "arm": "champion"}


def columns(rows: int, seed: int, buckets: int = 3, classes: int = 3) -> dict[str, NDArray[Any]]:
    """Scored rows at random, with their features as they came."""
    chance = np.random.default_rng(seed)
    decisions = chance.integers(0, classes, rows)
    estimates = np.where(chance.random(rows) < 0.2, np.nan, chance.random(rows))
    bins = np.stack([chance.integers(UNSEEN_BIN, size, rows) for size in BINS], axis=1)
    return {
        "buckets": chance.integers(0, buckets, rows) * 3_600_000_000,
        "raw": np.hstack([bins, chance.normal(size=(rows, 3))]).astype(np.float32),
        "score_bins": chance.integers(0, 20, rows).astype(np.int32),
        "scores": chance.random(rows),
        "decisions": decisions,
        "estimates": estimates,
        "chances": among_classes(estimates, chance.random((rows, classes)), decisions),
        "marked": chance.random(rows) < 0.1,
        "flagged": chance.random(rows) < 0.05,
        "segments": chance.integers(0, 3, (rows, 1)).astype(np.int32),
    }


def seen_of(columns: dict[str, NDArray[Any]]) -> Seen:
    """The same rows as a batch of a scorer, which counts the features of every other one of them itself."""
    given = {name: column for name, column in columns.items() if name != "raw"}
    raw, buckets = columns["raw"], columns["buckets"]
    own = partial(features_of, count, raw[::2], grouped(buckets[::2]))
    return Seen(raw=raw[1::2], raw_buckets=buckets[1::2], counted=[own], **given)


def seen(rows: int, seed: int, buckets: int = 3, classes: int = 3) -> Seen:
    """Scored rows at random."""
    return seen_of(columns(rows, seed, buckets, classes))


def added(pieces: list[dict[str, Any]]) -> dict[Any, Any]:
    """Slices merged the way a reader of several profiles merges them."""
    totals: dict[Any, Any] = {}
    for piece in pieces:
        key = (piece["bucket"], piece["segment"])
        for name in ("rows", "marked", "score_sum", "estimated", "estimate_sum", "estimate_variance"):
            totals[key, name] = totals.get((key, name), 0) + piece[name]
        for bin_, count in zip(piece["score_bins"], piece["score_counts"], strict=True):
            totals[key, "score", bin_] = totals.get((key, "score", bin_), 0) + count
        for place, total in zip(piece.get("confusion_places", []), piece.get("confusion_sums", []), strict=True):
            totals[key, "confusion", place] = totals.get((key, "confusion", place), 0) + total
        for feature in piece["features"]:
            for name in ("missing", "unseen", "sum", "square"):
                where = (key, feature["feature"], name)
                totals[where] = totals.get(where, 0) + feature[name]
            for bin_, count in zip(feature["bins"], feature["counts"], strict=True):
                where = (key, feature["feature"], bin_)
                totals[where] = totals.get(where, 0) + count
    return totals


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 9))
@settings(max_examples=60)
def test_batching_changes_no_bit(rows: int, cut: int, seed: int) -> None:
    """One transaction over all rows, or two over its halves: the sums are the same integers."""
    given = columns(rows, seed)
    parts = (slice(0, cut), slice(cut, None))
    whole, *halves = (seen_of({name: one[part] for name, one in given.items()}) for part in (slice(None), *parts))
    apart = [piece for half in halves if len(half.buckets) for piece in slices(half, SIZES, NAMED)]
    assert added(apart) == added(list(slices(whole, SIZES, NAMED)))
    joined = list(slices(together([h for h in halves if len(h.buckets)]), SIZES, NAMED))
    assert added(joined) == added(list(slices(whole, SIZES, NAMED)))


@given(st.integers(1, 80), st.integers(0, 9))
@settings(max_examples=40)
def test_every_row_is_in_every_histogram(rows: int, seed: int) -> None:
    """Each feature's counts, missing and unseen add up to the slice's rows; so do scores and segments."""
    pieces = list(slices(seen(rows, seed), SIZES, NAMED))
    for piece in pieces:
        assert sum(piece["score_counts"]) == piece["rows"] == sum(piece["decisions"].values())
        for feature in piece["features"]:
            assert sum(feature["counts"]) + feature["missing"] + feature["unseen"] == piece["rows"]
    wholes = sum(piece["rows"] for piece in pieces if piece["segment"] == "")
    assert wholes == rows == sum(piece["rows"] for piece in pieces if piece["segment"])


@given(rows=st.integers(1, 80), seed=st.integers(0, 9), classes=st.integers(2, 4))
@settings(max_examples=40)
def test_the_expected_confusion_holds_every_estimated_row_once(rows: int, seed: int, classes: int) -> None:
    """Those that are right add up to the estimate; each decision's to its rows, but for rounding."""
    names = ("early", "on_time", "late", "never")
    whole = seen(rows, seed, buckets=1, classes=classes)
    piece = next(iter(slices(whole, replace(SIZES, decision_names=names), NAMED)))
    cells = np.zeros(classes**2, np.int64)
    cells[piece["confusion_places"]] = piece["confusion_sums"]
    table, known = cells.reshape(classes, classes), ~np.isnan(whole.estimates)
    assert table.trace() == piece["estimate_sum"]
    decided = np.bincount(whole.decisions[known], minlength=classes)
    assert np.abs(table.sum(axis=1) - decided * MICRO).max() <= decided.sum() * classes


def test_who_decides_by_a_threshold_tells_no_confusion() -> None:
    """Nor does a segment, whose profile would be mostly that."""
    plain = replace(seen(9, 1), chances=np.empty((9, 0)))
    assert all("confusion_places" not in piece for piece in slices(plain, SIZES, NAMED))
    assert [not piece["segment"] for piece in slices(seen(9, 1), SIZES, NAMED)] == [
        "confusion_places" in piece for piece in slices(seen(9, 1), SIZES, NAMED)
    ]


def test_missing_and_unseen_are_counted_apart() -> None:
    """A missing value is in no bin, nor is a category nobody knows."""
    one = columns(3, 1, buckets=1)
    one["raw"][:, 0] = [MISSING, UNSEEN_BIN, 2]
    whole = next(iter(slices(seen_of(one), SIZES, NAMED)))
    assert whole["features"][0] | {"sum": 0, "square": 0} == {
        "feature": 0, "missing": 1, "unseen": 1, "bins": [2], "counts": [1], "sum": 0, "square": 0,
    }  # fmt: skip


def test_parts_keep_under_their_size() -> None:
    """Slices are spread over as many parts as needed, in order; the bound holds for what Avro really writes."""
    pieces = list(slices(seen(400, 3, buckets=40), SIZES, NAMED))
    groups = parts(pieces, 10_000)
    assert [piece for group in groups for piece in group] == pieces
    assert len(groups) > 3
    for group in groups:
        assert written(group) <= sum(map(bound, group)) + 100 <= 10_100
    assert parts([], 10_000) == [[]]


def test_the_bound_holds_for_as_many_classes_as_are_told() -> None:
    """Whose confusion is larger than all the rest of a slice."""
    piece = next(iter(slices(seen(9, 3, buckets=1), SIZES, NAMED)))
    many = {**piece, "confusion_places": list(range(MOST_CONFUSED**2)), "confusion_sums": [2**52] * MOST_CONFUSED**2}
    assert written([many]) - written([]) <= bound(many)


def written(group: list[dict[str, Any]]) -> int:
    """Bytes of a profile of these slices."""
    names = ("role", "group", "arm", "writer", "session", "model")
    head = {**dict.fromkeys(names, "scorer"), "sequence": 1, "part": 0, "parts": 1, "bucket_micros": 1, "written_at": 1}
    return len(write_record("profile", {**head, "slices": group}, b""))
