"""What the labels of a matured cohort say: quality, its gap to the estimate, the prior, what a score means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.decide import classes
from models.figures import binary, multiclass
from services.drift.findings.finding import Finding
from services.drift.findings.given_prior import gap_at_prior
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.stats.binned import Floats
from services.drift.stats.four_rates import confused, confused_by_class, confusion
from services.drift.stats.gap import Gap, concept, gap_of, prior_p, unit_of
from services.drift.stats.rates import compare_shares
from services.drift.sums import Known

MICRO = 1_000_000
FIGURES = ("precision", "recall", "auc", "mae", "bias", "f1", "confusion")
CLEAR = 0.01
"""Below this p-value the evidence of a cause counts."""


@dataclass(frozen=True, kw_only=True)
class Realised:
    """What a cohort came to; accuracies between 0 and 1, None where there is none to be had."""

    rows: int
    coverage: float
    accuracy: float | None
    expected: float | None
    gap: Gap | None
    prior_p: float
    concept_p: float
    shift: float
    """How far the shares of the labels are from the reference's, at most."""
    table: Floats

    def record(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        """As a report holds it, with what `figures` says of the same cohort."""
        said: dict[str, Any] = {
            "rows": self.rows,
            "coverage": self.coverage,
            "accuracy": self.accuracy,
            "expected": self.expected,
        }
        said |= {name: figures.get(name) for name in FIGURES}
        return {**said, "confusion_by_class": figures.get("confusion_by_class", [])}


def realised(known: Known, reference: Reference, terms: Terms) -> Realised:
    """The cohort's figures beside what the reference lets expect."""
    is_class = not reference.is_regression
    accuracy = 1.0 - known.errors / known.rows if is_class and known.rows else None
    table = known.cells.astype(np.float64)
    before = reference.table if table.sum() > 0 else None
    return Realised(
        rows=known.rows,
        coverage=known.rows / max(1, known.closed),
        accuracy=accuracy,
        expected=reference.accuracy,
        gap=_gap(known, accuracy, reference, terms),
        prior_p=1.0 if before is None else prior_p(table, before),
        concept_p=1.0 if before is None else concept(table, before).p_value,
        shift=0.0 if before is None else float(np.abs(np.subtract(*_shares(table, before))).max()),
        table=table,
    )


def _shares(table: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """The labels' shares (L,) in a window (S, L) and in the reference's blocks (K, S, L)."""
    found, before = (whole.sum(axis=0) / max(1.0, whole.sum()) for whole in (table, reference.sum(axis=0)))
    return found, before


def _gap(known: Known, accuracy: float | None, reference: Reference, terms: Terms) -> Gap | None:
    if accuracy is None or reference.margin is None or reference.chances is None or not known.estimate_sum:
        return None
    unit = unit_of(known.cells[None], reference.chances)
    estimated = known.estimate_sum / MICRO / known.rows
    return gap_of(estimated, accuracy, unit, known.rows, reference.margin, delta=terms.material_gap)


def figures(known: Known, reference: Reference) -> dict[str, Any]:
    """Precision, recall, F1, AUC and confusion of a binary task, MAE and bias of a regression.

    F1 and confusion of several classes, where labelers counted every row by the class that was decided.
    """
    unit = (reference.bundle.baseline.scores.sd or 1.0) / MICRO / max(1, known.rows)
    if reference.is_regression:
        return {"mae": known.absolute_error_sum * unit, "bias": known.error_sum * unit}
    if reference.contract.task == "binary" and known.cells.sum():
        found = binary(known.cells, reference.middles, reference.positive_from)
        return {**found, "confusion": confused(confusion(known.cells, reference.positive_from))}
    if known.rows and int(known.confusion.sum()) == known.rows:
        by_class = confused_by_class(known.confusion, classes(reference.contract))
        return {**multiclass(known.confusion), "confusion_by_class": by_class}
    return {}


def findings(found: Realised, known: Known, reference: Reference, terms: Terms) -> list[Finding]:
    """The tests of a cohort: errors and prior as evidence, the gap for its family."""
    tests = []
    if reference.verdicts is not None and reference.wrong is not None and known.rows:
        wrong, rows = reference.wrong[:, 0], reference.wrong.sum(axis=1)
        errors, cohort = np.array([float(known.errors)]), np.array([float(known.rows)])
        share = compare_shares(errors, cohort, wrong[:, None], rows[:, None], delta=terms.material_floor)
        tests.append(
            Finding(
                test="errors",
                place="evidence",
                statistic=known.errors / known.rows,
                p_value=float(share.p_value[0]),
                threshold=terms.material_floor,
                expected=float(share.expected[0]),
                found=known.errors / known.rows,
                fired=bool(share.p_value[0] < CLEAR),
            )
        )
    if found.gap is not None:
        points, side = 100 * abs(found.gap.value), "below" if found.gap.value > 0 else "above"
        tests.append(
            Finding(
                test="gap",
                place="gap",
                statistic=found.gap.value / found.gap.error,
                p_value=found.gap.p_value,
                threshold=terms.material_gap,
                expected=0.0,
                found=found.gap.value,
                what=f"realised accuracy is {points:.1f} points {side} what the scores let expect",
            )
        )
    return [*tests, *gap_at_prior(known, reference, terms), *_why(found, reference, terms)]


def _why(found: Realised, reference: Reference, terms: Terms) -> list[Finding]:
    """What changed: the share of labels, which informs where a score means what it meant, or that."""
    if reference.table is None or not found.table.sum():
        return []
    share, before = _shares(found.table, reference.table)
    most = int(np.abs(share - before).argmax())
    name = reference.bundle.baseline.prior.classes[most]  # type: ignore[union-attr] # a table has classes
    has_moved = found.prior_p < CLEAR and abs(share[most] - before[most]) >= terms.material_share
    return [
        Finding(
            test="prior",
            subject=name,
            place="inform" if found.concept_p >= CLEAR else "evidence",
            statistic=float(share[most] - before[most]),
            p_value=found.prior_p,
            expected=float(before[most]),
            found=float(share[most]),
            fired=has_moved,
            what=f"share of {name}: {share[most]:.1%}, {before[most]:.1%} before",
        ),
        Finding(
            test="score given label",
            place="evidence",
            statistic=found.shift,
            p_value=found.concept_p,
            fired=found.concept_p < CLEAR,
        ),
    ]


def best_threshold(table: Floats, edges: Floats) -> tuple[float, float]:
    """The edge at which deciding gives the most right decisions of a binary `table` (S, 2), and their share.

    >>> best_threshold(np.array([[8.0, 1.0], [2.0, 3.0], [0.0, 6.0]]), np.array([0.3, 0.6]))
    (0.3, 0.85)
    """
    negative, positive = np.cumsum(table[:, 0]), table[::-1, 1].cumsum()[::-1]
    right = negative[:-1] + positive[1:]
    best = int(right.argmax())
    return float(edges[best]), float(right[best] / max(1.0, table.sum()))
