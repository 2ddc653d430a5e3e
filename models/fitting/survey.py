"""The survey of the reference: counts every value, score and label into a baseline."""

import numpy as np
from numpy.typing import NDArray

from models.baseline import (
    FEWEST_BLOCKS,
    Baseline,
    Block,
    ClassPrior,
    FeatureBaseline,
    ScoreBaseline,
    ValuePrior,
)
from models.contract import Contract
from models.covariance import Covariance
from models.decide import classes, headline
from models.feature import Feature
from models.fitting.bins import MOST_BINS, inner_edges
from models.fitting.encode import UNSEEN
from models.reference import Reference

MOST_BLOCKS = 20
ROWS_A_BLOCK = 50
DECIMALS = 6
DAY = 86_400_000_000

Blocks = NDArray[np.int64]


def survey(reference: Reference, scores: NDArray[np.float64], contract: Contract) -> Baseline:
    """The baseline of `reference` under the model's `scores` (n, k)."""
    block = blocks_of(reference.times)
    features = tuple(
        _feature(reference.matrix[:, place], feature, block) for place, feature in enumerate(contract.features)
    )
    top = headline(scores)
    shown = _scores(top, block, contract)
    bare = Baseline(
        blocks=_blocks(reference.times, block),
        features=features,
        scores=shown,
        prior=None,
        covariance=Covariance(features=(), lower=()),
    )
    bins = bare.score_bins(top), shown.bins
    prior = None if reference.labels is None else _prior(reference.labels, bins, block, contract)
    return bare.model_copy(update={"prior": prior, "covariance": _covariance(bare, reference.matrix)})


def blocks_of(times: NDArray[np.int64]) -> Blocks:
    """The block of each row, (rows,): whole days where the rows span enough of them, else equal numbers of rows.

    `times` (rows,) µs, rising. What follows the hours of the day is the same in every day: blocks of whole days, or of
    as many days each, differ by the rest alone. A last day of less than half the usual rows belongs to the one before.
    At most 20 blocks, at least 4.
    """
    rows = len(times)
    day = (times - times[0]) // DAY if rows else np.zeros(0, np.int64)
    found, place, counts = np.unique(day, return_inverse=True, return_counts=True)
    days = len(found) - int(len(found) > 1 and counts[-1] < np.median(counts) / 2)
    if days < FEWEST_BLOCKS or counts[:days].min() < ROWS_A_BLOCK:
        blocks = min(MOST_BLOCKS, max(FEWEST_BLOCKS, rows // ROWS_A_BLOCK))
        return np.arange(rows, dtype=np.int64) * blocks // max(1, rows)
    blocks = min(MOST_BLOCKS, days)
    return np.asarray(np.minimum(place, days - 1) * blocks // days)


def _blocks(times: NDArray[np.int64], block: Blocks) -> tuple[Block, ...]:
    return tuple(
        Block(first_micros=int(stretch[0]), last_micros=int(stretch[-1]), rows=len(stretch))
        for stretch in np.split(times, np.flatnonzero(np.diff(block)) + 1)
    )


def _feature(column: NDArray[np.float32], feature: Feature, block: Blocks) -> FeatureBaseline:
    missing = np.isnan(column)
    unseen = (column == UNSEEN) & (feature.type == "category")
    known = ~(missing | unseen)
    if feature.type == "category":
        edges, found = np.empty(0, dtype=np.float32), column[known].astype(np.int64)
    else:
        edges = np.ones(1, dtype=np.float32) if feature.type == "bool" else inner_edges(column[known])
        found = np.searchsorted(edges, column[known], side="right")
    mean, sd = _moments(column[known])
    return FeatureBaseline(
        name=feature.name,
        kind=feature.type,
        edges=tuple(edges.tolist()),
        counts=_table(block, found, len(feature.categories) or len(edges) + 1, where=known),
        missing=_per_block(block, missing),
        unseen=_per_block(block, unseen),
        mean=mean,
        sd=sd,
    )


def _scores(top: NDArray[np.float64], block: Blocks, contract: Contract) -> ScoreBaseline:
    """Scores of a regression are binned by their quantiles, probabilities into 20 equal bins.

    A binary threshold inside one of these cuts it in two: the table of score bin by label then tells decisions apart.
    """
    edges = inner_edges(top) if contract.task == "regression" else np.arange(1, MOST_BINS) / MOST_BINS
    if contract.task == "binary" and 0.0 < contract.threshold < 1.0:
        edges = np.union1d(edges, [contract.threshold])
    mean, sd = _moments(top)
    every = np.ones(len(top), dtype=np.bool_)
    counts = _table(block, np.searchsorted(edges, top, side="right"), len(edges) + 1, where=every)
    return ScoreBaseline(edges=tuple(edges.tolist()), counts=counts, mean=mean, sd=sd)


def _prior(
    labels: NDArray[np.float64], score_bins: tuple[NDArray[np.int32], int], block: Blocks, contract: Contract
) -> ClassPrior | ValuePrior:
    """From labels (rows,), NaN = none, with each row's score bin and how many of these there are."""
    known = ~np.isnan(labels)
    rows = _per_block(block, known)
    if contract.task == "regression":
        mean, sd = _moments(labels[known])
        sums = np.bincount(block[known], weights=labels[known], minlength=len(rows))
        means = tuple((sums / np.maximum(rows, 1)).tolist())
        return ValuePrior(mean=mean, sd=sd, block_rows=rows, block_means=means)
    names = classes(contract)
    found, bins = score_bins
    table = np.zeros((len(rows), bins, len(names)), dtype=np.int64)
    np.add.at(table, (block[known], found[known], labels[known].astype(np.int64)), 1)
    return ClassPrior.model_validate({"classes": names, "table": table.tolist()})


def _covariance(baseline: Baseline, matrix: NDArray[np.float32]) -> Covariance:
    """Rounded to 10^-6, far below its sampling error, so that no library's order of summing shows."""
    covered = [place for place, feature in enumerate(baseline.features) if feature.kind != "category"]
    standard = baseline.standardised(matrix)[:, covered]
    # `+ 0.0` makes a rounded -0.0 an ordinary zero.
    whole = np.round(standard.T @ standard / len(standard), DECIMALS) + 0.0
    lower = tuple(tuple(row[: place + 1].tolist()) for place, row in enumerate(whole))
    return Covariance(features=tuple(covered), lower=lower)


def _moments(values: NDArray[np.floating]) -> tuple[float, float]:
    """Mean and sd in float64; an sd of exactly 0 for a constant, whatever rounding does."""
    if not values.size:
        return 0.0, 0.0
    exact = values.astype(np.float64)
    return float(exact.mean()), 0.0 if exact.min() == exact.max() else float(exact.std())


def _per_block(block: Blocks, rows: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(np.bincount(block, weights=rows).astype(np.int64).tolist())


def _table(
    block: Blocks, found: NDArray[np.int64], bins: int, *, where: NDArray[np.bool_]
) -> tuple[tuple[int, ...], ...]:
    """Rows per block and bin, of the rows `where` is true."""
    blocks = int(block[-1]) + 1
    flat = np.bincount(block[where] * bins + found, minlength=blocks * bins)
    return tuple(tuple(row) for row in flat.reshape(blocks, bins).tolist())
