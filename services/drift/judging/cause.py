"""What is behind it, how bad it is and what to do: by rule, from what the tests found."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from services.drift.findings.arriving import COVERAGE
from services.drift.findings.finding import Finding
from services.drift.findings.realised import CLEAR, Realised, best_threshold
from services.drift.findings.reference import Reference
from services.drift.judging.words import Action

Cause = Literal["none", "quality", "serving", "data", "label", "concept"]
Severity = Literal["none", "info", "warning", "critical"]
MUCH = 0.2
"""Of a window's rows: broken or refused data, or a stand-in's answers, of so many are critical."""
GAIN = 0.005
"""So much more accuracy makes another threshold worth its trouble."""
LOST = "so many more labels stay away that those alone may be why"
BRING_BACK = Action("fix upstream", effect="bring the labels back that stay away, then judge again")


def why_worse(found: Realised, *, is_open: bool, is_mix: bool) -> Cause:
    """Behind quality that fell: another mix of the same classes, else what a gap to the estimate says.

    Under label shift P(score | label) stays as it was (Lipton, Wang and Smola 2018), scores move with the labels, and
    the inputs no further than the classes do (`is_mix`). A calibrated score foresees what other inputs do to quality:
    where a gap is open (`is_open`) the concept changed, else the data did.
    """
    if found.concept_p >= CLEAR and is_mix:
        return "label"
    return "concept" if is_open else "data"


def explained_by_lost(found: Realised, tests: Sequence[Finding]) -> bool:
    """Whether so many more labels stay away than before that those alone may be why a gap is open.

    Labels that come the later the worse the outcome are lost by outcome: had all come that used to, it may be closed.
    """
    lost = max((-one.statistic for one in tests if one.test == COVERAGE and one.fired), default=0.0)
    return found.gap is not None and lost >= abs(found.gap.value)


def action_for(cause: Cause, found: Realised | None, reference: Reference) -> Action:
    """What mends it."""
    if cause in ("quality", "serving"):
        return Action("fix upstream")
    if cause == "label" and found is not None and reference.contract.task == "binary":
        value, share = best_threshold(found.table, np.array(reference.bundle.baseline.scores.edges))
        if found.accuracy is not None and share >= found.accuracy + GAIN:
            effect = f"accuracy {found.accuracy:.1%} -> {share:.1%} on this window's rows"
            return Action("re-threshold", value, effect)
    if cause in ("label", "concept"):
        return Action("retrain", effect="no threshold mends it" if cause == "concept" else "no threshold does better")
    return Action("retrain", effect="with rows like these") if cause == "data" else Action()


def severity_of(fired: Sequence[Finding]) -> Severity:
    """Of tests that may page: critical where labels say so, or where a fifth of the rows is affected."""
    is_much = any(one.place in ("quality", "serving") and (one.found or 0.0) >= MUCH for one in fired)
    return "critical" if is_much or any(one.place == "floor" for one in fired) else "warning"


def ranked(moved: Sequence[Finding], influence: Mapping[str, float], most: int = 20) -> list[dict[str, Any]]:
    """The features that moved: by PSI beyond what is expected, or means in sds, times how much the scores hang on them.

    Profiles do not tell which values of a feature went with errors; how much a score hangs on it (`influence`, at most
    1, by the bundle) is the next best. Who is not in it, the score itself among them, counts as 1.
    """
    farthest: dict[str, tuple[float, Finding]] = {}
    for one in moved:
        if one.fired and one.test in ("psi", "mean"):
            far = abs(one.statistic - (one.expected or 0.0))
            farthest[one.subject] = max(farthest.get(one.subject, (0.0, one)), (far, one), key=lambda pair: pair[0])

    def rank(pair: tuple[float, Finding]) -> tuple[float, float, str]:
        far, one = pair
        return -far * influence.get(one.subject, 1.0), -far, one.subject

    return [
        {
            "feature": one.subject,
            "strength": far / (1.0 + far),
            "what": one.what,
            "influence": influence.get(one.subject),
        }
        for far, one in sorted(farthest.values(), key=rank)[:most]
    ]
