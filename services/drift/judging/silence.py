"""Alerts of a judge that fires nothing: none."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.drift.alerting.signal import Signal


class Silent:
    """Tells nobody anything."""

    def judged(self, signals: Sequence[Signal]) -> Sequence[Mapping[str, Any]]:  # noqa: ARG002  # the protocol's words
        """No records."""
        return ()

    def state(self) -> dict[str, Any]:
        """Nothing is remembered."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """There is nothing to remember."""
