"""Who is told what happens inside a transaction of the sidecar."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from services.start.sight import Sight as Common


class Sight(Common, Protocol):
    """Looks on while a sidecar works."""

    def rebuilds(self, why: str) -> None:
        """No snapshot can be gone on from: the profile log is read again."""

    def rebuilding(self, share: float) -> None:
        """So much of the profile log has been read again."""

    def stands(self, *, bytes_kept: int, oldest_micros: int | None) -> None:
        """A committed snapshot's size; how far the oldest bucket that waits lies behind event time."""

    def said(self, reports: Sequence[Mapping[str, Any]]) -> None:
        """These reports were committed."""
