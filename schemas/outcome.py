"""Outcomes as Kafka values: a batch of columns encoded at once, byte for byte as fastavro would."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from schemas.pieces import Piece, Table, assemble, constant, nullable_doubles, table, texts, varints
from schemas.prediction import LARGEST, LONGEST_PIECE
from schemas.varints import write_long, write_map, write_text

STATUSES: tuple[str, ...] = ("matched", "expired", "revised", "matched_late", "duplicate", "unknown")
"""The symbols of outcome.v1's Status, in its order."""
BOOLEANS = ("false", "true")
NULL, SOME = b"\0", b"\2"
BOOLEAN, DOUBLE, STRING = b"\2", 3, b"\x08"
"""The branches of a label's union: as they are written, and one by its number."""
FARTHEST = (1 << 63) - 1


@dataclass(frozen=True, kw_only=True)
class OutcomeBatch:
    """n outcomes of one model.

    ids: UTF-8. times, buckets, labelled_at: int64 microseconds UTC, as is joined_at, one for all. modes, statuses:
    index into schemas.prediction.MODES and STATUSES. scores, estimates: float64, NaN is null. decisions: index into
    decision_names, -1 is null. labels: float64, NaN is none, which is null in everything about the label; binary 0 or
    1, multiclass an index into label_names, regression the number. words: index into word_sets, each (model_version,
    bundle_digest, arm, source topic, source partition). segments: index into segment_sets. partitions: the pair's.
    offsets, sources, label_offsets: int64, of the prediction, the event and the label, where -1 is none.
    """

    ids: list[bytes]
    times: NDArray[np.int64]
    buckets: NDArray[np.int64]
    modes: NDArray[np.integer]
    scores: NDArray[np.float64]
    estimates: NDArray[np.float64]
    decisions: NDArray[np.integer]
    decision_names: tuple[str, ...]
    statuses: NDArray[np.integer]
    seqs: NDArray[np.integer]
    task: Literal["binary", "multiclass", "regression"]
    labels: NDArray[np.float64]
    label_names: tuple[str, ...]
    labelled_at: NDArray[np.int64]
    revisions: NDArray[np.integer]
    joined_at: int
    model: str
    words: NDArray[np.integer]
    word_sets: Sequence[tuple[str, str, str, str, int]]
    segments: NDArray[np.integer]
    segment_sets: Sequence[tuple[tuple[str, str], ...]]
    predictions_topic: str
    labels_topic: str
    partitions: NDArray[np.integer]
    offsets: NDArray[np.int64]
    sources: NDArray[np.int64]
    label_offsets: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "OutcomeBatch":
        """The outcomes at `rows`."""
        columns = {one.name: getattr(self, one.name) for one in fields(self)}
        picked: dict[str, Any] = {name: one[rows] for name, one in columns.items() if isinstance(one, np.ndarray)}
        return replace(self, ids=[self.ids[row] for row in rows.tolist()], **picked)

    @property
    def delays(self) -> NDArray[np.int64]:
        """labelled_at - event time, µs; one that int64 cannot hold is the farthest it can."""
        found = self.labelled_at - self.times
        far = ((self.labelled_at ^ self.times) & (self.labelled_at ^ found)) < 0
        return np.where(far, np.where(self.labelled_at < 0, -FARTHEST - 1, FARTHEST), found)

    @property
    def correct(self) -> NDArray[np.int8]:
        """1 where the decision is the label, 0 where it is another, -1 where there is none to compare."""
        names = BOOLEANS if self.task == "binary" else self.label_names
        places = [names.index(name) if name in names else len(names) for name in self.decision_names]
        same = np.array([*places, -1])[self.decisions] == self.labels
        compared = (self.decisions >= 0) & ~np.isnan(self.labels) & (self.task != "regression")
        return np.where(compared, same, -1).astype(np.int8)


def encode(batch: OutcomeBatch, prefix: bytes) -> list[bytes]:
    """Write every outcome as `prefix` and a body of outcome.v1, byte for byte what fastavro writes."""
    alone = _alone(batch)
    if not alone.any():
        return _together(batch, prefix)
    written = [b""] * len(batch.ids)
    rows = np.flatnonzero(~alone)
    for row, value in zip(rows.tolist(), _together(batch.take(rows), prefix), strict=True):
        written[row] = value
    for row in np.flatnonzero(alone).tolist():
        (written[row],) = _together(batch.take(np.array([row])), prefix)
    return written


