"""The judge that only counts: it reports every window and finds fault with none."""

from collections.abc import Mapping
from typing import Any

from services.drift.judging.judged import Judged
from services.drift.sums import Cohort, Inputs


class Counting:
    """Says of each window how many rows it holds, and the how many-th it is; it fires nothing."""

    def __init__(self, *, model: str, fewest_rows: int) -> None:
        self._model, self._fewest = model, fewest_rows
        self._windows = 0

    def inputs(self, window: Inputs) -> Judged:
        """Rows seen."""
        return self._report(window, "inputs", window.seen.rows)

    def cohort(self, window: Cohort) -> Judged:
        """Rows whose label is known."""
        return self._report(window, "cohort", window.known.rows)

    def _report(self, window: Inputs | Cohort, kind: str, rows: int) -> Judged:
        self._windows += 1
        report = {
            "report_id": f"{window.version}/{window.arm}/{kind}/{window.end}",
            "model": self._model,
            "model_version": window.version,
            "bundle_digest": window.digest,
            "arm": window.arm,
            "segment": window.segment,
            "kind": kind,
            "start": window.start,
            "end": window.end,
            "rows": rows,
            "judged": False,
            "why_not": "too_few" if rows < self._fewest else "nobody_judges",
            "number": self._windows,
        }
        return Judged(report, ())

    def state(self) -> dict[str, Any]:
        """How many windows there were."""
        return {"windows": self._windows}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Count on."""
        self._windows = state["windows"]
