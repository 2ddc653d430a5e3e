"""Predictions as Kafka values: a batch of columns encoded at once, byte for byte as fastavro would."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from schemas.compiled_pieces import Writer
from schemas.pieces import (
    Piece,
    assemble,
    constant,
    double_arrays,
    flagged_doubles,
    nullable_doubles,
    table,
    texts,
    varints,
)
from schemas.varints import write_long, write_map, write_text, write_texts

MODES: tuple[str, ...] = ("scored", "fallback", "prior", "rejected")
"""The symbols of prediction.v1's Mode, in its order."""

LONGEST_PIECE = 256
"""Bytes of an id, a reason set or a segment set above which a row is written on its own."""
LARGEST = 1 << 54
"""Times and offsets from here on are written on their own as well: their varints take over eight bytes."""


@dataclass(frozen=True, kw_only=True)
class PredictionBatch:
    """n predictions of one model version and arm, from one input topic.

    ids: UTF-8. times, buckets: int64 microseconds UTC, as is scored_at, one for all. modes: index into MODES.
    scores, estimates, ood: float64, NaN is null. class_scores: (n, k), an all-NaN row is empty, None is all.
    decisions: index into decision_names, -1 is null. reasons, segments: index into reason_sets, segment_sets.
    """

    ids: list[bytes]
    times: NDArray[np.int64]
    buckets: NDArray[np.int64]
    scored_at: int
    model: str
    model_version: str
    bundle_digest: str
    arm: str
    topic: str
    modes: NDArray[np.integer]
    scores: NDArray[np.float64]
    class_scores: NDArray[np.float64] | None
    decisions: NDArray[np.integer]
    decision_names: tuple[str, ...]
    estimates: NDArray[np.float64]
    reasons: NDArray[np.integer]
    reason_sets: tuple[tuple[str, ...], ...]
    ood: NDArray[np.float64]
    ood_flags: NDArray[np.bool_]
    segments: NDArray[np.integer]
    segment_sets: tuple[tuple[tuple[str, str], ...], ...]
    partitions: NDArray[np.integer]
    offsets: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "PredictionBatch":
        """The predictions at `rows`."""
        columns = {one.name: getattr(self, one.name) for one in fields(self)}
        picked: dict[str, Any] = {name: one[rows] for name, one in columns.items() if isinstance(one, np.ndarray)}
        return replace(self, ids=[self.ids[row] for row in rows.tolist()], **picked)


@dataclass(frozen=True)
class _Words:
    """The encoded reason sets, segment sets and decisions of a batch."""

    reasons: list[bytes]
    segments: list[bytes]
    decisions: list[bytes]


def encode(batch: PredictionBatch, prefix: bytes) -> list[bytes]:
    """Write every prediction as `prefix` and a body of prediction.v1, byte for byte what fastavro writes."""
    words = _Words(
        [write_texts(one) for one in batch.reason_sets],
        [write_map(one) for one in batch.segment_sets],
        [b"\0", *(b"\2" + write_text(name) for name in batch.decision_names)],
    )
    return _by_columns(batch, words, prefix) if compiled is None else _compiled(batch, words, prefix)


def _compiled(batch: PredictionBatch, words: _Words, prefix: bytes) -> list[bytes]:
    """All rows at once, whatever their length."""
    out = Writer(len(batch.ids))
    out.constant(prefix)
    out.texts(batch.ids)
    out.longs(batch.times)
    out.longs(batch.buckets)
    out.constant(_head(batch))
    out.byte((batch.modes << 1).astype(np.uint8))
    out.doubles(batch.scores)
    out.double_arrays(batch.class_scores)
    out.picked(words.decisions, batch.decisions + 1)
    out.doubles(batch.estimates)
    out.picked(words.reasons, batch.reasons)
    out.flagged_doubles(batch.ood, batch.ood_flags)
    out.picked(words.segments, batch.segments)
    out.constant(write_text(batch.topic))
    out.longs(batch.partitions)
    out.longs(batch.offsets)
    return out.written()


def _by_columns(batch: PredictionBatch, words: _Words, prefix: bytes) -> list[bytes]:
    """All rows at once, but those with something long on their own."""
    alone = _alone(batch, words)
    if not alone.any():
        return _together(batch, words, prefix)
    written = [b""] * len(batch.ids)
    rows = np.flatnonzero(~alone)
    for row, value in zip(rows.tolist(), _together(batch.take(rows), words, prefix), strict=True):
        written[row] = value
    for row in np.flatnonzero(alone).tolist():
        written[row] = _by_itself(batch, words, prefix, row)
    return written


def _alone(batch: PredictionBatch, words: _Words) -> NDArray[np.bool_]:
    """Which rows hold something so long that padding every other row to it would be wasteful."""
    long = np.fromiter(map(len, batch.ids), dtype=np.int64, count=len(batch.ids)) > LONGEST_PIECE
    for encoded, places in ((words.reasons, batch.reasons), (words.segments, batch.segments)):
        sizes = np.array([len(one) for one in encoded], dtype=np.int64)
        long |= sizes[places] > LONGEST_PIECE
    for column in (batch.times, batch.buckets, batch.offsets):
        long |= (column >= LARGEST) | (column <= -LARGEST)
    return long


def _short(words: list[bytes]) -> list[bytes]:
    return [one if len(one) <= LONGEST_PIECE else b"" for one in words]


def _together(batch: PredictionBatch, words: _Words, prefix: bytes) -> list[bytes]:
    pieces = [
        *([constant(prefix)] if prefix else []),
        texts(batch.ids),
        varints(batch.times),
        varints(batch.buckets),
        constant(_head(batch)),
        Piece((batch.modes.astype(np.int8) << 1).astype(np.uint8), 1),
        nullable_doubles(batch.scores),
        constant(b"\0") if batch.class_scores is None else double_arrays(batch.class_scores),
        table(words.decisions).pick(batch.decisions + 1),
        nullable_doubles(batch.estimates),
        table(_short(words.reasons)).pick(batch.reasons),
        flagged_doubles(batch.ood, batch.ood_flags),
        table(_short(words.segments)).pick(batch.segments),
        constant(write_text(batch.topic)),
        varints(batch.partitions),
        varints(batch.offsets),
    ]
    return assemble(pieces, len(batch.ids))


def _head(batch: PredictionBatch) -> bytes:
    said = (batch.model, batch.model_version, batch.bundle_digest, batch.arm)
    return write_long(batch.scored_at) + b"".join(map(write_text, said))


def _by_itself(batch: PredictionBatch, words: _Words, prefix: bytes, row: int) -> bytes:
    """One row of any length."""
    one = batch.take(np.array([row], dtype=np.int64))
    scores = b"\0" if one.class_scores is None else _cut(double_arrays(one.class_scores))
    return b"".join(
        (
            prefix,
            write_long(len(one.ids[0])) + one.ids[0],
            write_long(int(one.times[0])) + write_long(int(one.buckets[0])) + _head(batch),
            write_long(int(one.modes[0])) + _cut(nullable_doubles(one.scores)) + scores,
            words.decisions[int(one.decisions[0]) + 1] + _cut(nullable_doubles(one.estimates)),
            words.reasons[int(one.reasons[0])] + _cut(flagged_doubles(one.ood, one.ood_flags)),
            words.segments[int(one.segments[0])] + write_text(batch.topic),
            write_long(int(one.partitions[0])) + write_long(int(one.offsets[0])),
        )
    )


def _cut(piece: Piece) -> bytes:
    """The bytes that count of a piece of one row."""
    sizes = np.broadcast_to(piece.sizes, 1)
    return piece.content.tobytes()[: int(sizes[0])]
