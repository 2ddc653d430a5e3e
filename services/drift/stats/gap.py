"""The gap between estimated and realised quality on the same rows, and what opened it: the prior or the concept."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, stdtr

from services.drift.stats.binned import Counts, Floats, merged, psi
from services.drift.stats.combine import simes
from services.drift.stats.dispersion import of_histograms, psi_p
from services.drift.stats.rates import compare_shares

FEWEST_BLOCKS = 2
SURE, FARTHEST, HALVINGS = 1e-4, 20.0, 60


@dataclass(frozen=True, kw_only=True)
class Margin:
    """What the reference says of gaps that mean nothing, as variances and their degrees of freedom.

    `calibrator` is the square of the calibrator's standard error of bias; `tau2` how much the gap varies between
    stretches of `block_rows` rows beyond chance; `freedom` the degrees of freedom it is known with.
    """

    calibrator: float
    tau2: float
    block_rows: float
    freedom: float


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Estimated minus realised accuracy, its standard error, and the p-value that it is no larger than delta."""

    value: float
    error: float
    p_value: float


def margin_of(
    table: Counts | None, estimates: Floats, *, bias_error: float, fold_bias: Sequence[float], rows: int
) -> Margin:
    """The margin of a calibrator, from its cross-fitted folds and the baseline's blocks.

    `table` (K, S, 2) labelled rows per block, score bin and whether the decision was wrong, right; None where there is
    none. `estimates` (S,) the chance at each bin's middle that its decision is right; `rows` the calibrator was fitted
    on. The excess over chance is pooled over blocks and folds, weighted by their degrees of freedom.
    """
    unit = unit_of(table, estimates)
    excess, weights, lengths = [], [], []
    if table is not None and len(table) >= FEWEST_BLOCKS:
        counts = np.asarray(table, dtype=np.float64)
        per_block = np.maximum(counts.sum(axis=(1, 2)), 1.0)
        gaps = ((counts.sum(axis=2) * estimates).sum(axis=1) - counts[:, :, 1].sum(axis=1)) / per_block
        excess.append(float(np.var(gaps, ddof=1)) - unit * float((1.0 / per_block).mean()))
        weights.append(len(counts) - 1.0)
        lengths.append(float(per_block.mean()))
    if len(fold_bias) >= FEWEST_BLOCKS:
        per_fold = rows / len(fold_bias)
        excess.append(float(np.var(fold_bias, ddof=1)) - unit / per_fold)
        weights.append(len(fold_bias) - 1.0)
        lengths.append(per_fold)
    freedom = sum(weights)
    tau2 = sum(one * weight for one, weight in zip(excess, weights, strict=True)) / freedom if freedom else 0.0
    return Margin(
        calibrator=bias_error**2,
        tau2=max(tau2, 0.0),
        block_rows=min(lengths, default=1.0),
        freedom=max(freedom, 1.0),
    )


def unit_of(table: Counts | None, estimates: Floats) -> float:
    """Variance of one row's outcome given its score, by the estimates; a quarter where nothing is known."""
    if table is None:
        return 0.25
    by_bin = np.asarray(table, dtype=np.float64).sum(axis=(0, 2))
    return float((by_bin * estimates * (1.0 - estimates)).sum() / max(by_bin.sum(), 1.0))


def gap_of(estimated: float, realised: float, unit: float, rows: int, margin: Margin, *, delta: float = 0.01) -> Gap:
    """Test that estimated minus realised accuracy of the same n `rows` lies within plus or minus `delta`.

    `unit` is the variance of a row's outcome given its score (the mean of p(1 - p) over them). The error holds chance
    (unit / n), the calibrator's own, and the gap's variance between stretches of time; t with the degrees of freedom
    that Welch (1947) and Satterthwaite give: chance is known, the rest only as well as blocks and folds tell.
    """
    value = estimated - realised
    if rows <= 0 or not np.isfinite(value):
        return Gap(value=float("nan"), error=float("nan"), p_value=1.0)
    varied = margin.tau2 * max(1.0, margin.block_rows / rows)
    square = unit / rows + margin.calibrator + varied
    doubt = (margin.calibrator + varied) ** 2 / margin.freedom
    freedom = square**2 / doubt if doubt > 0 else 1e9
    error = float(np.sqrt(max(square, np.finfo(float).tiny)))
    beyond, before = (abs(value) - delta) / error, (-abs(value) - delta) / error
    p_value = float(stdtr(freedom, -beyond) + stdtr(freedom, before)) if abs(value) > delta else 1.0
    return Gap(value=value, error=error, p_value=min(1.0, p_value))


def gap_given_prior(table: Counts, chances: Floats, positive_from: int) -> Floats:
    """Estimated minus realised accuracy of labelled rows (..., S, 2): (...), the estimate told how many are positive.

    `chances` (S,) of the positive class at each score bin, moved in their logits until they add up to the positives
    there are (Saerens, Latinne and Decaestecker 2002): what differs from day to day only because more or fewer of them
    are positive is gone. `positive_from`: the first bin of positive decisions.

    >>> gap_given_prior(np.array([[80.0, 20.0], [20.0, 80.0]]), np.array([0.2, 0.8]), 1).round(6).tolist()
    0.0
    """
    counts = np.asarray(table, dtype=np.float64)
    rows, positive = counts.sum(axis=-1), counts[..., 1].sum(axis=-1)
    usual = logit(np.clip(chances, SURE, 1.0 - SURE))
    low, high = np.full(positive.shape, -FARTHEST), np.full(positive.shape, FARTHEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        is_low = (rows * expit(usual + middle[..., None])).sum(axis=-1) < positive
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    moved, decided = expit(usual + low[..., None]), np.arange(rows.shape[-1]) >= positive_from
    expected = (rows * np.where(decided, moved, 1.0 - moved)).sum(axis=-1)
    right = np.where(decided, counts[..., 1], counts[..., 0]).sum(axis=-1)
    return np.asarray((expected - right) / np.maximum(rows.sum(axis=-1), 1.0))


@dataclass(frozen=True, kw_only=True)
class Concept:
    """P(score | label) by class: p-values that it is as in the baseline (L,), and all of them as one (Simes)."""

    by_class: Floats
    p_value: float


def concept(window: Counts, table: Counts) -> Concept:
    """Test that P(score | label) is unchanged: `window` (S, L) against the baseline's blocks, `table` (K, S, L)."""
    found = np.asarray(window, dtype=np.float64).T
    known = np.asarray(table, dtype=np.float64).transpose(0, 2, 1)
    each = _histograms_p(found, known)
    return Concept(by_class=each, p_value=simes(each))


def prior_p(window: Counts, table: Counts) -> float:
    """The p-value that the shares of the labels are unchanged: `window` (S, L) against `table` (K, S, L)."""
    found, known = np.asarray(window, dtype=np.float64).sum(axis=0), np.asarray(table, dtype=np.float64).sum(axis=1)
    if len(found) == 2:  # noqa: PLR2004 - two classes have one share
        rows, blocks = found.sum(keepdims=True), known.sum(axis=1, keepdims=True)
        return float(compare_shares(found[1:], rows, known[:, 1:], blocks, side="both").p_value[0])
    return float(_histograms_p(found[None], known[:, None])[0])


def _histograms_p(window: Floats, blocks: Floats) -> Floats:
    """PSI's p-values of histograms (F, B) against blocks (K, F, B)."""
    found, known = merged(window, blocks)
    return psi_p(psi(found, known.sum(axis=0)), of_histograms(known), found.sum(axis=1))
