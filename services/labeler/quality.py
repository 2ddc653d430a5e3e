"""Realised quality over event time, from the tables of the profiles alone: of ripe cohorts, and an early view."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.figures import binary, multiclass
from schemas.profile import MICRO, Slice
from services.labeler.slices import CLOSED

Cohort = Literal["ripe", "early"]
SUMS = ("rows", "errors", "estimate_sum", "error_sum", "absolute_error_sum", "square_error_sum")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What the figures need of the model.

    `middles` (bins,) stand for the scores of each bin; `positive_from` is the first bin of positive decisions, None
    where decisions are not by threshold (several classes, a regression); `classes` is how many have their confusion
    counted; `spread` is the unit of a regression's errors, None for other tasks.
    """

    middles: NDArray[np.float64]
    positive_from: int | None = None
    classes: int = 0
    spread: float | None = None


@dataclass
class _Bucket:
    """What one bucket of one version has come to."""

    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SUMS, 0))
    table: dict[tuple[int, str], int] = field(default_factory=dict)
    confusion: dict[int, int] = field(default_factory=dict)
    closed: int = 0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The quality of one version over some cohorts: labelled rows, their share, each metric by its name."""

    rows: int
    coverage: float
    metrics: Mapping[str, float]


class Quality:
    """Sums of committed slices by version, arm and bucket; what lies further back than `window_micros` is dropped."""

    def __init__(self, scale: Scale, *, horizon_micros: int, bucket_micros: int, window_micros: int) -> None:
        self._scale, self._horizon, self._width, self._window = scale, horizon_micros, bucket_micros, window_micros
        self._kept: dict[tuple[str, str], dict[int, _Bucket]] = {}

    def add(self, slices: Iterable[Slice]) -> None:
        """Take in the slices of a committed transaction; those of segments are passed over."""
        for one in slices:
            if not one["segment"]:
                buckets = self._kept.setdefault((one["model_version"], one["arm"]), {})
                _take(buckets.setdefault(one["bucket"], _Bucket()), one)

    def figures(self, now_micros: int) -> dict[tuple[str, str, Cohort], Figures]:
        """By version, arm and cohort. A bucket is ripe when its last deadline has passed at `now_micros`."""
        found: dict[tuple[str, str, Cohort], Figures] = {}
        for (version, arm), buckets in self._kept.items():
            for old in [at for at in buckets if at + self._width + self._horizon + self._window <= now_micros]:
                del buckets[old]
            ripe = {at for at in buckets if at + self._width + self._horizon <= now_micros}
            found[version, arm, "ripe"] = self._of([buckets[at] for at in ripe])
            found[version, arm, "early"] = self._of([buckets[at] for at in buckets if at not in ripe])
        return found

    def _of(self, buckets: Iterable[_Bucket]) -> Figures:
        whole = _Bucket()
        for one in buckets:
            _add(whole, one)
        rows = whole.sums["rows"]
        return Figures(rows=rows, coverage=rows / max(whole.closed, 1), metrics=self._metrics(whole) if rows else {})

    def _metrics(self, whole: _Bucket) -> dict[str, float]:
        rows, sums, scale = whole.sums["rows"], whole.sums, self._scale
        if scale.spread is not None:
            unit = scale.spread / MICRO / rows
            return {
                "mae": sums["absolute_error_sum"] * unit,
                "rmse": scale.spread * sqrt(sums["square_error_sum"] / MICRO / rows),
                "bias": sums["error_sum"] * unit,
            }
        accuracy = 1 - sums["errors"] / rows
        found = {"accuracy": accuracy, "estimated_accuracy": sums["estimate_sum"] / MICRO / rows}
        if scale.positive_from is not None:
            found |= binary(_counted(whole.table, len(scale.middles)), scale.middles, scale.positive_from)
        elif sum(whole.confusion.values()) == rows:  # of other rows an older labeler did not tell it
            found |= multiclass(_confused(whole.confusion, scale.classes))
        return found


def _take(bucket: _Bucket, said: Slice) -> None:
    bucket.closed += said["statuses"].get(CLOSED, 0)
    for part, sign in (("added", 1), ("retracted", -1)):
        if (matched := said[part]) is not None:
            for name in SUMS:
                bucket.sums[name] += sign * matched.get(name, 0)
            for cell in matched["cells"]:
                at = cell["score_bin"], cell["label"]
                bucket.table[at] = bucket.table.get(at, 0) + sign * cell["rows"]
            for place, rows in zip(matched.get("confusion_places", ()), matched.get("confusion_rows", ()), strict=True):
                bucket.confusion[place] = bucket.confusion.get(place, 0) + sign * rows


def _add(whole: _Bucket, one: _Bucket) -> None:
    whole.closed += one.closed
    for name, value in one.sums.items():
        whole.sums[name] += value
    for at, rows in one.table.items():
        whole.table[at] = whole.table.get(at, 0) + rows
    for place, rows in one.confusion.items():
        whole.confusion[place] = whole.confusion.get(place, 0) + rows


def _counted(table: Mapping[tuple[int, str], int], bins: int) -> NDArray[np.int64]:
    """Rows by score bin and label, (bins, 2): false, true."""
    counts = np.zeros((bins, 2), np.int64)
    for (score_bin, label), rows in table.items():
        counts[score_bin, int(label == "true")] += rows
    return counts


def _confused(confusion: Mapping[int, int], classes: int) -> NDArray[np.int64]:
    """Rows by decided and by true class, (classes, classes)."""
    counts = np.zeros(classes * classes, np.int64)
    counts[list(confusion)] = list(confusion.values())
    return counts.reshape(classes, classes)
