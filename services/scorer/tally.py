"""What became of a batch's readable rows: for the account, the metrics, the profile."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.baseline import Baseline
from models.calibrator import among_classes
from schemas.prediction import MODES
from services.scorer.answer import Answer
from services.scorer.claims.claims import REASON as UNSURE
from services.scorer.profile import Features, Seen
from services.scorer.serving.causes import CAUSES
from services.scorer.serving.chain import FALLBACK, PRIOR, REJECTED, SCORED
from services.scorer.sight import Sight

Counting = Callable[[NDArray[np.float32], NDArray[np.int64]], Callable[[], Features] | None]
"""(features as they came (n, F), buckets (n,)) -> what says how often each value occurs; None: to be counted later."""


def rows_by_use(answer: Answer) -> dict[str, NDArray[np.bool_]]:
    """Which rows are of each use that the ledger knows."""
    degraded = (answer.modes == FALLBACK) | (answer.modes == PRIOR)
    return {"scored": answer.modes == SCORED, "degraded": degraded, "rejected": answer.modes == REJECTED}


def tell(sight: Sight, answer: Answer) -> dict[str, int]:
    """Count the rows' reasons by what became of the rows; all of them together, by code."""
    uses = rows_by_use(answer)
    for name, use in (
        ("driftline_rejects_total", "rejected"),
        ("driftline_marks_total", "scored"),
        ("driftline_degraded_total", "degraded"),
    ):
        for reason, count in answer.reasons.counts(uses[use]).items():
            if use == "degraded" and reason not in CAUSES:
                continue  # what the contract marked is not why the champion did not answer
            sight.counted(name, count, reason=reason)  # type: ignore[arg-type]  # names of the catalogue, all three
    for mode in (FALLBACK, PRIOR):
        if count := int((answer.modes == mode).sum()):
            sight.counted("driftline_events_total", count, outcome=MODES[mode])
    if flagged := int(answer.flagged.sum()):
        sight.counted("driftline_flagged_total", flagged)
    return answer.reasons.counts(np.ones(len(answer.rows), np.bool_))


def seen(baseline: Baseline, answer: Answer, classes: int, counting: Counting) -> Seen:
    """What the profile needs of the rows that the champion scored; their features as they came, nothing imputed.

    Of so many `classes` it counts the confusion (models.decide.confused_classes).
    """
    scored = answer.take(np.flatnonzero(answer.modes == SCORED))
    counted = counting(scored.raw, scored.buckets)
    return Seen(
        buckets=scored.buckets,
        raw=scored.raw if counted is None else scored.raw[:0],
        raw_buckets=scored.buckets if counted is None else scored.buckets[:0],
        counted=[] if counted is None else [counted],
        score_bins=baseline.score_bins(scored.scores),
        scores=scored.scores,
        decisions=scored.decisions,
        estimates=scored.estimates,
        chances=_chances(scored, classes),
        marked=scored.reasons.any(but=UNSURE),
        flagged=scored.flagged,
        segments=scored.segments,
    )


def _chances(scored: Answer, classes: int) -> NDArray[np.float64]:
    """The chance of each class, (n, classes)."""
    if not classes or scored.class_scores is None:
        return np.empty((len(scored.rows), 0))
    return among_classes(scored.estimates, scored.class_scores, scored.decisions)
