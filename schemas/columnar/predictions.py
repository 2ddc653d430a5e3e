"""The reader of a topic of predictions."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.columnar.contract import ContractReader, Record, judge_ids
from schemas.columnar.prediction_bodies import Bodies
from schemas.columnar.prediction_columns import UNKNOWN, PredictionColumns, blank
from schemas.columnar.words import Segments, Words, merged
from schemas.frames import MOST_VALUE_BYTES, fail
from schemas.prediction import MODES
from schemas.source import SchemaSource
from schemas.walk import BAD_VALUE, Walk

FARTHEST = (1 << 31) - 1


def prediction_reader(
    source: SchemaSource, *, classes: Sequence[str], most_bytes: int = MOST_VALUE_BYTES
) -> ContractReader[PredictionColumns]:
    """The reader of a topic of predictions, whose decisions are `classes`; none where the model has no decisions."""
    return ContractReader(_Form(classes), source, most_bytes)


class _Form:
    """What is special to predictions."""

    contract = "prediction"
    times: tuple[str, ...] = ("event_time", "bucket", "scored_at")

    def __init__(self, classes: Sequence[str]) -> None:
        self._places: dict[tuple[str, ...], int] = {(): -1, **{(name,): at for at, name in enumerate(classes)}}
        self._bodies = Bodies(self._places)

    def blank(self, rows: int) -> PredictionColumns:
        """Rows of which nothing is known yet."""
        return blank(rows)

    def place(self, out: PredictionColumns, found: PredictionColumns, rows: NDArray[np.int64]) -> None:
        """Put the rows of `found`, in their order, at `rows` of `out`."""
        out.place(found, rows)

    def walk(self, walk: Walk) -> PredictionColumns:
        """Read bodies of prediction.v1."""
        return _judged(self._bodies.read(walk))

    def collect(self, records: Sequence[Record]) -> PredictionColumns:
        """The same of decoded records."""
        out = blank(len(records))
        out.ids = [str(record["event_id"]).encode() for record in records]
        for row, record in enumerate(records):
            out.times[row], out.buckets[row] = record["event_time"], record["bucket"]
            out.modes[row] = MODES.index(record["mode"])
            out.scores[row], out.estimates[row] = (_number(record[name]) for name in ("score", "estimate"))
            said = record["decision"]
            out.decisions[row] = self._places.get(() if said is None else (said,), UNKNOWN)
            out.sources[row] = record["source"]["offset"]
        words, segments = [_words(record) for record in records], [_segments(record) for record in records]
        every, known, sets = np.arange(len(records)), dict[Words, int](), dict[Segments, int]()
        out.words, out.segments = merged(every, words, known), merged(every, segments, sets)
        out.word_sets, out.segment_sets = list(known), list(sets)
        return _judged(out)


def _number(value: float | None) -> float:
    """NaN is null; what is not finite is infinite."""
    if value is None:
        return math.nan
    return value if math.isfinite(value) else math.inf


def _words(record: Record) -> Words:
    source = record["source"]
    return record["model_version"], record["bundle_digest"], record["arm"], source["topic"], source["partition"]


def _segments(record: Record) -> Segments:
    return tuple(record["segments"].items())


def _judged(out: PredictionColumns) -> PredictionColumns:
    """The columns, with rows made faulty that hold what no scorer writes."""
    judge_ids(out)
    outside = [not 0 <= partition <= FARTHEST for *_, partition in out.word_sets]
    wrong = {
        "the decision is none of the contract's classes": out.decisions == UNKNOWN,
        "the source's partition or offset is negative or too large": (out.sources < 0)
        | np.array([*outside, False])[out.words],
        "a score or an estimate is not finite": np.isinf(out.scores) | np.isinf(out.estimates),
    }
    for words, bad in wrong.items():
        rows = np.flatnonzero(bad & (out.faults == 0))
        if len(rows):
            fail(out, rows, BAD_VALUE, words)
    broken = np.flatnonzero(out.faults)
    if len(broken):
        out.clear(broken)
    return out
