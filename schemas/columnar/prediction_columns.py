"""A batch of predictions as columns, as far as a labeler needs them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schemas.columnar.words import Segments, Words, merged
from schemas.prediction import MODES

UNKNOWN = -2
"""A decision that is none of the classes, until the row is judged."""
REJECTED = MODES.index("rejected")
PLAIN = ("times", "buckets", "modes", "scores", "estimates", "decisions", "sources", "faults")
"""The columns whose values mean the same in every batch."""


@dataclass
class PredictionColumns:
    """n predictions: ids (UTF-8), times and buckets (int64 µs UTC), modes (int8, into schemas.prediction.MODES).

    scores, estimates: float64, NaN is null. decisions: int16, an index into the classes given, -1 is null. words,
    segments: int32, into word_sets and segment_sets. sources: int64, the event's own offset. faults: int16, into
    FAULTS; a faulted row has no id, times 0, mode rejected, NaN and -1 elsewhere. `details` says more about some
    faults, by row. `waiting` rows are to be read again: their schema cannot be asked for now.
    """

    ids: list[bytes]
    times: NDArray[np.int64]
    buckets: NDArray[np.int64]
    modes: NDArray[np.int8]
    scores: NDArray[np.float64]
    estimates: NDArray[np.float64]
    decisions: NDArray[np.int16]
    words: NDArray[np.int32]
    segments: NDArray[np.int32]
    sources: NDArray[np.int64]
    faults: NDArray[np.int16]
    waiting: NDArray[np.bool_]
    word_sets: list[Words] = field(default_factory=list)
    segment_sets: list[Segments] = field(default_factory=list)
    details: dict[int, str] = field(default_factory=dict)

    def place(self, other: "PredictionColumns", rows: NDArray[np.int64]) -> None:
        """Put the rows of `other`, in their order, at `rows` of this batch."""
        for name in PLAIN:
            getattr(self, name)[rows] = getattr(other, name)
        words = {one: code for code, one in enumerate(self.word_sets)}
        segments = {one: code for code, one in enumerate(self.segment_sets)}
        self.words[rows] = merged(other.words, other.word_sets, words)
        self.segments[rows] = merged(other.segments, other.segment_sets, segments)
        self.word_sets, self.segment_sets = list(words), list(segments)
        places = rows.tolist()
        for place, one in zip(places, other.ids, strict=True):
            self.ids[place] = one
        self.details.update({places[row]: text for row, text in other.details.items()})

    def clear(self, rows: NDArray[np.int64]) -> None:
        """Forget what the faulted `rows` hold."""
        self.times[rows] = self.buckets[rows] = 0
        self.modes[rows] = REJECTED
        self.scores[rows] = self.estimates[rows] = np.nan
        self.decisions[rows] = self.words[rows] = self.segments[rows] = self.sources[rows] = -1
        for row in rows.tolist():
            self.ids[row] = b""


def blank(rows: int) -> PredictionColumns:
    """Rows of which nothing is known yet."""
    return PredictionColumns(
        ids=[b""] * rows,
        times=np.zeros(rows, dtype=np.int64),
        buckets=np.zeros(rows, dtype=np.int64),
        modes=np.full(rows, REJECTED, dtype=np.int8),
        scores=np.full(rows, np.nan),
        estimates=np.full(rows, np.nan),
        decisions=np.full(rows, -1, dtype=np.int16),
        words=np.full(rows, -1, dtype=np.int32),
        segments=np.full(rows, -1, dtype=np.int32),
        sources=np.full(rows, -1, dtype=np.int64),
        faults=np.zeros(rows, dtype=np.int16),
        waiting=np.zeros(rows, dtype=np.bool_),
    )
