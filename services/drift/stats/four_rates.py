"""The four rates of a confusion table against the baseline's: evidence of which kind of error has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.drift.stats.binned import Counts, Floats
from services.drift.stats.dispersion import of_shares
from services.drift.stats.rates import dispersed_p

NAMES = ("tpr", "tnr", "ppv", "npv")
"""Right ones of the positive and of the negative labels, right ones of the positive and of the negative decisions."""
KINDS = ("true_positives", "false_positives", "true_negatives", "false_negatives")
RECENT = 0.9


@dataclass(frozen=True, kw_only=True)
class FourRates:
    """Each of `NAMES`, (4,): in the window, in the baseline, the rows the window's is of, the p-value of no change."""

    found: Floats
    expected: Floats
    rows: Floats
    p_value: Floats


def confusion(cells: Counts, positive_from: int) -> Floats:
    """True positives, false positives, true negatives, false negatives, (..., 4), of score bins by label (..., S, 2).

    >>> confusion(np.array([[8, 1], [2, 5]]), 1).tolist()
    [5.0, 2.0, 8.0, 1.0]
    """
    counts = np.asarray(cells, dtype=np.float64)
    claimed, other = counts[..., positive_from:, :].sum(axis=-2), counts[..., :positive_from, :].sum(axis=-2)
    return np.stack([claimed[..., 1], claimed[..., 0], other[..., 0], other[..., 1]], axis=-1)


def confused(four: Floats) -> dict[str, float] | None:
    """Each of `KINDS` as a share of all rows, of a `confusion` (4,); None where there are no rows.

    >>> confused(np.array([2.0, 1.0, 1.0, 0.0]))
    {'true_positives': 0.5, 'false_positives': 0.25, 'true_negatives': 0.25, 'false_negatives': 0.0}
    """
    rows = float(four.sum())
    return dict(zip(KINDS, (four / rows).tolist(), strict=True)) if rows > 0 else None


def confused_by_class(cells: Counts, names: Sequence[str]) -> list[dict[str, Any]]:
    """Rows (L, L) by decided and by true class as shares of all rows, the largest first; what is nothing is left out.

    >>> confused_by_class(np.array([[6, 1], [0, 3]]), ("a", "b"))[2]
    {'decided': 'a', 'label': 'b', 'share': 0.1}
    """
    counts = np.asarray(cells, dtype=np.float64)
    order = np.argsort(-counts, axis=None, kind="stable")
    decided, true = np.unravel_index(order[counts.reshape(-1)[order] > 0], counts.shape)
    shares = counts[decided, true] / max(1.0, counts.sum())
    triples = zip(decided.tolist(), true.tolist(), shares.tolist(), strict=True)
    return [{"decided": names[one], "label": names[other], "share": share} for one, other, share in triples]


def errors_of(cells: Counts, positive_from: int) -> tuple[Floats, Floats]:
    """Wrong decisions and rows (...,) of score bins by label (..., S, 2)."""
    four = confusion(cells, positive_from)
    return four[..., 1] + four[..., 3], four.sum(axis=-1)


def four_rates(parts: Sequence[Counts], table: Counts, positive_from: int, *, recent: float = RECENT) -> FourRates:
    """Linear four rates (Wang and Abraham 2015): rates that forget, each bucket counting `recent` times as much.

    `parts`: score bins by label (S, 2) of each bucket, the oldest first; `table` (K, S, 2): the baseline's blocks.
    A weighted count is worth as many rows as an equal one of the same variance, sum² / sum of squares (Kish 1965).
    What Wang and Abraham simulate, the bounds of a rate, is tested here against the blocks' dispersion.
    """
    right, whole = _rights(confusion(np.asarray(parts), positive_from))
    weights = recent ** np.arange(len(right))[::-1, None]
    rows, square = (weights * whole).sum(axis=0), (weights**2 * whole).sum(axis=0)
    share = (weights * right).sum(axis=0) / np.where(rows > 0, rows, 1.0)
    worth = np.where(square > 0, rows**2 / np.where(square > 0, square, 1.0), 0.0)
    block_right, block_whole = _rights(confusion(table, positive_from))
    known, dispersion = block_right.sum(axis=0), of_shares(block_right, block_whole)
    p_value = dispersed_p(share * worth, worth, known, dispersion, side="both")
    there = (worth > 0) & (dispersion.rows > 0)
    return FourRates(
        found=np.where(rows > 0, share, np.nan),
        expected=np.where(dispersion.rows > 0, known / np.maximum(dispersion.rows, 1.0), np.nan),
        rows=worth,
        p_value=np.where(there, p_value, 1.0),
    )


def _rights(four: Floats) -> tuple[Floats, Floats]:
    """For each of `NAMES` the right rows and all rows, (..., 4) each, of confusion counts (..., 4)."""
    hit, false, clear, lost = np.moveaxis(four, -1, 0)
    right = np.stack([hit, clear, hit, clear], axis=-1)
    return right, np.stack([hit + lost, clear + false, hit + false, clear + lost], axis=-1)
