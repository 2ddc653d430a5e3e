"""Who is told what happens inside a batch of the scorer."""

from typing import Protocol

from services.start.sight import Sight as Common


class Sight(Common, Protocol):
    """Looks on while a scorer works."""

    def distrusts(self, why: str) -> None:
        """Events were read otherwise than fastavro reads them; fastavro reads them from now on."""

    def took(self, stage: str, seconds: float) -> None:
        """A stage of one batch took so long."""
