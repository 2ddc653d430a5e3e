"""The words between the log and whoever judges it: windows go in, a report and signals come out."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from services.drift.alerting.signal import Signal
from services.drift.sums import Cohort, Inputs


class Judged(NamedTuple):
    """A drift_report record without written_at, late_rows, profile_from and profile_to; signals in a fixed order."""

    report: dict[str, Any]
    signals: Sequence[Signal]


class Judge(Protocol):
    """Judges windows in the order of the log; what it remembers between them is its state."""

    def inputs(self, window: Inputs) -> Judged:
        """What scored rows say."""

    def cohort(self, window: Cohort) -> Judged:
        """What rows past their horizon say."""

    def state(self) -> dict[str, Any]:
        """All that it remembers, JSON-able: numbers, strings, lists, dicts with keys of text."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember what `state` gave; a judge so restored goes on exactly as the one that gave it."""


class Alerts(Protocol):
    """The lifecycle of alerts: signals of judged windows in, records out, the same however they are batched."""

    def judged(self, signals: Sequence[Signal]) -> Sequence[Mapping[str, Any]]:
        """Take the signals of one or more whole windows; the records to be told, without written_at."""

    def state(self) -> dict[str, Any]:
        """All that is remembered of alerts, JSON-able."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember what `state` gave."""
