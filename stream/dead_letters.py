"""Dead letters: the original bytes with a note of why and where, or a reference where the bytes are too many."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stream.records import Batch, Headers, Writes

MAX_TEXT_BYTES = 1024
OVERHEAD_BYTES = 65_536
REDRIVES, MOST_DIGITS = "dlq.redrives", 4
Letter = tuple[bytes | None, bytes | None, Headers]
"""A letter's value, key and headers."""


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
            values=[value for value, _, _ in written],
            keys=[key for _, key, _ in written],
            partitions=[int(batch.partitions[row]) for row in rows],
            headers=[headers for _, _, headers in written],
        )

    def _letter(self, batch: Batch, row: int, stage: str, reason: str, message: str) -> Letter:
        value, key, original = batch.values[row], batch.keys[row], batch.headers(row) or ()
        note = self._note(batch, row, {"stage": stage, "reason": reason, "message": message})
        if row in batch.broken:
            return None, None, [*note, *_headers({"reference": "offset"})]
        if _size(value, key, original) + OVERHEAD_BYTES // 2 <= self.max_bytes:
            return value, key, [*original, *note]
        reference = {
            "reference": "offset",
            "size": str(len(value or b"")),
            "sha256": hashlib.sha256(value or b"").hexdigest(),
        }
        fits = len(key or b"") + OVERHEAD_BYTES // 2 <= self.max_bytes
        return None, key if fits else None, [*note, *_headers(reference)]

    def _note(self, batch: Batch, row: int, why: Mapping[str, str]) -> Headers:
        said = {
            "topic": batch.topics[row],
            "partition": str(int(batch.partitions[row])),
            "offset": str(int(batch.offsets[row])),
            "timestamp": str(int(batch.timestamps[row])),
            "group": self.group,
            "service": self.service,
            "service_version": self.service_version,
            "attempt": str(1 + redrives_of(batch.headers(row) or ())),
        }
        return _headers({**said, **why})


def redrives_of(headers: Headers) -> int:
    """How often a record was redriven already, by its last header of that name; anything else than a count is 0.

    >>> redrives_of([("dlq.redrives", b"2")])
    2
    """
    said = [value or b"" for name, value in headers if name == REDRIVES]
    return int(said[-1]) if said and said[-1].isdigit() and len(said[-1]) <= MOST_DIGITS else 0


def _size(value: bytes | None, key: bytes | None, headers: Headers) -> int:
    """The most bytes that a record takes on the wire: each header's two lengths may take five bytes each."""
    extra = sum(len(name.encode()) + len(content or b"") + 10 for name, content in headers)
    return len(value or b"") + len(key or b"") + extra


def _headers(said: Mapping[str, str]) -> list[tuple[str, bytes]]:
    return [(f"dlq.error.{name}", _short(text)) for name, text in said.items()]


def _short(text: str) -> bytes:
    """Text as UTF-8 of bounded length, cut between characters."""
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore").encode()
