"""The chain: who answers each row, the champion, its fallback, the prior or nobody."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.bundle import BundleRefused, score_columns
from models.contract import Contract
from models.decide import decide
from models.feature import Feature
from schemas.prediction import MODES
from services.scorer.serving.breaker import State
from services.scorer.serving.causes import BUNDLE_MISSING, OVERLOAD
from services.scorer.serving.link import Link, Said

SCORED, FALLBACK, PRIOR, REJECTED = (MODES.index(mode) for mode in ("scored", "fallback", "prior", "rejected"))


@dataclass(frozen=True, kw_only=True)
class Served(Said):
    """What was said of n rows, with `modes` int8 (n,): who said it; `causes` say why it was not the champion."""

    modes: NDArray[np.int8]


class Chain:
    """Answers rows under `contract`; without a `champion` (its bundle is missing) the fallback answers all."""

    def __init__(self, contract: Contract, champion: Link | None, fallback: Link | None = None) -> None:
        self._contract, self.champion, self.fallback = contract, champion, fallback

    def answer(self, matrix: NDArray[np.float32], late: NDArray[np.bool_] | None = None) -> Served:
        """Answers to every row of `matrix` (n, F); the champion is not asked about rows that are too `late` (n,)."""
        served = self._first(matrix, late)
        self._pass_on(served, matrix, FALLBACK, None if self.fallback is None else self.fallback.ask)
        self._pass_on(served, matrix, PRIOR, None if self._contract.prior is None else self._prior)
        return served

    def _first(self, matrix: NDArray[np.float32], late: NDArray[np.bool_] | None) -> Served:
        """The champion's answers; the rows it leaves are REJECTED so far."""
        if self.champion is None:
            said = _nobody(len(matrix), self._columns, BUNDLE_MISSING)
        elif late is None or not late.any():
            said = self.champion.ask(matrix)
        else:
            said = _nobody(len(matrix), self._columns, OVERLOAD)
            _put(said, np.flatnonzero(~late), self.champion.ask(np.ascontiguousarray(matrix[~late])))
        modes = np.where(said.causes == 0, SCORED, REJECTED).astype(np.int8)
        return Served(modes=modes, **vars(said))

    def states(self) -> dict[str, State]:
        """Whether each model of the chain is asked or left alone."""
        links = {"champion": self.champion, "fallback": self.fallback}
        return {role: link.breaker.state() for role, link in links.items() if link is not None}

    @property
    def _columns(self) -> int:
        return score_columns(self._contract)

    def _pass_on(
        self, served: Served, matrix: NDArray[np.float32], mode: int, ask: Callable[[NDArray[np.float32]], Said] | None
    ) -> None:
        """Let `ask` answer the rows that nobody has answered so far; why the champion did not stays their cause."""
        left = np.flatnonzero(served.modes == REJECTED)
        if ask is None or not len(left):
            return
        said = ask(np.ascontiguousarray(matrix[left]))
        good = said.causes == 0
        _put(served, left[good], _rows(replace(said, causes=served.causes[left]), good))
        served.modes[left[good]] = mode

    def _prior(self, matrix: NDArray[np.float32]) -> Said:
        """The contract's prior for every row: it has no estimate, for nobody looked at the row."""
        said, prior = _nobody(len(matrix), self._columns, 0), self._contract.prior
        if isinstance(prior, str):
            said.decisions[:] = self._contract.outputs.classes.index(prior)
        else:
            said.scores[:] = prior
            said.decisions[:] = decide(said.scores, self._contract)
        return said


def _nobody(rows: int, columns: int, cause: int) -> Said:
    return Said(
        scores=np.full((rows, columns), np.nan),
        decisions=np.full(rows, -1, np.int64),
        estimates=np.full(rows, np.nan),
        causes=np.full(rows, cause, np.int8),
    )


def _rows(said: Said, which: NDArray[np.bool_]) -> Said:
    return Said(**{name: getattr(said, name)[which] for name in Said.__dataclass_fields__})


def _put(into: Said, rows: NDArray[np.int64], said: Said) -> None:
    for name in Said.__dataclass_fields__:
        getattr(into, name)[rows] = getattr(said, name)


def places_in(contract: Contract, fallback: Contract) -> NDArray[np.int64]:
    """Where each feature of `fallback` stands in the matrix of `contract`.

    Raises BundleRefused when the fallback is of another model or task, or takes what the contract does not give.
    """
    for what in ("model", "task"):
        found, expected = getattr(fallback, what), getattr(contract, what)
        if found != expected:
            raise BundleRefused(
                f"fallback: found {what} {found}, expected {expected}, as in the bundle it stands in for"
            )
    if fallback.outputs.classes != contract.outputs.classes:
        raise BundleRefused("fallback: found other classes, expected those of the bundle it stands in for, in order")
    given = {feature.name: (place, feature) for place, feature in enumerate(contract.features)}
    places = []
    for feature in fallback.features:
        place, ours = given.get(feature.name, (-1, None))
        if ours is None or not _takes(feature, ours):
            raise BundleRefused(
                f"fallback: found feature {feature.name} ({feature.type}), expected one that the bundle it stands in "
                "for has too, of the same type and categories, which takes whatever that one lets through"
            )
        places.append(place)
    return np.array(places, np.int64)


def _takes(fallback: Feature, given: Feature) -> bool:
    """Whether `fallback` is the same feature, and takes every value that the contract of `given` lets reach a model."""
    ours, theirs = given.policies, fallback.policies
    same = (fallback.type, fallback.categories) == (given.type, given.categories)
    lets_none = given.nullable or "pass" in (ours.missing, ours.on_null, ours.not_finite, ours.wrong_type)
    takes_none = fallback.nullable or "pass" in (theirs.missing, theirs.on_null)
    lets_unseen, takes_unseen = ours.unseen == "pass", theirs.unseen == "pass"
    return same and lets_none <= takes_none and lets_unseen <= takes_unseen and _within(given, fallback)


def _within(given: Feature, fallback: Feature) -> bool:
    """Whether no value that passes the range of `given` is outside of that of `fallback`."""
    if fallback.range is None or fallback.policies.out_of_range == "pass":
        return True
    if given.range is None or given.policies.out_of_range == "pass":
        return False
    return fallback.range[0] <= given.range[0] and given.range[1] <= fallback.range[1]
