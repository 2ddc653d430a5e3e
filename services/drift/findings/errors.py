"""How realised errors have run, by version and arm: the one sequential test that may page (docs/decisions/0015)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.drift.findings.finding import Finding
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.stats.sequential import Cusum, Null, Standing, null_of
from services.drift.sums import Cohort


class Errors:
    """Sums of what errors say against the floor; they fire as often as the budget allows where nothing has changed."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._standing: dict[str, Standing] = {}
        self._nulls: dict[str, Null] = {}

    def follow(self, window: Cohort, reference: Reference) -> list[Finding]:
        """Take in a matured window; the finding, or none where errors have no reference."""
        known, whose = window.known, window.whose
        if reference.wrong is None or known.rows <= 0:
            return []
        null, alpha = self._null(reference), self._terms.alpha(window.start, window.end)
        cusum = Cusum.tuned(null, rows=known.rows / alpha)
        before = self._standing.get(whose) or cusum.start()
        now = self._standing[whose] = cusum.advance(before, known.rows, known.errors)
        accuracy, floor = 1.0 - known.errors / known.rows, 1.0 - null.rate
        return [
            Finding(
                test="cusum",
                subject="errors",
                place="floor",
                statistic=now.highest,
                # It has no p-value of its own: where nothing changed it fires in such a share of the windows.
                p_value=alpha if now.fired else 1.0,
                threshold=1.0,
                expected=floor,
                found=accuracy,
                what=f"accuracy {accuracy:.1%}, lasting below the floor of {floor:.1%}",
            )
        ]

    def _null(self, reference: Reference) -> Null:
        """Errors at the floor: no more than that is nothing to page for."""
        digest = reference.bundle.digest
        if digest not in self._nulls and reference.wrong is not None:
            usual = null_of(reference.wrong[:, 0], reference.wrong.sum(axis=1))
            floor, allowed = self._terms.floor, usual.rate + self._terms.material_floor
            self._nulls[digest] = replace(usual, rate=min(0.9, allowed if floor is None else max(1.0 - floor, 1e-4)))
        return self._nulls[digest]

    def state(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        return {whose: one.state() for whose, one in sorted(self._standing.items())}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._standing = {whose: Standing.of_state(one) for whose, one in state.items()}
