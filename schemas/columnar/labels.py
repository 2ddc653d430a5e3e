"""The reader of a topic of labels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.columnar.contract import ContractReader, Record, cut_ids, judge_ids
from schemas.columnar.label_columns import LabelColumns, blank
from schemas.columnar.moves import branches
from schemas.columnar.truths import BOOLEAN, DOUBLE, LONG, STRING, Task, Truths
from schemas.columns import fault
from schemas.frames import MOST_VALUE_BYTES, fail
from schemas.source import SchemaSource
from schemas.walk import BAD_VALUE, Walk

TRAILING = fault("trailing_bytes")
INT_LIMIT = 1 << 31


def label_reader(
    source: SchemaSource, *, task: Task, classes: Sequence[str] = (), most_bytes: int = MOST_VALUE_BYTES
) -> ContractReader[LabelColumns]:
    """The reader of a topic of labels; `classes` are the contract's, in its order, of a multiclass task."""
    return ContractReader(_Form(task, classes), source, most_bytes)


class _Form:
    """What is special to labels."""

    contract = "label"
    times: tuple[str, ...] = ("labelled_at",)

    def __init__(self, task: Task, classes: Sequence[str]) -> None:
        self._task, self._classes = task, tuple(classes)

    def blank(self, rows: int) -> LabelColumns:
        """Rows of which nothing is known yet."""
        return blank(rows)

    def place(self, out: LabelColumns, found: LabelColumns, rows: NDArray[np.int64]) -> None:
        """Put the rows of `found`, in their order, at `rows` of `out`."""
        out.place(found, rows)

    def walk(self, walk: Walk) -> LabelColumns:
        """Read label.v1: an id, the truth, when it was known, its revision."""
        span = walk.text(None)
        truths = Truths(len(walk.at))
        for kind, on in branches(walk, 5):
            _read_truth(walk, truths, kind, on)
        out = blank(len(walk.at))
        out.times, revisions = walk.long(None), walk.short(None)
        walk.fail(walk.at != walk.end, TRAILING)
        out.ids, out.faults = cut_ids(walk, *span), walk.faults
        return self._judged(out, truths, revisions)

    def collect(self, records: Sequence[Record]) -> LabelColumns:
        """The same of decoded records."""
        out, truths = blank(len(records)), Truths(len(records))
        out.ids = [str(record["event_id"]).encode() for record in records]
        out.times[:] = [record["labelled_at"] for record in records]
        for row, record in enumerate(records):
            truths.put(row, record["label"])
        revisions = np.array([record["revision"] for record in records], dtype=np.int64)
        return self._judged(out, truths, revisions)

    def _judged(self, out: LabelColumns, truths: Truths, revisions: NDArray[np.int64]) -> LabelColumns:
        judge_ids(out)
        wrong = (out.faults == 0) & ((revisions < 0) | (revisions >= INT_LIMIT))
        early = (out.faults == 0) & ~wrong & (out.times < 0)
        for bad, words in ((wrong, "the revision is negative or too large"), (early, "labelled_at is before 1970")):
            if bad.any():
                fail(out, np.flatnonzero(bad), BAD_VALUE, words)
        out.values = truths.coded(out, self._task, self._classes)
        out.revisions = revisions.astype(np.int32)
        broken = np.flatnonzero(out.faults)
        if len(broken):
            out.clear(broken)
        return out


def _read_truth(walk: Walk, truths: Truths, kind: int, on: NDArray[np.bool_] | None) -> None:
    """Read the truths of the rows of `on`, which are of one kind."""
    at = slice(None) if on is None else on
    truths.kinds[at] = kind
    if kind == BOOLEAN:
        truths.longs[at] = walk.boolean(on)[at]
    elif kind == LONG:
        truths.longs[at] = walk.long(on)[at]
    elif kind == DOUBLE:
        truths.doubles[at] = walk.number("<f8", on)[at]
    elif kind == STRING:
        starts, sizes = walk.text(on)
        truths.put_texts(walk, starts, sizes, on)
