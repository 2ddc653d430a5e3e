"""Whether inputs and scores are distributed as in the reference, and what that does to estimated quality."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite, sqrt
from typing import Any

import numpy as np

from models.decide import classes
from models.figures import multiclass
from services.drift.findings.finding import Finding
from services.drift.findings.realised import CLEAR
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.stats.binned import Floats
from services.drift.stats.combine import benjamini_hochberg
from services.drift.stats.dispersion import psi_p
from services.drift.stats.estimate import Figure, accuracy_from_sums, from_histogram
from services.drift.stats.four_rates import confused, confused_by_class
from services.drift.stats.histograms import Compared, compare
from services.drift.stats.moments import compare_moments
from services.drift.sums import Seen

SCORE = "score"
MICRO = 1_000_000
BAND = 1.96


def moved(seen: Seen, reference: Reference, terms: Terms) -> list[Finding]:
    """Findings of each feature and of the score: what informs, then what stands beside it as evidence.

    Of what informs at most a share `discovery` does so by chance.
    """
    features, score = compare(seen.bins, reference.blocks), compare(seen.scores[None], reference.scores)
    tests = [*_histograms(features, score, reference, terms), *_means(seen, reference, terms)]
    fires = benjamini_hochberg(np.array([one.p_value for one in tests], np.float64), terms.discovery)
    is_large = [abs(one.statistic) >= (one.threshold or 0.0) for one in tests]
    pairs = zip(tests, fires.tolist(), is_large, strict=True)
    informing = [replace(one, fired=fire and large) for one, fire, large in pairs]
    return [*informing, *_distances(features, score, reference)]


def _histograms(features: Compared, score: Compared, reference: Reference, terms: Terms) -> list[Finding]:
    p_values = np.concatenate([_p(features, reference.ordered), _p(score, np.ones(1))])
    distances = np.concatenate([features.psi, score.psi])
    expected = np.concatenate([features.expected, score.expected])
    return [
        Finding(
            test="psi",
            subject=name,
            place="inform",
            statistic=float(distances[place]),
            p_value=float(p_values[place]),
            threshold=float(expected[place] + terms.material_psi),
            expected=float(expected[place]),
            found=float(distances[place]),
            what=f"{name}: PSI {distances[place]:.2f}, {expected[place]:.2f} by chance",
        )
        for place, name in enumerate([*reference.names, SCORE])
    ]


def _means(seen: Seen, reference: Reference, terms: Terms) -> list[Finding]:
    """Means of quantities: what moves beyond the outermost bins moves no histogram any further."""
    rows = np.asarray(seen.rows - seen.missing - seen.unseen, np.float64)
    found = compare_moments(seen.sums / MICRO, seen.squares / MICRO, rows, reference.blocks, reference.places)
    return [
        Finding(
            test="mean",
            subject=reference.names[place],
            place="inform",
            statistic=float(found.shift[place]),
            p_value=float(found.shift_p[place]),
            threshold=terms.material_mean,
            expected=0.0,
            found=float(found.shift[place]),
            what=f"{reference.names[place]}: mean {found.shift[place]:+.1f} sd",
        )
        for place in np.flatnonzero((reference.ordered > 0) & (rows > 0)).tolist()
    ]


def _distances(features: Compared, score: Compared, reference: Reference) -> list[Finding]:
    """What stands beside PSI as evidence: Jensen-Shannon of each feature and the score, KS where bins have an order.

    Where they have none, Pearson's chi-square.
    """
    each = [(name, features, place, bool(reference.ordered[place])) for place, name in enumerate(reference.names)]
    found = []
    for name, one, place, is_ordered in (*each, (SCORE, score, 0, True)):
        found.append(_beside("jensen_shannon", name, one.jensen_shannon[place], one.jensen_shannon_p[place]))
        if is_ordered:
            found.append(_beside("ks", name, one.ks[place], one.ks_p[place]))
        else:
            found.append(_beside("chi_square", name, one.chi_square[place], one.chi_square_p[place]))
    return found


def _beside(test: str, subject: str, statistic: float, p_value: float) -> Finding:
    return Finding(
        test=test,
        subject=subject,
        place="evidence",
        statistic=float(statistic),
        p_value=float(p_value),
        fired=bool(p_value < CLEAR),
    )


def _p(compared: Compared, ordered: Floats) -> Floats:
    """PSI's, or where bins have an order twice the lesser of PSI's and KS's (Bonferroni)."""
    both = np.minimum(1.0, 2.0 * np.minimum(compared.psi_p, compared.ks_p))
    return np.where(ordered > 0, both, compared.psi_p)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Accuracy that the scores let expect, with its standard error, or why nothing can be said of it.

    `confusion`: it and F1, as a report names them, where there are any.
    """

    figure: Figure | None
    why_not: str = ""
    confusion: Mapping[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any] | None:
        """As a report holds it: with the band that holds the realised one 95 times in 100."""
        if self.figure is None:
            return None
        off = BAND * self.figure.error
        low, high = max(0.0, self.figure.value - off), min(1.0, self.figure.value + off)
        said = {"accuracy": self.figure.value, "low": low, "high": high}
        return {**said, "f1": None, "confusion": None, "confusion_by_class": [], **self.confusion}


def expected_quality(seen: Seen, reference: Reference, terms: Terms) -> Expected:
    """Estimated accuracy of the rows seen (confidence-based performance estimation)."""
    if reference.is_regression:
        return Expected(figure=None, why_not="no estimate for a regression in this version")
    if reference.chances is None or not seen.estimated:
        return Expected(figure=None, why_not="no calibrator in the bundle")
    strange = seen.flagged / max(1, seen.rows)
    if strange > terms.most_strange:
        return Expected(
            figure=None, why_not=f"{strange:.0%} of the rows are unlike the reference: no estimate holds there"
        )
    figure = accuracy_from_sums(seen.estimated, seen.estimate_sum, seen.estimate_variance)
    margin = reference.margin
    own = 0.0 if margin is None else margin.calibrator + margin.tau2 * max(1.0, margin.block_rows / max(1, seen.rows))
    whole = Figure(value=figure.value, error=sqrt(figure.error**2 + own))
    return Expected(figure=whole, confusion=_confusion(seen, reference))


def _confusion(seen: Seen, reference: Reference) -> dict[str, Any]:
    """Of a binary task by the bins of its scores; of several classes as scorers told it, where they did of every row.

    Sums of chances are rounded a class and row.
    """
    calibrator = reference.bundle.calibrator
    if reference.contract.task == "binary" and calibrator is not None:
        found = from_histogram(seen.scores, reference.middles, calibrator.curve, reference.positive_from)
        (clear, lost), (false, right) = found.cells.tolist()
        four, f1 = np.array([right, false, clear, lost]), found.f1.value
        return {"f1": f1 if isfinite(f1) else None, "confusion": confused(four)}
    if abs(int(seen.confusion.sum()) - seen.estimated * MICRO) > seen.estimated * len(seen.confusion):
        return {}
    by_class = confused_by_class(seen.confusion, classes(reference.contract))
    return {**multiclass(seen.confusion), "confusion_by_class": by_class}


def fallen(seen: Seen, reference: Reference, terms: Terms) -> Finding:
    """The test that estimated accuracy is at most `material_estimate` below the reference's, both by score bin."""
    rows, value = float(seen.scores.sum()), float(reference.estimate_of(seen.scores))
    drop = (reference.estimated - value - terms.material_estimate) / reference.spread
    p_value = float(psi_p(np.array([drop**2]), reference.estimates, np.array([rows]))[0]) / 2 if drop > 0 else 1.0
    return Finding(
        test="estimate",
        place="estimate",
        statistic=reference.estimated - value,
        p_value=p_value,
        threshold=terms.material_estimate,
        expected=reference.estimated,
        found=value,
        what=f"estimated accuracy {value:.1%}, {reference.estimated:.1%} before",
    )
