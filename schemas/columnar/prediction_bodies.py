"""Bodies of prediction.v1 read for all rows at once, field after field."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from schemas.columnar.contract import cut_ids
from schemas.columnar.moves import branches, doubles, nullable_double, texts
from schemas.columnar.prediction_columns import UNKNOWN, PredictionColumns, blank
from schemas.columnar.stretches import Coded, Stretch
from schemas.columnar.words import Segments, Words, blocks_in, decision_in, merged, texts_in
from schemas.columns import fault
from schemas.prediction import MODES
from schemas.walk import BAD_VALUE, Longs, Walk

TRAILING = fault("trailing_bytes")
WORD = 8
WIDE, HALF = 1 << 32, 1 << 31
"""A partition, negative ones too, as the low bits of a name."""
V = TypeVar("V")


class Bodies:
    """Reads bodies; `places` are the decisions there are, () for none."""

    def __init__(self, places: Mapping[tuple[str, ...], int]) -> None:
        self._places = places
        self._who, self._topic = Stretch(_texts(4)), Stretch(_texts(1))
        self._decision = Stretch(_decision)
        self._reasons = Stretch(lambda walk: texts(walk, 1))
        self._segments = Stretch(lambda walk: texts(walk, 2))

    def read(self, walk: Walk) -> PredictionColumns:
        """Read every row; one that breaks has its fault."""
        out = blank(len(walk.at))
        starts, sizes = walk.text(None)
        out.times, out.buckets, _ = walk.long(None), walk.long(None), walk.long(None)
        who = self._who.read(walk)
        out.modes = walk.index(len(MODES), None).astype(np.int8)
        out.scores = nullable_double(walk)
        doubles(walk)
        decision = self._decision.read(walk)
        out.estimates = nullable_double(walk)
        reasons = self._reasons.read(walk)
        _out_of_distribution(walk)
        segments = self._segments.read(walk)
        topic, partitions = self._topic.read(walk), walk.short(None)
        out.sources = walk.long(None)
        walk.fail(walk.at != walk.end, TRAILING)
        _values(walk, reasons, lambda value: blocks_in(value, 1))
        _put_words(walk, out, (who, topic), partitions)
        _put_segments(walk, out, segments)
        self._put_decisions(walk, out, decision)
        out.ids, out.faults = cut_ids(walk, starts, sizes), walk.faults
        return out

    def _put_decisions(self, walk: Walk, out: PredictionColumns, coded: Coded) -> None:
        said = _values(walk, coded, decision_in)
        table = [UNKNOWN if one is None else self._places.get(one, UNKNOWN) for one in said]
        out.decisions = np.array([*table, UNKNOWN], dtype=np.int16)[coded[0]]


def _texts(count: int) -> Callable[[Walk], None]:
    def move(walk: Walk) -> None:
        for _ in range(count):
            walk.text(None)

    return move


def _decision(walk: Walk) -> None:
    for place, on in branches(walk, 2):
        if place:
            walk.text(on)


def _out_of_distribution(walk: Walk) -> None:
    for place, on in branches(walk, 2):
        if place:
            walk.advance(WORD, on)
            walk.boolean(on)


def _values(walk: Walk, coded: Coded, decode: Callable[[bytes], V | None]) -> list[V | None]:
    """The different values of a stretch, decoded; one that is not UTF-8 is a bad value of its rows."""
    codes, found = coded
    values = [decode(one) for one in found]
    if None in values:
        strange = [code for code, value in enumerate(values) if value is None]
        walk.fail(np.isin(codes, strange), BAD_VALUE)
    return values


def _put_words(walk: Walk, out: PredictionColumns, coded: tuple[Coded, Coded], partitions: Longs) -> None:
    (whose, _), (topics, _) = coded
    who = _values(walk, coded[0], lambda value: texts_in(value, 4))
    where = _values(walk, coded[1], lambda value: texts_in(value, 1))
    rows = np.flatnonzero(walk.faults == 0)
    names = (whose[rows].astype(np.int64) * len(where) + topics[rows]) * WIDE + partitions[rows] + HALF
    different, codes = np.unique(names, return_inverse=True)
    sets: list[Words] = []
    for name in different.tolist():
        one, topic = who[name // WIDE // len(where)], where[name // WIDE % len(where)]
        if one is not None and topic is not None:  # of a row that is whole neither is
            sets.append((one[1], one[2], one[3], topic[0], name % WIDE - HALF))
    known: dict[Words, int] = {}
    out.words[rows] = merged(codes, sets, known)
    out.word_sets = list(known)


def _put_segments(walk: Walk, out: PredictionColumns, coded: Coded) -> None:
    found = _values(walk, coded, lambda value: blocks_in(value, 2))
    rows = np.flatnonzero(walk.faults == 0)
    kept, codes = np.unique(coded[0][rows], return_inverse=True)
    said = [found[code] or () for code in kept.tolist()]
    sets: list[Segments] = [tuple(dict(zip(one[::2], one[1::2], strict=True)).items()) for one in said]
    known: dict[Segments, int] = {}
    out.segments[rows] = merged(codes, sets, known)
    out.segment_sets = list(known)
