"""Who is told what happens inside a batch, whatever the service."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from stream.records import Batch, Place
from stream.telemetry.names import CounterName
from stream.watermark import Watermark


class Sight(Protocol):
    """Looks on while a service works."""

    def counted(self, name: CounterName, amount: int, **labels: str) -> None:
        """Something happened `amount` times; it counts once the transaction is committed."""

    def read(self, batch: Batch) -> None:
        """A batch was read."""

    def waits(self, why: str) -> None:
        """Some records wait for something to come back, this."""

    def accounted(self, ranges: Sequence[Mapping[str, Any]], marks: Mapping[Place, Watermark | None]) -> None:
        """The ranges that the transaction about to be committed accounts for."""