def _alone(batch: OutcomeBatch) -> NDArray[np.bool_]:
    """Which rows hold something so long that padding every other row to it would be wasteful."""
    long = np.fromiter(map(len, batch.ids), dtype=np.int64, count=len(batch.ids)) > LONGEST_PIECE
    refers = ((_words(batch), batch.words), (_sources(batch), batch.words), (_segments(batch), batch.segments))
    for sets, places in refers:
        sizes = np.array([len(one) for one in sets], dtype=np.int64)
        long |= sizes[places] > LONGEST_PIECE
    numbers = ("times", "buckets", "labelled_at", "delays", "offsets", "sources", "label_offsets")
    for column in (getattr(batch, name) for name in numbers):
        long |= (column >= LARGEST) | (column <= -LARGEST)
    return long


def _words(batch: OutcomeBatch) -> list[bytes]:
    return [b"".join(map(write_text, words[:3])) for words in batch.word_sets]


def _sources(batch: OutcomeBatch) -> list[bytes]:
    return [write_text(topic) + write_long(partition) for *_, topic, partition in batch.word_sets]


def _segments(batch: OutcomeBatch) -> list[bytes]:
    return [write_map(one) for one in batch.segment_sets]


def _together(batch: OutcomeBatch, prefix: bytes) -> list[bytes]:
    """Rows of which all are short, or which is one."""
    has, found = ~np.isnan(batch.labels), batch.label_offsets >= 0
    pieces = [
        *([constant(prefix)] if prefix else []),
        texts(batch.ids),
        constant(write_text(batch.model)),
        _pick(_words(batch), batch.words),
        _small(batch.modes),
        *(_numbers(batch.times), _numbers(batch.buckets)),
        nullable_doubles(batch.scores),
        table([NULL, *(SOME + write_text(name) for name in batch.decision_names)]).pick(batch.decisions + 1),
        nullable_doubles(batch.estimates),
        _pick(_segments(batch), batch.segments),
        _small(batch.statuses),
        _numbers(batch.seqs),
        _labels(batch),
        *_where(has, batch.revisions, batch.labelled_at),
        *_where(has, batch.delays),
        table([NULL, SOME + b"\0", SOME + b"\1"]).pick(batch.correct + 1),
        constant(write_long(batch.joined_at)),
        *(_pick(_sources(batch), batch.words), _numbers(batch.sources)),
        constant(write_text(batch.predictions_topic)),
        *(_numbers(batch.partitions), _numbers(batch.offsets)),
        table([NULL, SOME + write_text(batch.labels_topic)]).pick(found.astype(np.int8)),
        *(_only(found, _numbers(column)) for column in (batch.partitions, batch.label_offsets)),
    ]
    return assemble(pieces, len(batch.ids))


def _pick(values: list[bytes], places: NDArray[np.integer]) -> Piece:
    """A piece of values that rows refer to; of one row it is that row's value, however long the others are."""
    if len(places) == 1:
        return constant(values[int(places[0])])
    short: Table = table([one if len(one) <= LONGEST_PIECE else b"" for one in values])
    return short.pick(places)


def _small(values: NDArray[np.integer]) -> Piece:
    """Whole numbers from 0 to 63."""
    return Piece((values.astype(np.int8) << 1).astype(np.uint8), 1)


def _numbers(values: NDArray[np.integer]) -> Piece:
    """Whole numbers below LARGEST, or of any size where all are one."""
    return constant(write_long(int(values[0]))) if len(values) and (values == values[0]).all() else varints(values)


def _only(rows: NDArray[np.bool_], piece: Piece) -> Piece:
    """The piece in some rows, nothing in the others."""
    return Piece(piece.content, np.where(rows, piece.sizes, 0))


def _where(rows: NDArray[np.bool_], *columns: NDArray[np.integer]) -> list[Piece]:
    """["null", a whole number] of each column, null except in some rows."""
    flags = Piece(rows.astype(np.uint8) << 1, 1)
    return [piece for column in columns for piece in (flags, _only(rows, _numbers(column)))]


def _labels(batch: OutcomeBatch) -> Piece:
    if batch.task == "regression":
        return nullable_doubles(batch.labels, DOUBLE)
    names = [STRING + write_text(name) for name in batch.label_names]
    said = [BOOLEAN + b"\0", BOOLEAN + b"\1"] if batch.task == "binary" else names
    return table([NULL, *said]).pick(np.nan_to_num(batch.labels, nan=-1).astype(np.int64) + 1)
