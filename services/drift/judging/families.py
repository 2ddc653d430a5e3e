"""Tests that share a part of the false-alarm budget, heard together."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.drift.findings.finding import Finding, Verdict
from services.drift.findings.terms import Family
from services.drift.stats.combine import simes


def heard(family: Family, findings: Sequence[Finding], alpha: float) -> Verdict:
    """All tests of a family as one p-value (Simes 1986); it fires at or below what the window may spend."""
    tests = [one for one in findings if one.place == family and one.p_value is not None]
    p_value = simes(np.array([one.p_value for one in tests], np.float64))
    carried = min(tests, key=lambda one: (one.p_value, one.subject), default=None)
    return Verdict(family, p_value, alpha, fired=bool(tests) and p_value <= alpha, carried_by=carried)


def marked(findings: Sequence[Finding], verdicts: Sequence[Verdict]) -> list[Finding]:
    """The findings; of a family that fired all that would have fired it alone, and the one that carried it."""
    firing: dict[str, Verdict] = {one.family: one for one in verdicts if one.fired}

    def mark(one: Finding) -> Finding:
        family = firing.get(one.place)
        if family is None or one.p_value is None:
            return one
        return replace(one, fired=one is family.carried_by or one.p_value <= family.alpha)

    return [mark(one) for one in findings]
