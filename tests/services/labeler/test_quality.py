"""Realised quality comes from tables alone: of ripe cohorts, of early ones apart, with what share was labelled."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score, precision_score, recall_score, roc_auc_score

from models.figures import binary
from schemas.profile import Slice
from services.labeler.core import STATUSES
from services.labeler.quality import Quality, Scale
from services.labeler.slices import slices
from services.labeler.tables import Naming, Rows

HOUR = 3_600_000_000
BINS = 20
MIDDLES = (np.arange(BINS) + 0.5) / BINS
SCALE = Scale(middles=MIDDLES, positive_from=BINS // 2)
NAMING = Naming(versions=[("1", "d", "champion")], segments=[], labels=["false", "true"])


def joined(scores: np.ndarray, labels: np.ndarray, *, bucket: int = 0, before: float = np.nan) -> list[Slice]:
    """The slices of rows with these scores and labels (NaN: expired)."""
    n = len(scores)
    known = ~np.isnan(labels)
    status = np.where(known, STATUSES.index("matched"), STATUSES.index("expired"))
    status = status if np.isnan(before) else np.full(n, STATUSES.index("revised"))
    return list(
        slices(
            Rows(
                buckets=np.full(n, bucket),
                sixteenths=np.zeros(n, np.int64),
                words=np.zeros(n, np.int64),
                segments=np.zeros((n, 0), np.int64),
                statuses=status.astype(np.int64),
                score_bins=(scores * BINS).astype(np.int64),
                scores=scores,
                decisions=(scores >= 0.5).astype(np.int64),
                estimates=np.maximum(scores, 1 - scores),
                labels=labels,
                label_bins=np.nan_to_num(labels).astype(np.int64),
                before=np.full(n, before),
                before_bins=np.full(n, int(np.nan_to_num(before))),
                delays=np.zeros(n, np.int64),
                excluded=np.zeros(n, np.bool_),
                first=np.full(n, np.isnan(before)),
            ),
            NAMING,
        )
    )


def quality() -> Quality:
    """Buckets of an hour, a horizon of two, a window of ten."""
    return Quality(SCALE, horizon_micros=2 * HOUR, bucket_micros=HOUR, window_micros=10 * HOUR)


@pytest.mark.parametrize("seed", range(5))
def test_the_figures_are_scikit_learn_s(seed: int) -> None:
    """On scores that stand in the middle of their bins the table loses nothing."""
    chance = np.random.default_rng(seed)
    scores = chance.choice(MIDDLES, 500)
    labels = (chance.random(500) < scores).astype(float)
    whole = quality()
    whole.add(joined(scores, labels))
    found = whole.figures(3 * HOUR)["1", "champion", "ripe"].metrics
    decisions = scores >= 0.5
    expected = {
        "accuracy": float((decisions == labels).mean()),
        "precision": precision_score(labels, decisions),
        "recall": recall_score(labels, decisions),
        "f1": f1_score(labels, decisions),
        "auc": roc_auc_score(labels, scores),
        "brier": brier_score_loss(labels, scores),
        "estimated_accuracy": float(np.maximum(scores, 1 - scores).mean()),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_f1_of_several_classes_is_the_mean_of_theirs() -> None:
    """From the confusion of the slices, as scikit-learn has it; of rows told without it there is none."""
    whole = Quality(Scale(middles=MIDDLES, classes=3), horizon_micros=0, bucket_micros=HOUR, window_micros=HOUR)
    labels, decisions = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0])
    counts = np.bincount(decisions * 3 + labels, minlength=9)
    cells = {"confusion_places": np.flatnonzero(counts).tolist(), "confusion_rows": counts[counts > 0].tolist()}
    matched = {"rows": 6, "errors": 2, "estimate_sum": 0, "cells": []}
    head = {"bucket": 0, "model_version": "1", "arm": "champion", "segment": "", "statuses": {"closed": 6}}
    whole.add([{**head, "added": {**matched, **cells}, "retracted": None}])
    found = whole.figures(HOUR)["1", "champion", "ripe"].metrics
    assert found["f1"] == pytest.approx(f1_score(labels, decisions, average="macro"))
    whole.add([{**head, "added": matched, "retracted": None}])
    assert "f1" not in whole.figures(HOUR)["1", "champion", "ripe"].metrics


def test_a_cohort_is_ripe_when_its_last_deadline_has_passed() -> None:
    """Until then its rows are an early view: labels that come soon are not like those that come late."""
    whole = quality()
    whole.add(joined(np.array([0.9]), np.array([1.0]), bucket=0))
    whole.add(joined(np.array([0.9]), np.array([0.0]), bucket=HOUR))
    rows = {cohort: whole.figures(3 * HOUR)["1", "champion", cohort] for cohort in ("ripe", "early")}
    assert (rows["ripe"].rows, rows["ripe"].metrics["accuracy"]) == (1, 1.0)
    assert (rows["early"].rows, rows["early"].metrics["accuracy"]) == (1, 0.0)
    assert whole.figures(3 * HOUR - 1)["1", "champion", "ripe"].rows == 0


def test_coverage_is_the_share_that_found_a_label() -> None:
    """Those that expired count below the line, with no figure beside it when nobody found one."""
    whole = quality()
    whole.add(joined(np.array([0.9, 0.9, 0.1, 0.1]), np.array([1.0, np.nan, np.nan, np.nan])))
    assert whole.figures(9 * HOUR)["1", "champion", "ripe"].coverage == 0.25
    nobody = quality()
    nobody.add(joined(np.array([0.9]), np.array([np.nan])))
    found = nobody.figures(9 * HOUR)["1", "champion", "ripe"]
    assert (found.rows, found.coverage, found.metrics) == (0, 0.0, {})


def test_a_revision_replaces_what_it_revises() -> None:
    """The row is counted once, with its last label."""
    whole = quality()
    whole.add(joined(np.array([0.9]), np.array([1.0])))
    whole.add(joined(np.array([0.9]), np.array([0.0]), before=1.0))
    found = whole.figures(9 * HOUR)["1", "champion", "ripe"]
    assert (found.rows, found.coverage, found.metrics["accuracy"]) == (1, 1.0, 0.0)


def test_what_lies_beyond_the_window_is_let_go() -> None:
    """Memory is bounded by the window, figures speak of lately."""
    whole = quality()
    whole.add(joined(np.array([0.9]), np.array([1.0])))
    assert whole.figures(13 * HOUR - 1)["1", "champion", "ripe"].rows == 1
    assert whole.figures(13 * HOUR)["1", "champion", "ripe"].rows == 0


def test_the_errors_of_a_regression_are_in_its_own_unit() -> None:
    """Mean absolute error, root of the mean square, bias."""
    scale = Scale(middles=MIDDLES, spread=2.0)
    whole = Quality(scale, horizon_micros=0, bucket_micros=HOUR, window_micros=HOUR)
    sums = {"error_sum": 1_000_000, "absolute_error_sum": 3_000_000, "square_error_sum": 5_000_000}
    matched = {"rows": 2, "errors": 0, "estimate_sum": 0, "cells": [], **sums}
    head = {"bucket": 0, "model_version": "1", "arm": "champion", "segment": ""}
    whole.add([{**head, "statuses": {"closed": 2}, "added": matched, "retracted": None}])
    found = whole.figures(HOUR)["1", "champion", "ripe"].metrics
    assert found == pytest.approx({"mae": 3.0, "rmse": 2 * 2.5**0.5, "bias": 1.0})


def test_figures_that_nothing_was_counted_for_are_left_out() -> None:
    """No class to find, none claimed: nobody is told a number."""
    counts = np.zeros((len(MIDDLES), 2))
    counts[0, 0] = 4
    assert set(binary(counts, MIDDLES, 10)) == {"brier", "calibration_error"}
