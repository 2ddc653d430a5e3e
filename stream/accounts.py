"""What became of each record of the open transaction, counted place by place."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy import int64
from numpy.typing import NDArray

from stream.places import by_place
from stream.records import Batch, Place, Span
from stream.watermark import Watermark


class Counts:
    """Uses a place, by the ledger's words; forgotten when the transaction ends."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._counts: dict[Place, dict[str, int]] = {}

    def count(self, batch: Batch, rows: NDArray[int64], what: str) -> None:
        """The records of `batch` at `rows` became `what`."""
        for place, mine in by_place(batch, rows):
            counts = self._counts.setdefault(place, {})
            counts[what] = counts.get(what, 0) + len(mine)

    def ranges(self, spans: Sequence[Span], marks: Mapping[Place, Watermark | None]) -> list[dict[str, Any]]:
        """The spans with what became of them, each with how far event time has come there."""
        return [self._range(span, marks.get(span.place)) for span in spans]

    def _range(self, span: Span, mark: Watermark | None) -> dict[str, Any]:
        return {
            "topic": span.place.topic,
            "partition": span.place.partition,
            "from": span.start,
            "to": span.end,
            "absent": span.absent,
            **self._counts.get(span.place, {}),
            "watermark": None if mark is None else mark.at_micros,
        }
