"""The out-of-distribution detector: how strange a row is beside the rows its model was judged on."""

from functools import cached_property
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from kernels.compiled import compiled
from models.feature import Part
from models.marginal import HIGHEST, Marginal

FARTHEST = 1000.0
MOST_STEPS = 16
MOST_FEATURES = 2048
# Fixed point: heights are whole multiples of 2^-15, roots of 2^-17, their products' sums of 2^-8. Every sum below
# then stays under 2^53 and is exact in float64, so that neither the order of summing nor the batch shows in a bit.
HEIGHT_UNIT, ROOT_UNIT, SUM_UNIT = 2.0**-15, 2.0**-17, 2.0**-8
MOST_ROOT, MOST_SUM = 2**24, 2.0**20
# OpenBLAS wakes a second thread above 2^18 multiplications, which costs more than it saves; so many that fewer than
# 16 rows a block would stay below are too many anyway.
MULTIPLICATIONS, FEWEST_ROWS, WIDE_ROWS, MOST_ROWS = 2**18, 16, 128, 512

UNITS = (HIGHEST / HEIGHT_UNIT, HEIGHT_UNIT * ROOT_UNIT / SUM_UNIT, MOST_SUM, SUM_UNIT)

Floats = NDArray[np.float64]


class OutOfDistribution(Part):
    """Bounds of single features and one joint distance, both scaled so that 1 is the threshold.

    A row's distance is that of Mahalanobis (1936) between the normal scores of its features; `root` is the
    inverse square root of their covariance, lower triangle by rows, in units of 2^-17. `threshold` is the distance
    beyond which, with the rows outside a bound, the share `rate` of unseen reference rows lies.
    """

    format: Literal[1] = 1
    rate: float = Field(gt=0.0, le=0.2)
    rows: PositiveInt
    width: PositiveInt
    features: tuple[Marginal, ...] = Field(min_length=1, max_length=MOST_FEATURES)
    root: tuple[tuple[Annotated[int, Field(gt=-MOST_ROOT, lt=MOST_ROOT)], ...], ...]
    threshold: PositiveFloat

    @model_validator(mode="after")
    def _fits(self) -> Self:
        places = self.places
        if sorted(set(places)) != places or places[-1] >= self.width:
            raise ValueError(f"features must be places below {self.width}, each higher than the last")
        if [len(row) for row in self.root] != list(range(1, len(places) + 1)):
            raise ValueError("root must be the lower triangle of the features")
        return self

    @property
    def places(self) -> list[int]:
        """The places in the contract of the features that take part: every one but the categories."""
        return [feature.place for feature in self.features]

    def judge(self, matrix: NDArray[np.float32]) -> tuple[Floats, NDArray[np.bool_]]:
        """How strange each row is, (n,) from 0 to 1000, and whether it is flagged, (n,): at 1 or more.

        `matrix` is (n, F) float32 in the contract's order before anything was imputed: NaN is missing and says
        nothing, a category says nothing either. The same row has the same score, to the bit, in any batch.
        """
        beyond, distances = self.measure(matrix)
        # A zero has one sign, whoever measured.
        scores = np.minimum(np.maximum(beyond, distances / self.threshold), FARTHEST) + 0.0
        return scores, scores >= 1.0

    def measure(self, matrix: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """How far each row's worst feature is on the way to its bound (1 is at it), and the joint distance, (n,)."""
        if compiled is None:
            return self.measure_by_columns(matrix)
        beyond, distances = np.empty(len(matrix)), np.empty(len(matrix))
        knots = self._curves[0]
        given, (_, width) = np.ascontiguousarray(matrix, np.float32), matrix.shape
        compiled.measure(given, width, len(knots) - 1, UNITS, self._fit, beyond, distances)
        return beyond, distances

    def measure_by_columns(self, matrix: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """The same by numpy, to the bit."""
        beyond, distances = np.empty(len(matrix)), np.empty(len(matrix))
        step = MULTIPLICATIONS // len(self.features) ** 2
        step = min(MOST_ROWS, step) if step >= FEWEST_ROWS else WIDE_ROWS
        for start in range(0, len(matrix), step):
            rows = slice(start, start + step)
            values = matrix[rows].T[self.places].astype(np.float64)
            missing = np.isnan(values)
            if missing.any():
                np.copyto(values, self._centre, where=missing)
            beyond[rows] = self._beyond(values)
            distances[rows] = self._distances(values, missing)
        return beyond, distances

    def _beyond(self, values: Floats) -> Floats:
        """The largest share of the way from centre to bound, (b,), of values (m, b)."""
        away = values - self._centre
        return np.asarray(np.maximum(away * self._upward, away * self._downward).max(axis=0))

    def _distances(self, values: Floats, missing: NDArray[np.bool_]) -> Floats:
        """The joint distance, (b,), of values (m, b); what is missing is put where the others expect it."""
        heights = self._heights(values)
        if missing.any():
            self._fill(heights, missing)
        found = self._root @ heights
        found *= HEIGHT_UNIT * ROOT_UNIT / SUM_UNIT
        np.clip(np.rint(found, out=found), -MOST_SUM, MOST_SUM, out=found)
        return np.asarray(np.sqrt(np.einsum("ij,ij->j", found, found)) * SUM_UNIT)

    def _heights(self, values: Floats) -> Floats:
        """Each value on its feature's curve, (m, b), in whole units; one clipped piece of the curve after another."""
        knots, slopes, start = self._curves
        found = np.empty_like(values)
        found[:] = start
        piece = np.empty_like(values)
        for low, high, slope in zip(knots[:-1], knots[1:], slopes, strict=True):
            np.clip(values, low, high, out=piece)
            piece *= slope
            found += piece
        return np.rint(found, out=found)

    def _fill(self, heights: Floats, missing: NDArray[np.bool_]) -> None:
        """Put missing heights where the row's other heights expect them, in one step a missing value, 16 at most.

        A step solves for one missing value exactly and never lengthens the distance: its divisors bound the
        precision's missing part from above (Gershgorin 1931). A row of nothing stays at the mean.
        """
        heights[missing] = 0.0
        divisors = np.abs(self._pull) @ missing.astype(np.float64)
        divisors[~missing] = np.inf
        steps = np.minimum(missing.sum(axis=0), MOST_STEPS)
        for step in range(int(steps.max())):
            rows = np.flatnonzero(steps > step)
            found = heights[:, rows]
            found -= np.rint(self._pull @ found / divisors[:, rows])
            heights[:, rows] = np.clip(found, -HIGHEST / HEIGHT_UNIT, HIGHEST / HEIGHT_UNIT)

    @cached_property
    def _fit(self) -> tuple[NDArray[Any], ...]:
        """All of it, as the compiled kernel takes it."""
        fit = (self._centre, self._upward, self._downward, *self._curves, self._root, self._pull)
        return np.array(self.places, np.int64), *map(np.ascontiguousarray, fit)

    @cached_property
    def _centre(self) -> Floats:
        return np.array([[feature.centre] for feature in self.features])

    @cached_property
    def _upward(self) -> Floats:
        return np.array([[1.0 / (feature.highest - feature.centre)] for feature in self.features])

    @cached_property
    def _downward(self) -> Floats:
        return np.array([[1.0 / (feature.lowest - feature.centre)] for feature in self.features])

    @cached_property
    def _curves(self) -> tuple[Floats, Floats, Floats]:
        """Knots (k, m, 1), slopes between them (k - 1, m, 1), and what to add, (m, 1), in units of height."""
        most = max(len(feature.knots) for feature in self.features)
        knots = np.array([[*f.knots, *[f.knots[-1]] * (most - len(f.knots))] for f in self.features]).T
        heights = np.array([[*f.heights, *[f.heights[-1]] * (most - len(f.heights))] for f in self.features]).T
        wide = np.diff(knots, axis=0)
        slopes = np.divide(np.diff(heights, axis=0), wide, out=np.zeros_like(wide), where=wide > 0) / HEIGHT_UNIT
        start = heights[0] / HEIGHT_UNIT - (slopes * knots[:-1]).sum(axis=0)
        return knots[..., None], slopes[..., None], start[:, None]

    @cached_property
    def _root(self) -> Floats:
        """The whole symmetric root, (m, m), in its units."""
        whole = np.zeros((len(self.root), len(self.root)))
        for place, row in enumerate(self.root):
            whole[place, : place + 1] = row
        return whole + np.tril(whole, -1).T

    @cached_property
    def _pull(self) -> Floats:
        """The precision, each row divided by its diagonal, (m, m), in units of the root."""
        precision = self._root @ self._root
        found = np.rint(precision / np.diag(precision)[:, None] / ROOT_UNIT)
        return np.clip(found, 1 - MOST_ROOT, MOST_ROOT - 1)
