"""How labels come, how many and how late, and what those say that come early, beside a version's first ripe days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from services.drift.findings.finding import Finding
from services.drift.findings.realised import CLEAR
from services.drift.findings.terms import Terms
from services.drift.stats.binned import Floats, merged, psi
from services.drift.stats.dispersion import of_histograms, psi_p
from services.drift.stats.rates import compare_shares
from services.drift.sums import Cohort, Inputs, Ints

FIRST_DAYS, FEWEST_DAYS = 14, 7
"""So many calm ripe days are what others are compared with; nothing is said before there are the fewer.

Of 300 null days the test of delays fired on 4.3 % beside 3 days, 2.0 % beside 7, 0.3 % beside 14; asked for is 1 %."""
COVERAGE, DELAY = "coverage", "delay"
ARRIVING = (COVERAGE, DELAY)
"""Tests of how labels come: they say nothing of what the labels mean."""
FEWEST_LABELS = 20
"""A delay that fewer ripe labels had tells nothing of an early one."""


@dataclass(frozen=True)
class Past:
    """K days of a version: labels of answered rows (K, 2), delays (K, 41), labels and errors by delay (K, 41, 2)."""

    coverage: Floats
    delays: Floats
    by_delay: Floats

    @classmethod
    def of(cls, days: Sequence[Mapping[str, Any]]) -> Self:
        """What these days say."""
        return cls(*(np.array([day[name] for day in days], np.float64) for name in ("coverage", "delays", "by_delay")))


class Arriving:
    """The first ripe days of each version and arm in which nothing was wrong: a bundle knows nothing of them."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._days: dict[str, list[dict[str, Any]]] = {}

    def learn(self, day: Cohort) -> None:
        """A calm day."""
        mine, known = self._days.setdefault(day.whose, []), day.known
        if len(mine) < FIRST_DAYS and known.closed > 0:
            coverage = [min(known.rows, known.closed), known.closed]
            mine.append({"coverage": coverage, "delays": known.delays.tolist(), "by_delay": known.by_delay.tolist()})

    def against(self, whose: str) -> str:
        """What is compared with, in words."""
        count = len(self._days.get(whose, []))
        if count < FEWEST_DAYS:
            return f"nothing yet: {count} calm ripe days of this version are known, expected {FEWEST_DAYS}"
        return f"this version's first {count} calm ripe days"

    def labels(self, day: Cohort) -> list[Finding]:
        """Whether as many answers of a ripe day have a label as before, and whether labels take as long."""
        past = self._past(day.whose)
        return [] if past is None else [*_coverage(day, past, self._terms), *_delay(day, past, self._terms)]

    def early(self, window: Inputs) -> tuple[dict[str, Any] | None, list[Finding]]:
        """What labels known so far say of rows before their horizon: as a report holds it, and whether that is less."""
        if window.early is None or window.early[:, 0].sum() < self._terms.fewest_rows:
            return None, []
        rows, errors = (int(one) for one in window.early.sum(axis=0))
        said = {"rows": rows, "accuracy": 1.0 - errors / rows, "expected": None}
        past = self._past(window.whose)
        found = None if past is None else early_errors(window.early, past.by_delay, self._terms)
        if found is None or found.expected is None:
            return said, []
        return {**said, "expected": 1.0 - found.expected}, [found]

    def _past(self, whose: str) -> Past | None:
        days = self._days.get(whose, [])
        return Past.of(days) if len(days) >= FEWEST_DAYS else None

    def state(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        return dict(sorted(self._days.items()))

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._days = {whose: list(days) for whose, days in state.items()}


def early_errors(early: Ints, past: Floats, terms: Terms) -> Finding | None:
    """Wrong decisions among `early` labels (41, 2), beside as many ripe ones of the same delays; `past` (K, 41, 2).

    Direct standardisation: what is late is wrong more often, so that each delay has its own expectation. A past day
    differs from what its own delays let expect as days do anyway. None where no delay is known.
    """
    whole = past.sum(axis=0)
    known = whole[:, 0] >= FEWEST_LABELS
    share = np.where(known, whole[:, 1] / np.maximum(whole[:, 0], 1.0), 0.0)
    rows, errors = (early * known[:, None]).sum(axis=0).astype(np.float64)
    days = (past * known[:, None]).sum(axis=1)
    if not rows or not days[:, 0].all():
        return None
    expected = float((early[:, 0] * share).sum() / rows)
    off = days[:, 1] - (past[:, :, 0] * share).sum(axis=1)
    alike = np.clip(days[:, 0] * expected + off, 0.0, days[:, 0])[:, None]
    p_value = float(compare_shares(np.array([errors]), np.array([rows]), alike, days[:, :1]).p_value[0])
    found = float(errors / rows)
    return Finding(
        test="early errors",
        place="early",
        statistic=found - expected,
        p_value=p_value,
        threshold=terms.material_floor,
        expected=expected,
        found=found,
        fired=p_value < CLEAR and found - expected >= terms.material_floor,
        what=f"early: {found:.1%} of {rows:,.0f} labels known so far tell errors, {expected:.1%} of ripe ones as late",
    )


def _coverage(day: Cohort, past: Past, terms: Terms) -> list[Finding]:
    rows, closed = float(min(day.known.rows, day.known.closed)), float(day.known.closed)
    if not closed:
        return []
    labelled, answered = past.coverage[:, :1], past.coverage[:, 1:]
    share = compare_shares(np.array([rows]), np.array([closed]), labelled, answered, side="both")
    found, expected, p_value = float(share.found[0]), float(share.expected[0]), float(share.p_value[0])
    is_large = abs(found - expected) >= terms.material_share
    return [
        Finding(
            test=COVERAGE,
            place="inform",
            statistic=found - expected,
            p_value=p_value,
            threshold=terms.material_share,
            expected=expected,
            found=found,
            fired=p_value < CLEAR and is_large,
            what=f"{found:.1%} of the answers have a label, {expected:.1%} before",
        )
    ]


def _delay(day: Cohort, past: Past, terms: Terms) -> list[Finding]:
    fewer, blocks = merged(day.known.delays[None], past.delays[:, None, :])
    spread, rows = of_histograms(blocks), fewer.sum(axis=1)
    if not rows[0] or not spread.width[0]:
        return []
    distance = psi(fewer, blocks.sum(axis=0))
    p_value, usual = float(psi_p(distance, spread, rows)[0]), float(spread.expected(rows)[0])
    threshold = usual + terms.material_psi
    return [
        Finding(
            test=DELAY,
            place="inform",
            statistic=float(distance[0]),
            p_value=p_value,
            threshold=threshold,
            expected=usual,
            found=float(distance[0]),
            fired=p_value < CLEAR and float(distance[0]) >= threshold,
            what=_where_most(day.known.delays, past.delays.sum(axis=0)),
        )
    ]


def _where_most(found: Ints | Floats, before: Ints | Floats) -> str:
    """How many of the labels had come by the time at which the two histograms are furthest apart."""
    now, then = (np.cumsum(one) / one.sum() for one in (found, before))
    bin_ = int(np.argmax(np.abs(now - then)))
    return f"{now[bin_]:.0%} of the labels came within {2.0 ** (bin_ + 1) / 3600:.2g} h, {then[bin_]:.0%} before"
