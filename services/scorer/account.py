"""The account of the open transaction: what became of each record, on its way into the profile."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.records import write_record
from services.scorer.kit import Kit
from services.scorer.profile import Seen, parts, slices, together
from stream.records import Place, Span, Writes
from stream.watermark import Watermark


class Account:
    """Counts a partition, reasons, scored rows; forgotten when the transaction ends."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._sequence = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._seen: list[Seen] = []
        self._counts: dict[Place, dict[str, int]] = {}
        self._reasons: dict[str, int] = {}

    def count(self, place: Place, what: str, amount: int) -> None:
        """So many records of `place` became `what`."""
        counts = self._counts.setdefault(place, {})
        counts[what] = counts.get(what, 0) + amount

    def reason(self, code: str, amount: int) -> None:
        """So many rows carry this reason."""
        self._reasons[code] = self._reasons.get(code, 0) + amount

    def saw(self, seen: Seen) -> None:
        """These rows were scored."""
        self._seen.append(seen)

    def ranges(self, spans: Sequence[Span], marks: Mapping[Place, Watermark | None]) -> list[dict[str, Any]]:
        """The spans with what became of them, as Avro records."""
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

    def profile(self, ranges: Sequence[Mapping[str, Any]]) -> Writes:
        """The transaction's profile, in as many parts as it needs; ranges and reasons stand in the first."""
        kit = self._kit
        pieces = slices(together(self._seen), kit.sizes, kit.named()) if self._seen else ()
        groups = parts(pieces, kit.settings.profile_bytes)
        head = self._head(len(groups))
        self._sequence += 1
        values = []
        for part, group in enumerate(groups):
            first = {"ranges": ranges, "reasons": self._reasons} if part == 0 else {"ranges": [], "reasons": {}}
            values.append(write_record("profile", {**head, "part": part, **first, "slices": group}, kit.profile_frame))
        return Writes(
            topic=kit.topics.profiles,
            values=values,
            keys=[kit.writer.encode()] * len(values),
            partitions=[0] * len(values),
        )

    def _head(self, count: int) -> dict[str, Any]:
        kit = self._kit
        return {
            "role": "scorer",
            "group": kit.topics.group,
            "arm": kit.settings.arm,
            "writer": kit.writer,
            "session": kit.session_name,
            "sequence": self._sequence,
            "parts": count,
            "model": kit.contract.model,
            "bucket_micros": kit.contract.bucket_micros,
            "written_at": time.time_ns() // 1000,
        }
