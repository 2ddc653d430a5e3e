"""A judge and alerts for tests: what they say depends on every number of every window before, and on its order."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from services.drift.alerting.signal import Signal
from services.drift.judging.judged import Judged
from services.drift.keeping.encoding import plain
from services.drift.keeping.snapshot import canonical
from services.drift.sums import Cohort, Inputs


class Chained:
    """Each report holds a digest of the window and of the report before; every fourth window fires."""

    def __init__(self) -> None:
        self._last, self._number = "", 0

    def inputs(self, window: Inputs) -> Judged:
        """Of scored rows."""
        sums = [plain(window.seen), plain(window.served), [plain(one) for one in window.parts]]
        words = [list(window.seen.decisions), list(window.served.reasons)]
        return self._judged(window, "inputs", [sums, words], window.seen.rows)

    def cohort(self, window: Cohort) -> Judged:
        """Of rows past their horizon."""
        sums = [plain(window.known), plain(window.seen), [plain(one) for one in window.parts]]
        return self._judged(window, "cohort", [sums, list(window.known.statuses)], window.known.rows)

    def _judged(self, window: Inputs | Cohort, kind: str, sums: list[Any], rows: int) -> Judged:
        self._number += 1
        self._last = hashlib.sha256(self._last.encode() + canonical(sums)).hexdigest()
        place = f"{window.version}/{window.arm}/{window.segment}/{kind}/{window.end}"
        report = {
            "report_id": place, "model_version": window.version, "start": window.start, "end": window.end, "kind": kind,
            "rows": rows, "number": self._number, "digest": self._last,
        }  # fmt: skip
        signal = Signal(
            model_version=window.version, arm=window.arm, family="gap", cause="concept", severity="critical",
            fired=self._number % 4 == 0, sentence="", action="none", features=(), report_id=place,
            start=window.start, end=window.end, spent=0.5,
        )  # fmt: skip
        return Judged(report, (signal,))

    def state(self) -> dict[str, Any]:
        """Both."""
        return {"last": self._last, "number": self._number}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Both."""
        self._last, self._number = state["last"], state["number"]


class Numbered:
    """An alert for each signal that fires, numbered."""

    def __init__(self) -> None:
        self._count = 0

    def judged(self, signals: Sequence[Signal]) -> Sequence[Mapping[str, Any]]:
        """Its record."""
        fired = [signal for signal in signals if signal.fired]
        self._count += len(fired)
        return [{"alert_id": f"a{self._count}", "report_id": one.report_id} for one in fired]

    def state(self) -> dict[str, Any]:
        """The count."""
        return {"count": self._count}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The count."""
        self._count = state["count"]
