"""Whether quality is what the scores let expect of as many positives as there are: a gap that days hardly open."""

import numpy as np

from services.drift.findings.finding import Finding
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.stats.binned import Floats
from services.drift.stats.gap import FEWEST_BLOCKS, Margin, gap_given_prior, gap_of, unit_of
from services.drift.sums import Known


def gap_at_prior(known: Known, reference: Reference, terms: Terms) -> list[Finding]:
    """The test of a binary task's cohort; none where the reference has no labels or too few blocks to know days by.

    The gap of 0018 is wide on days on which more or fewer are positive. Told how many are, the estimate misses what
    their scores mean and no more. Both stand in one family: this one sees no shift of the labels.
    """
    calibrator, table, cells = reference.bundle.calibrator, reference.table, known.cells
    if reference.verdicts is None or calibrator is None or table is None or not cells.sum():
        return []
    if len(table) < FEWEST_BLOCKS or not table.sum(axis=(1, 2)).all():
        return []
    chances, first = np.clip(calibrator.curve(reference.middles), 0.0, 1.0), reference.positive_from
    usual, unit, margin = _days(table, chances, first)
    value = float(gap_given_prior(cells, chances, first)) - usual
    found = gap_of(value, 0.0, unit, int(cells.sum()), margin, delta=terms.material_gap)
    points, side = 100 * abs(value), "below" if value > 0 else "above"
    return [
        Finding(
            test="gap given prior",
            place="gap",
            statistic=value / found.error,
            p_value=found.p_value,
            threshold=terms.material_gap,
            expected=usual,
            found=value + usual,
            what=f"realised accuracy is {points:.1f} points {side} what the scores let expect of as many positives",
        )
    ]


def _days(table: Floats, chances: Floats, positive_from: int) -> tuple[float, float, Margin]:
    """The usual gap of the reference's blocks (K, S, 2), the variance of one row's outcome, how the blocks differ.

    Bins stand for their scores, which is off by as much in every block: it belongs to the usual gap.
    """
    per_block, unit = table.sum(axis=(1, 2)), unit_of(table, chances)
    gaps = gap_given_prior(table, chances, positive_from)
    varied = float(gaps.var(ddof=1))
    margin = Margin(
        calibrator=varied / len(gaps),
        tau2=max(0.0, varied - unit * float((1.0 / per_block).mean())),
        block_rows=float(per_block.mean()),
        freedom=len(gaps) - 1.0,
    )
    return float((gaps * per_block).sum() / per_block.sum()), unit, margin
