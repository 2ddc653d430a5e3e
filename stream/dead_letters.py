"""Dead letters: the original bytes with a note of why and where, or a reference where the bytes are too many."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stream.records import Batch, Headers, Writes

MAX_TEXT_BYTES = 1024
OVERHEAD_BYTES = 65_536


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Who sets records aside, and where to; what is larger than `max_bytes` goes by reference."""

    topic: str
    group: str
    service: str
    service_version: str
    max_bytes: int = 1_114_112

    def letters(self, batch: Batch, rows: Sequence[int], *, stage: str, why: Mapping[int, tuple[str, str]]) -> Writes:
        """The dead letters of `rows`; `why` gives each one's reason code with a sentence without feature values."""
        written = [self._letter(batch, row, stage, *why[row]) for row in rows]
        return Writes(
            topic=self.topic,
            values=[value for value, _ in written],
            keys=[batch.keys[row] for row in rows],
            partitions=[int(batch.partitions[row]) for row in rows],
            headers=[headers for _, headers in written],
        )

    def _letter(self, batch: Batch, row: int, stage: str, reason: str, message: str) -> tuple[bytes | None, Headers]:
        value, original = batch.values[row], batch.headers(row) or ()
        note = self._note(batch, row, {"stage": stage, "reason": reason, "message": message})
        size = len(value or b"") + len(batch.keys[row] or b"") + sum(len(n) + len(v or b"") for n, v in original)
        if size + OVERHEAD_BYTES // 2 <= self.max_bytes:
            return value, [*original, *note]
        reference = {
            "reference": "offset",
            "size": str(size),
            "sha256": hashlib.sha256(value or b"").hexdigest(),
        }
        return None, [*note, *_headers(reference)]

    def _note(self, batch: Batch, row: int, why: Mapping[str, str]) -> Headers:
        said = {
            "topic": batch.topics[row],
            "partition": str(int(batch.partitions[row])),
            "offset": str(int(batch.offsets[row])),
            "timestamp": str(int(batch.timestamps[row])),
            "group": self.group,
            "service": self.service,
            "service_version": self.service_version,
            "attempt": "1",
        }
        return _headers({**said, **why})


def _headers(said: Mapping[str, str]) -> list[tuple[str, bytes]]:
    return [(f"dlq.error.{name}", _short(text)) for name, text in said.items()]


def _short(text: str) -> bytes:
    """Text as UTF-8 of bounded length, cut between characters."""
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore").encode()
