"""The slices of a transaction's profile: sums that do not depend on how rows were batched."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.profile import MICRO, Slice, fixed
from services.labeler.core import STATUSES
from services.labeler.tables import Naming, Owned, Rows, owned

LONGEST_BIN = 40
CALM = 1_000.0
CLOSED = "closed"
"""Stands among the statuses for predictions answered for the first time: what coverage is a share of."""
COUNTED = np.array([status in {"matched", "revised", "matched_late"} for status in STATUSES])
Matched = dict[str, Any]


def slices(rows: Rows, naming: Naming) -> Iterator[Slice]:
    """The slices of some rows as Avro records: of each bucket and word set the whole, then its segments.

    All of them are summed up at once: a transaction that catches up on days has hundreds.
    """
    every, owners, named = owned(rows, naming)
    counted = COUNTED[every.statuses] & ~every.excluded
    added, own = every.take(counted), owners.take(counted)
    known = ~np.isnan(added.before)
    retracted = added.take(known)
    columns = (
        named,
        own.rows(),
        owners.counted(every.statuses),
        owners.take(every.first & ~every.excluded).rows(),
        owners.take(every.excluded).rows(),
        _delays(added, own, naming),
        _matched(added, own, added.labels, added.label_bins, naming),
        _matched(retracted, own.take(known), retracted.before, retracted.before_bins, naming),
    )
    for base, count, statuses, closed, excluded, delays, plus, minus in zip(*columns, strict=True):
        yield {
            **base,
            "rows": count,
            "statuses": {**{STATUSES[code]: n for code, n in statuses}, CLOSED: closed},
            "excluded": excluded,
            "delay_bins": list(delays),
            "delay_counts": [right + wrong for right, wrong in delays.values()],
            "delay_errors": [wrong for _, wrong in delays.values()],
            "added": plus,
            "retracted": minus,
        }


def _delays(rows: Rows, own: Owned, naming: Naming) -> list[dict[int, list[int]]]:
    """Right and wrong rows of each slice by the bin of their delay, in order; what is late is wrong more often."""
    wrong = ~(naming.is_regression | (rows.decisions == rows.labels))
    found: list[dict[int, list[int]]] = []
    for counted in own.counted(delay_bins(rows.delays) * 2 + wrong):
        each: dict[int, list[int]] = {}
        for code, count in counted:
            each.setdefault(code // 2, [0, 0])[code % 2] += count
        found.append(each)
    return found


def delay_bins(delays: NDArray[np.int64]) -> NDArray[np.int64]:
    """The log2 bin of each delay in seconds, 0 for everything below two.

    >>> delay_bins(np.array([0, 1_999_999, 2_000_000, 4_000_000, -5])).tolist()
    [0, 0, 1, 2, 0]
    """
    seconds = np.maximum(1, delays // MICRO)
    return np.minimum(LONGEST_BIN, np.log2(seconds).astype(np.int64))


def _matched(
    rows: Rows, own: Owned, labels: NDArray[np.float64], bins: NDArray[np.int64], naming: Naming
) -> list[Matched | None]:
    """Each slice's figures of rows with one label each; None where there is none."""
    if not len(labels):
        return [None] * own.count
    kinds, right = naming.labels, naming.is_regression | (rows.decisions == labels)
    cells = own.counted(rows.score_bins * len(kinds) + bins)
    parts = own.counted(rows.sixteenths * 2 + right)
    columns = own.rows(), own.sums((~right).astype(np.int64)), own.sums(fixed(np.nan_to_num(rows.estimates)))
    found: list[Matched | None] = [
        {
            "rows": count,
            "errors": errors,
            "estimate_sum": estimated,
            "cells": [{"score_bin": at // len(kinds), "label": kinds[at % len(kinds)], "rows": n} for at, n in table],
            "sixteenths": _sixteenths(part),
        }
        if count
        else None
        for count, errors, estimated, table, part in zip(*columns, cells, parts, strict=True)
    ]
    if naming.classes:
        _confuse(found, own, rows.decisions, bins, naming.classes)
    if naming.is_regression:
        off = np.clip((rows.scores - labels) / naming.spread, -CALM, CALM)
        sums = {"error_sum": off, "absolute_error_sum": np.abs(off), "square_error_sum": off**2}
        for name, values in sums.items():
            for one, total in zip(found, own.sums(fixed(values)), strict=True):
                if one is not None:
                    one[name] = total
    return found


def _confuse(
    found: list[Matched | None], own: Owned, decisions: NDArray[np.int64], labels: NDArray[np.int64], classes: int
) -> None:
    """Add to each slice's figures how many rows were decided as which class, where which was true."""
    decided = decisions >= 0
    counts = own.take(decided).counted(decisions[decided] * classes + labels[decided])
    for one, counted in zip(found, counts, strict=True):
        if one is not None:
            one |= {"confusion_places": [place for place, _ in counted], "confusion_rows": [n for _, n in counted]}


def _sixteenths(parts: list[tuple[int, int]]) -> list[dict[str, int]]:
    """Rows and errors of each sixteenth that has rows; `parts` counts wrong ones as 2i, right ones as 2i + 1."""
    found: dict[int, dict[str, int]] = {}
    for part, count in parts:
        one = found.setdefault(part // 2, {"index": part // 2, "rows": 0, "errors": 0})
        one["rows"] += count
        one["errors"] += 0 if part % 2 else count
    return list(found.values())
