"""Whether what moved is no more than another mix of the same classes, before labels are there and with them."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from services.drift.findings.realised import CLEAR, Realised
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.stats.binned import Floats, ks, merged, psi
from services.drift.stats.dispersion import of_histograms, psi_p
from services.drift.sums import Seen

ROUNDS = 200
LEEWAY = 1.25
"""No score is as good as can be."""
MOSTLY = 0.5
"""Of a shift of labels: so much of it shows in the scores where the classes themselves are as they were."""
SLACK = 2.0
"""In standard errors of a distance of cumulated shares: beyond it by chance in 7 of 10,000 (Kolmogorov 1933)."""


class Mix(NamedTuple):
    """The class shares (L,) that explain a window's scores best, and how far they are from the reference's.

    `p_value`: the chance that such a mix gives scores no more alike than these.
    """

    shares: Floats
    shift: float
    p_value: float


def mix_of(scores: Floats, table: Floats) -> Mix:
    """Class shares by expectation and maximisation (Saerens, Latinne and Decaestecker 2002).

    `scores` (S,) rows of the window by score bin, `table` (K, S, L) labelled rows of the reference.
    """
    whole = table.sum(axis=0)
    given = (whole + 0.5 / len(whole)) / (whole.sum(axis=0) + 0.5)
    before = whole.sum(axis=0) / max(1.0, whole.sum())
    shares = before
    for _ in range(ROUNDS):
        weights = given * shares
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        shares = (scores[:, None] * weights).sum(axis=0) / max(1.0, scores.sum())
    expected = (given * shares).sum(axis=1)
    # As many rows as the reference has, block by block: what the blocks differ by among themselves stays.
    usual = whole.sum(axis=1) / max(1.0, whole.sum())
    blocks = table.sum(axis=2) * (expected / np.maximum(usual, np.finfo(float).tiny))[None, :]
    found, known = merged(scores[None], blocks[:, None, :])
    p_value = psi_p(psi(found, known.sum(axis=0)), of_histograms(known), found.sum(axis=1))
    return Mix(shares, float(np.abs(shares - before).max()), float(p_value[0]))


def foreseen(window: Floats, table: Floats) -> float:
    """How much of the labels' shift their scores show, as a share of it: 1 where the classes are what they were.

    `window` (S, L) labelled rows. Where labels no longer mean the same, scores stay while the labels move: 0.
    """
    before = table.sum(axis=(0, 1)) / max(1.0, table.sum())
    moved = window.sum(axis=0) / max(1.0, window.sum()) - before
    shown = mix_of(window.sum(axis=1), table).shares - before
    return float(moved @ shown / max(float(moved @ moved), np.finfo(float).tiny))


def explains(shift: float, seen: Seen, reference: Reference, fired: Collection[str] = ()) -> bool:
    """Whether a `shift` of class shares can have moved the features as far as they did.

    Where P(x | class) stays, no distribution function of a feature moves further than the shares of the classes do,
    times how far the classes' features are apart; a good score is as far apart as all features together. What differs
    between stretches of time is allowed for but where a feature has `fired`: that moved beyond it.
    """
    if reference.table is None:
        return False
    rows = np.maximum(1.0, seen.bins.sum(axis=1))
    whole = reference.blocks.sum(axis=0)
    known = np.maximum(1.0, whole.sum(axis=1))
    far = ks(seen.bins, whole)
    usual = np.array([0.0 if name in fired else 1.0 for name in reference.names])
    scattered = np.sqrt(1.0 / rows + 1.0 / known + usual * reference.tau2)
    return bool((far <= shift * min(1.0, LEEWAY * apart(reference.table)) + SLACK * scattered).all())


def apart(table: Floats) -> float:
    """How far the scores of any two classes are apart: the largest total variation distance.

    >>> apart(np.array([[[8.0, 0.0], [2.0, 10.0]]]))
    0.8
    """
    whole = table.sum(axis=0)
    given = (whole / np.maximum(1.0, whole.sum(axis=0))).T
    return float(max(np.abs(one - other).sum() / 2 for one in given for other in given))


def looks_like_labels(seen: Seen, reference: Reference, terms: Terms, fired: Collection[str]) -> bool:
    """Whether another mix of the same classes explains scores and features; never without labels to know them by."""
    if reference.table is None or not reference.table.sum():
        return False
    mix = mix_of(seen.scores.astype(np.float64), reference.table)
    is_other = mix.shift >= terms.material_share and mix.p_value >= CLEAR
    return is_other and explains(mix.shift, seen, reference, fired)


def is_mix_of(found: Realised, seen: Seen, reference: Reference, terms: Terms) -> bool:
    """Whether the same classes in other shares explain what the labels say, what the scores say, and the inputs."""
    if reference.table is None or foreseen(found.table, reference.table) < MOSTLY:
        return False
    if found.prior_p < CLEAR and explains(found.shift, seen, reference):
        return True
    return looks_like_labels(seen, reference, terms, ())
