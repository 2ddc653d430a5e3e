"""Rows of a world as the sidecar sees them: sums of a window, added up as scorers and labelers do."""

from collections import Counter
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from load.bench.drifting.world import Floats, Rows
from models.baseline import MISSING, UNSEEN_BIN, Baseline
from models.bundle import Bundle
from models.calibrator import Calibrator
from schemas.profile import MICRO, fixed
from services.drift.sums import DELAYS, SIXTEENTHS, Cohort, Inputs, Known, Seen, Served


def seen_of(rows: Rows, baseline: Baseline, estimates: Floats) -> Seen:
    """What a scorer's slices of these rows add up to."""
    bins = baseline.bins(rows.matrix)
    width, features = max(one.bins for one in baseline.features), bins.shape[1]
    moved = np.where(bins == MISSING, width, np.where(bins == UNSEEN_BIN, width + 1, bins))
    flat = (moved + np.arange(features) * (width + 2)).reshape(-1)
    table = np.bincount(flat, minlength=features * (width + 2)).reshape(features, width + 2)
    far = baseline.standardised(rows.matrix)
    parts = fixed(estimates)
    return Seen(
        rows=len(bins),
        marked=0,
        flagged=0,
        bins=table[:, :width],
        missing=table[:, width],
        unseen=table[:, width + 1],
        sums=fixed(far).sum(axis=0),
        squares=fixed(far**2).sum(axis=0),
        scores=np.bincount(baseline.score_bins(rows.scores), minlength=baseline.scores.bins),
        score_sum=int(fixed(rows.scores).sum()),
        decisions=Counter(),
        estimated=len(bins),
        estimate_sum=int(parts.sum()),
        estimate_variance=int((parts * (MICRO - parts) // MICRO).sum()),
    )


def windows_of(rows: Rows, bundle: Bundle, start: int, end: int) -> tuple[Inputs, Cohort]:
    """The window of these rows as the scorer saw them, and once their labels are there."""
    decided = rows.scores >= bundle.contract.threshold
    calibrator = cast("Calibrator", bundle.calibrator)
    estimates = calibrator.estimate(rows.scores[:, None], decided.astype(np.int64))
    seen = seen_of(rows, bundle.baseline, estimates)
    named: dict[str, Any] = {
        "start": start,
        "end": end,
        "version": "1",
        "digest": bundle.digest,
        "arm": "champion",
        "segment": "",
    }
    served = Served(
        scored=len(decided),
        degraded=rows.degraded,
        rejected=rows.refused,
        dead=0,
        reasons=Counter({"out_of_range": rows.refused} if rows.refused else {}),
    )
    known = known_of(rows, decided != rows.labels, estimates, bundle.baseline)
    return (
        Inputs(**named, seen=seen, served=served, parts=()),
        Cohort(**named, seen=seen, known=known, parts=(known,)),
    )


def known_of(rows: Rows, wrong: NDArray[np.bool_], estimates: Floats, baseline: Baseline) -> Known:
    """What a labeler's slices of these rows add up to; one bucket."""
    n, bins = len(wrong), baseline.scores.bins
    cells = np.zeros((bins, 2), np.int64)
    np.add.at(cells, (baseline.score_bins(rows.scores), rows.labels.astype(np.int64)), 1)
    parts = np.zeros((SIXTEENTHS, 2), np.int64)
    np.add.at(
        parts, np.arange(n) * SIXTEENTHS // max(1, n), np.stack([np.ones(n, np.int64), wrong.astype(np.int64)], 1)
    )
    return Known(
        rows=n,
        errors=int(wrong.sum()),
        estimate_sum=int(fixed(estimates).sum()),
        cells=cells,
        parts=parts,
        error_sum=0,
        absolute_error_sum=0,
        square_error_sum=0,
        statuses=Counter(matched=n),
        closed=n,
        excluded=0,
        delays=np.zeros(DELAYS, np.int64),
    )
