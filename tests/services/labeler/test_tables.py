"""What was joined, as slices: figures that neither batching nor order changes, degraded rows in none of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from schemas.framing import frame
from schemas.joined import joined_slice, joined_values
from schemas.profile import Head, Slice, profile_values
from services.labeler.core import STATUSES
from services.labeler.slices import CLOSED, slices
from services.labeler.tables import Naming, Rows, together

HOUR = 3_600_000_000
NAMING = Naming(
    versions=[("1", "d1", "champion"), ("2", "d2", "challenger")],
    segments=[["origin=EWR", "origin=JFK", "origin=other"]],
    labels=["false", "true"],
)
NUMBERS = Naming(
    versions=NAMING.versions, segments=NAMING.segments, labels=["0", "1", "2"], is_regression=True, spread=2.0
)
MANY = Naming(versions=NAMING.versions, segments=NAMING.segments, labels=["early", "on_time", "late"], classes=3)
ROW: dict[str, Any] = {
    "buckets": 0, "sixteenths": 3, "words": 0, "segments": [1], "statuses": STATUSES.index("matched"),
    "score_bins": 1, "scores": 0.75, "decisions": 1, "estimates": 0.8, "labels": 1.0, "label_bins": 1,
    "before": np.nan, "before_bins": 0, "delays": HOUR, "excluded": False, "first": True,
}  # fmt: skip
REVISED = {
    "statuses": STATUSES.index("revised"),
    "labels": 0.0,
    "label_bins": 0,
    "before": 1.0,
    "before_bins": 1,
    "first": False,
}
EXPIRED = {"statuses": STATUSES.index("expired"), "labels": np.nan, "label_bins": 0, "delays": 0}


def rows(*said: dict[str, Any]) -> Rows:
    """Outcomes, each like ROW but for what is said."""
    each = [{**ROW, **one} for one in said]
    kinds = {name: np.asarray(value).dtype for name, value in ROW.items()}
    return Rows(**{name: np.array([one[name] for one in each], kinds[name]) for name in ROW})


def whole(found: Sequence[Slice], **which: Any) -> Slice:
    """The one slice of every row in a bucket, version and arm."""
    fits = [one for one in found if not one["segment"] and all(one[name] == value for name, value in which.items())]
    assert len(fits) == 1
    return fits[0]


def test_a_matched_row_is_counted_where_it_belongs() -> None:
    """By bucket, version, arm and segment: score bin and label, estimate, error, sixteenth, delay."""
    found = list(slices(rows({}, {"labels": 0.0, "label_bins": 0, "sixteenths": 15, "segments": [2]}), NAMING))
    assert [one["segment"] for one in found] == ["", "origin=JFK", "origin=other"]
    assert found[0] | {"added": None} == {
        "bucket": 0, "model_version": "1", "bundle_digest": "d1", "arm": "champion", "segment": "", "rows": 2,
        "statuses": {"matched": 2, CLOSED: 2}, "excluded": 0, "delay_bins": [11], "delay_counts": [2],
        "delay_errors": [1],
        "added": None, "retracted": None,
    }  # fmt: skip
    assert found[0]["added"] == {
        "rows": 2, "errors": 1, "estimate_sum": 1_600_000,
        "cells": [{"score_bin": 1, "label": "false", "rows": 1}, {"score_bin": 1, "label": "true", "rows": 1}],
        "sixteenths": [{"index": 3, "rows": 1, "errors": 0}, {"index": 15, "rows": 1, "errors": 1}],
    }  # fmt: skip
    assert (found[1]["added"]["errors"], found[2]["added"]["errors"]) == (0, 1)


def test_of_several_classes_rows_are_counted_by_decided_and_by_true_one() -> None:
    """What a revision takes back, too; a row without a decision has no place there."""
    late = {"labels": 2.0, "label_bins": 2}
    found = whole(list(slices(rows({}, late, late, {"decisions": 2, **REVISED}, {"decisions": -1}), MANY)))
    assert found["added"]["confusion_places"] == [4, 5, 6]
    assert found["added"]["confusion_rows"] == [1, 2, 1]
    assert (found["retracted"]["confusion_places"], found["retracted"]["confusion_rows"]) == ([7], [1])
    plain = whole(list(slices(rows({}), NAMING)))
    assert "confusion_places" not in plain["added"]


def test_a_revision_takes_back_what_it_replaces() -> None:
    """As parts that are never negative: the old label retracted, the new one added."""
    found = whole(list(slices(rows(REVISED), NAMING)))
    assert (found["added"]["rows"], found["added"]["errors"]) == (1, 1)
    assert (found["retracted"]["rows"], found["retracted"]["errors"]) == (1, 0)
    assert found["retracted"]["cells"] == [{"score_bin": 1, "label": "true", "rows": 1}]
    assert found["statuses"] == {"revised": 1, CLOSED: 0}


def test_who_found_no_label_is_in_no_figure() -> None:
    """But among those that were answered, so that coverage can be told."""
    found = whole(list(slices(rows(EXPIRED, {}), NAMING)))
    assert (found["rows"], found["added"]["rows"], found["statuses"]) == (1, 1, {"matched": 1, "expired": 1, CLOSED: 2})


def test_a_degraded_row_counts_by_status_only() -> None:
    """No quality figure may see what the model did not say."""
    found = whole(list(slices(rows({"excluded": True}), NAMING)))
    assert (found["rows"], found["added"], found["excluded"]) == (0, None, 1)
    assert found["statuses"] == {"matched": 1, CLOSED: 0}


def test_buckets_versions_and_arms_are_kept_apart() -> None:
    """A challenger's outcome is not the champion's."""
    found = list(slices(rows({}, {"words": 1}, {"buckets": HOUR}), NAMING))
    assert whole(found, bucket=0, arm="champion")["rows"] == 1
    assert whole(found, bucket=0, arm="challenger")["rows"] == 1
    assert whole(found, bucket=HOUR)["rows"] == 1


def test_errors_of_a_regression_are_in_units_of_its_spread() -> None:
    """Sum, absolute sum, squares; an error beyond all measure counts as a thousand spreads."""
    far = {"scores": 1e9, "labels": 0.0}
    found = whole(list(slices(rows({"scores": 5.0, "labels": 1.0}, {"scores": 0.0, "labels": 1.0}, far), NUMBERS)))
    sums = {name: found["added"][name] / 1e6 for name in ("error_sum", "absolute_error_sum", "square_error_sum")}
    assert sums == {"error_sum": 1001.5, "absolute_error_sum": 1002.5, "square_error_sum": 1_000_004.25}
    assert found["added"]["errors"] == 0


KINDS = some.sampled_from(
    [{}, REVISED, EXPIRED, {"excluded": True}, {"words": 1}, {"buckets": HOUR}, {"segments": [2]}]
)
ESTIMATES = some.floats(0, 1) | some.just(float("nan"))


@given(
    said=some.lists(some.tuples(KINDS, ESTIMATES, some.integers(0, 10**13)), min_size=1, max_size=30),
    cut=some.integers(0, 30),
    seed=some.integers(0, 99),
)
def test_neither_order_nor_batches_change_a_bit(
    said: list[tuple[dict[str, Any], float, int]], cut: int, seed: int
) -> None:
    """The profile says what was joined, not how it came."""
    every = rows(*({**kind, "estimates": estimate, "delays": delay} for kind, estimate, delay in said))
    order = np.random.default_rng(seed).permutation(len(said))
    parts = [every.take(order[:cut]), every.take(order[cut:])]
    assert list(slices(together(parts), NAMING)) == list(slices(every, NAMING))


@given(
    said=some.lists(some.tuples(KINDS, ESTIMATES, some.integers(0, 10**13)), max_size=30),
    naming=some.sampled_from([NAMING, NUMBERS, MANY]),
    groups=some.integers(1, 3),
)
def test_slices_are_written_as_fastavro_writes_them(
    said: list[tuple[dict[str, Any], float, int]], naming: Naming, groups: int
) -> None:
    """To the byte, in any number of parts, what else the profile says with them."""
    every = rows(*({**kind, "estimates": estimate, "delays": delay} for kind, estimate, delay in said))
    found = list(slices(every, naming)) if said else []
    shares = [found[part::groups] for part in range(groups)]
    head = Head(role="labeler", group="g", arm="", writer="w", session="s", model="m", bucket_micros=HOUR)
    first = {"ranges": [], "reasons": {"broken": 2}, "results": {"matched": len(said), "orphan": 1}}
    stamps = {"sequence": 7, "written_at": 10**15}
    written = joined_values(head, first, [list(map(joined_slice, share)) for share in shares], frame(1), **stamps)
    assert written == profile_values(head, first, shares, frame(1), **stamps)
