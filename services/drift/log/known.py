"""A labeler's slice as sums, or why it is none."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from schemas.profile import MICRO
from services.drift.log.refusal import LARGEST, MOST_ROWS, Refused, whole
from services.drift.log.seen import FARTHEST, confused, counted, no_confusion, sparse
from services.drift.log.shape import Shape
from services.drift.sums import DELAYS, SIXTEENTHS, Ints, Known

STATUSES = frozenset({"waiting", "matched", "expired", "revised", "matched_late", "duplicate"})
CLOSED = "closed"
"""Stands among the statuses for predictions answered for the first time (services.labeler.tables)."""


def nothing_known(shape: Shape) -> Known:
    """Sums of no rows."""
    return Known(
        rows=0, errors=0, estimate_sum=0, cells=np.zeros((shape.scores, len(shape.labels)), np.int64),
        parts=np.zeros((SIXTEENTHS, 2), np.int64), error_sum=0, absolute_error_sum=0, square_error_sum=0,
        statuses=Counter(), closed=0, excluded=0, delays=np.zeros(DELAYS, np.int64), confusion=no_confusion(shape),
    )  # fmt: skip


def known_of(piece: Mapping[str, Any], shape: Shape) -> Known:
    """The sums of a slice: what was added less what was taken back. Raises Refused."""
    added, retracted = (_matched(piece[part], shape) for part in ("added", "retracted"))
    statuses = Counter({name: whole(count) for name, count in piece["statuses"].items()})
    closed = statuses.pop(CLOSED, 0)
    counted(statuses, STATUSES, LARGEST)
    return replace(
        _less(added, retracted),
        statuses=statuses,
        closed=closed,
        excluded=whole(piece["excluded"]),
        delays=sparse(piece["delay_bins"], piece["delay_counts"], DELAYS),
        by_delay=_by_delay(piece),
    )


def _by_delay(piece: Mapping[str, Any]) -> Ints:
    """Labels and wrong decisions by delay; none where the labeler did not count the latter. Raises Refused."""
    bins, counts, errors = (piece[name] for name in ("delay_bins", "delay_counts", "delay_errors"))
    found = np.zeros((DELAYS, 2), np.int64)
    if errors:
        found[:, 0], found[:, 1] = sparse(bins, counts, DELAYS), sparse(bins, errors, DELAYS)
    if (found[:, 1] > found[:, 0]).any():
        raise Refused("counts", "found more wrong decisions than labels of a delay")
    return found


def _less(one: Known, other: Known) -> Known:
    return replace(
        one,
        rows=one.rows - other.rows,
        errors=one.errors - other.errors,
        estimate_sum=one.estimate_sum - other.estimate_sum,
        cells=one.cells - other.cells,
        parts=one.parts - other.parts,
        error_sum=one.error_sum - other.error_sum,
        absolute_error_sum=one.absolute_error_sum - other.absolute_error_sum,
        square_error_sum=one.square_error_sum - other.square_error_sum,
        confusion=one.confusion - other.confusion,
    )


def _matched(said: Mapping[str, Any] | None, shape: Shape) -> Known:
    blank = nothing_known(shape)
    if said is None:
        return blank
    rows = whole(said["rows"], MOST_ROWS)
    errors = whole(said["errors"], rows)
    for cell in said["cells"]:
        label, score_bin = shape.labels.get(cell["label"]), cell["score_bin"]
        if label is None or not 0 <= score_bin < shape.scores:
            raise Refused("bins", "found a cell that the baseline does not know")
        blank.cells[score_bin, label] += whole(cell["rows"], rows)
    for part in said["sixteenths"]:
        if not 0 <= part["index"] < SIXTEENTHS:
            raise Refused("bins", f"found sixteenth {part['index']}")
        blank.parts[part["index"]] += whole(part["rows"], rows), whole(part["errors"], errors)
    if int(blank.cells.sum()) != rows or blank.parts.sum(axis=0).tolist() != [rows, errors]:
        raise Refused("counts", f"found cells and sixteenths that do not add up to {rows} rows, {errors} errors")
    confusion = confused(said["confusion_places"], said["confusion_rows"], shape)
    right = int(confusion.trace())
    if right > rows - errors or int(confusion.sum()) - right > errors:
        raise Refused("counts", f"found a confusion of more than {rows} rows, {errors} errors")
    farthest = rows * FARTHEST * MICRO
    return replace(
        blank,
        rows=rows,
        errors=errors,
        estimate_sum=whole(said["estimate_sum"], rows * MICRO),
        error_sum=whole(said["error_sum"], farthest, least=-farthest),
        absolute_error_sum=whole(said["absolute_error_sum"], farthest),
        square_error_sum=whole(said["square_error_sum"], farthest * FARTHEST),
        confusion=confusion,
    )


def settled(known: Known) -> Known:
    """The sums as they can be: rows taken back that this log never saw added leave nothing behind.

    No count stands below zero, no errors above their rows: where a right row was taken back from among wrong ones, the
    tables of labels alone do not show it.
    """
    cells, parts = np.maximum(known.cells, 0), np.maximum(known.parts, 0)
    rows = int(cells.sum())
    return replace(
        known,
        rows=rows,
        errors=min(rows, max(0, known.errors)),
        cells=cells,
        parts=np.stack([parts[:, 0], parts.min(axis=1)], axis=1),
        estimate_sum=min(rows * MICRO, max(0, known.estimate_sum)),
        absolute_error_sum=max(0, known.absolute_error_sum),
        square_error_sum=max(0, known.square_error_sum),
        confusion=np.maximum(known.confusion, 0),
    )
