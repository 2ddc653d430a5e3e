"""The baseline: how features, scores and labels looked in the held-out reference, block by block."""

from functools import cached_property
from itertools import pairwise
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt, model_validator

from models.covariance import Covariance
from models.feature import Part

MISSING = -1
UNSEEN_BIN = -2
FEWEST_BLOCKS = 4
FARTHEST = 1000.0
MOST_EDGES = 100

Counts = tuple[NonNegativeInt, ...]


class Block(Part):
    """A stretch of the reference in time order: its first and last event time (µs, UTC) and its rows."""

    first_micros: int
    last_micros: int
    rows: PositiveInt


class Histogram(Part):
    """Counts per block and bin; `edges` are the inner ones, a value equal to an edge lies above it."""

    edges: tuple[FiniteFloat, ...] = Field(max_length=MOST_EDGES)
    counts: tuple[Counts, ...] = Field(min_length=FEWEST_BLOCKS)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError("edges must rise from one to the next")
        if len({len(row) for row in self.counts}) > 1:
            raise ValueError("every block needs a count for every bin")
        return self

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self.counts[0])


class FeatureBaseline(Histogram):
    """One feature: its histogram, its missing and unseen rows per block, mean and sd of its other values, influence."""

    name: str
    kind: Literal["float", "int", "bool", "category"]
    missing: Counts
    unseen: Counts
    mean: FiniteFloat
    sd: FiniteFloat = Field(ge=0.0)
    influence: FiniteFloat | None = Field(default=None, ge=0.0)  # models.fitting.influence; older bundles have none


class ScoreBaseline(Histogram):
    """The scores' histogram (multiclass: of the top class's probability), their mean and sd."""

    mean: FiniteFloat
    sd: FiniteFloat = Field(ge=0.0)


class ClassPrior(Part):
    """Labelled rows per block, score bin and class: its sums are the label prior."""

    classes: tuple[str, ...]
    table: tuple[tuple[Counts, ...], ...]

    @property
    def sizes(self) -> set[tuple[int, int, int]]:
        """Blocks, score bins and classes; one such triple in a table that is one."""
        return {(len(self.table), len(block), len(row)) for block in self.table for row in block}

    @property
    def rows(self) -> dict[str, int]:
        """Labelled rows of each class over the whole reference."""
        totals = np.asarray(self.table, dtype=np.int64).sum(axis=(0, 1))
        return dict(zip(self.classes, totals.tolist(), strict=True))


class ValuePrior(Part):
    """Labels of a regression: mean and sd over the reference, rows and mean per block (0 without rows)."""

    mean: FiniteFloat
    sd: FiniteFloat = Field(ge=0.0)
    block_rows: Counts
    block_means: tuple[FiniteFloat, ...]


class Baseline(Part):
    """Everything later traffic is compared with."""

    format: Literal[1] = 1
    blocks: tuple[Block, ...] = Field(min_length=FEWEST_BLOCKS)
    features: tuple[FeatureBaseline, ...] = Field(min_length=1)
    scores: ScoreBaseline
    prior: ClassPrior | ValuePrior | None
    covariance: Covariance

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        for one, other in pairwise(self.blocks):
            if not one.first_micros <= one.last_micros <= other.first_micros:
                raise ValueError("blocks must follow each other in time")
        for feature in self.features:
            self._same_rows(feature.name, feature, feature.missing, feature.unseen)
        self._same_rows("scores", self.scores, *[(0,) * len(self.blocks)] * 2)
        shape = (len(self.blocks), self.scores.bins)
        if isinstance(self.prior, ClassPrior) and self.prior.sizes != {(*shape, len(self.prior.classes))}:
            raise ValueError(f"prior: found a table of {self.prior.sizes}, expected {shape} and its classes")
        if any(place >= len(self.features) for place in self.covariance.features):
            raise ValueError("covariance names a feature that is not there")
        return self

    def _same_rows(self, name: str, counted: Histogram, missing: Counts, unseen: Counts) -> None:
        """Refuse counts that do not add up to each block's rows."""
        if counted.bins != len(counted.edges) + 1 and getattr(counted, "kind", "") != "category":
            raise ValueError(f"{name}: found {counted.bins} bins for {len(counted.edges)} inner edges")
        if not len(counted.counts) == len(missing) == len(unseen) == len(self.blocks):
            raise ValueError(f"{name}: expected counts for each of the {len(self.blocks)} blocks")
        found = [sum(row) + lost + new for row, lost, new in zip(counted.counts, missing, unseen, strict=True)]
        if found != [block.rows for block in self.blocks]:
            raise ValueError(f"{name}: counts per block must add up to the block's rows")

    def bins(self, matrix: NDArray[np.float32]) -> NDArray[np.int32]:
        """The bin of every value, (n, F): MISSING (-1) for NaN, UNSEEN_BIN (-2) for an unknown category.

        `matrix` is (n, F) float32 in the contract's order, before anything was imputed.
        """
        above = np.zeros(matrix.shape, dtype=np.int8)
        # Counting the edges below each value: measured 6 times as fast as np.searchsorted at 32 features.
        for rung in self._rungs:
            above += (matrix >= rung).view(np.int8)
        found = above.astype(np.int32)
        places, listed = self._categories
        codes = matrix[:, places]
        found[:, places] = np.where((codes >= 0) & (codes < listed), codes, UNSEEN_BIN)
        found[np.isnan(matrix)] = MISSING
        return found

    def score_bins(self, scores: NDArray[np.float64]) -> NDArray[np.int32]:
        """The bin of every score; `scores` is (n,), the headline score of each row."""
        return np.searchsorted(self._score_edges, scores, side="right").astype(np.int32)

    @cached_property
    def _score_edges(self) -> NDArray[np.float64]:
        return np.array(self.scores.edges, np.float64)

    def standardised(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """(x - mean) / sd, (n, F), kept within ±1000; 0.0 for a missing value and for every category."""
        centre, scale = self._centre_scale
        with np.errstate(invalid="ignore"):
            found = (matrix.astype(np.float64) - centre) / scale
        np.clip(found, -FARTHEST, FARTHEST, out=found)
        return np.nan_to_num(found, copy=False, nan=0.0)

    def as_arrays(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
        """Edges (F, E), categories listed (F,) or -1, means and divisors (F,): what a compiled count takes."""
        places, listed = self._categories
        categories = np.full(len(self.features), -1.0, np.float32)
        categories[places] = listed
        return np.ascontiguousarray(self._rungs.T), categories, *self._centre_scale

    @cached_property
    def _rungs(self) -> NDArray[np.float32]:
        """The first edge of every feature, the second, ..: (E, F), NaN where a feature has none."""
        shape = (max(len(feature.edges) for feature in self.features), len(self.features))
        rungs = np.full(shape, np.nan, dtype=np.float32)
        for place, feature in enumerate(self.features):
            rungs[: len(feature.edges), place] = feature.edges
        return rungs

    @cached_property
    def _categories(self) -> tuple[list[int], NDArray[np.float32]]:
        """The places of the category features, and how many categories each of them lists."""
        places = [place for place, feature in enumerate(self.features) if feature.kind == "category"]
        return places, np.array([self.features[place].bins for place in places], dtype=np.float32)

    @cached_property
    def _centre_scale(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Means, and divisors: a category is no quantity (infinity), a constant has no spread (1)."""
        scales = [np.inf if f.kind == "category" else f.sd or 1.0 for f in self.features]
        return np.array([f.mean for f in self.features]), np.array(scales)
