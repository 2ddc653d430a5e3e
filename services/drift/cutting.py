"""Cuts closed buckets into windows: those of scored rows, those of rows past their horizon."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import reduce
from typing import Any, NamedTuple, TypeVar

import numpy as np

from schemas.profile import MICRO
from services.drift.log.buckets import Buckets
from services.drift.log.closing import DAY, NEVER
from services.drift.log.known import nothing_known, settled
from services.drift.log.reading import Key
from services.drift.log.seen import nothing_seen
from services.drift.log.serving import nothing_served
from services.drift.log.shape import Terms
from services.drift.log.standing import Since, Standing, followed_at
from services.drift.log.windows import Rule, end_of
from services.drift.sums import DELAYS, Cohort, Inputs, Ints, Known, Seen, Served, Sums

S = TypeVar("S", bound=Sums)
Rows = dict[int, int]
"""Rows by bucket."""
EVER = 2**62
EARLY = 7 * DAY
COMPLETE = 2 ** (np.arange(DELAYS, dtype=np.int64) + 1) * MICRO
"""So long, µs, after a bucket's end all labels of a bin of delays have come."""


class Due(NamedTuple):
    """A window to be judged, with what its report says of the log besides: the profiles [from, to) it speaks of."""

    window: Inputs | Cohort
    late_rows: int
    profile_from: int
    profile_to: int

    @property
    def order(self) -> tuple[Any, ...]:
        """Windows that fall due together are judged in this order."""
        one = self.window
        return one.end, isinstance(one, Inputs), one.version, one.arm, one.segment, one.digest


class Cutting:
    """The buckets that wait, where the windows of each kind stand."""

    def __init__(self, terms: Terms, rule: Rule) -> None:
        self._terms, self._rule = terms, rule
        self.seen, self.known, self.served = Buckets[Seen](), Buckets[Known](), Buckets[Served]()
        self.inputs, self.cohorts = Standing(), Standing()

    def due(self, closed: Mapping[str, int], ripe: Mapping[str, int], offset: int, *, labelled: int) -> list[Due]:
        """The windows that end now: buckets are closed, and ripe, up to these times for each arm.

        Labelers have come to `labelled`.
        """
        found = [*self._inputs(closed, offset, labelled), *self._cohorts(ripe, offset)]
        for key in {
            key._replace(segment="") for key in (*self.seen.whose(), *self.known.whose(), *self.served.whose())
        }:
            self._forget(key)
        return sorted(found, key=lambda one: one.order)

    def _inputs(self, closed: Mapping[str, int], offset: int, labelled: int) -> Iterator[Due]:
        rows = {key: self._scored(key, closed.get(key.arm, NEVER)) for key in self.inputs.whose()}
        for key, start, end, since in self._ends(self.inputs, rows, closed, offset):
            for one in self._with_segments(key, self.seen, start, end):
                shape, parts = (
                    self._terms.shapes[key.digest],
                    [tidy(sums) for _, sums in self.seen.within(one, start, end)],
                )
                served = [sums for _, sums in self.served.within(one, start, end)]
                window = Inputs(
                    start=start, end=end, version=key.version, digest=key.digest, arm=key.arm, segment=one.segment,
                    seen=total(parts, nothing_seen(shape)), served=total(served, nothing_served()), parts=parts,
                    early=None if one.segment else self._early(one, min(end, labelled)),
                )  # fmt: skip
                yield Due(window, since.late, since.offset, offset + 1)

    def _cohorts(self, ripe: Mapping[str, int], offset: int) -> Iterator[Due]:
        rows = {key: self._labelled(key, ripe.get(key.arm, NEVER)) for key in self.cohorts.whose()}
        for key, start, end, since in self._ends(self.cohorts, rows, ripe, offset):
            for one in self._with_segments(key, self.known, start, end):
                shape, parts = self._terms.shapes[key.digest], [sums for _, sums in self.known.within(one, start, end)]
                seen = [sums for _, sums in self.seen.within(one, start, end)]
                window = Cohort(
                    start=start, end=end, version=key.version, digest=key.digest, arm=key.arm, segment=one.segment,
                    known=settled(total(parts, nothing_known(shape))), seen=total(seen, nothing_seen(shape)),
                    parts=[tidy(settled(part)) for part in parts],
                )  # fmt: skip
                yield Due(window, since.late, since.offset, offset + 1)

    def _early(self, key: Key, at: int) -> Ints:
        """Labels and wrong decisions by delay that were known at event time `at` of rows before their horizon then.

        Only delays that every row of a bucket had time for: which labels are there is then no matter of chance. Known
        afterwards or at once, it is the same. At most a week of rows: older ones would hide what is new.
        """
        width, found = self._rule.bucket, np.zeros((DELAYS, 2), np.int64)
        start = at - min(self._terms.horizon, EARLY)
        for bucket, known in self.known.within(key, start - width + 1, at):
            found += known.by_delay * (at - bucket - width >= COMPLETE)[:, None]
        return found

    def _ends(
        self, standing: Standing, rows: Mapping[Key, Rows], closed: Mapping[str, int], offset: int
    ) -> Iterator[tuple[Key, int, int, Since]]:
        """Each window that ends: whose, from when to when, since what."""
        lasts = {key: max(mine) for key, mine in rows.items() if mine}
        for key, last in sorted(lasts.items()):
            followed = followed_at(key, last, lasts, self._rule.bucket)
            left = sorted(rows[key].items())
            while left and (end := end_of(self._rule, left, closed=closed[key.arm], followed=followed)) is not None:
                yield key, left[0][0], end, standing.judged(key, end, offset)
                left = [one for one in left if one[0] >= end]

    def _scored(self, key: Key, closed: int) -> Rows:
        """Rows that ought to have been scored, a bucket: those that were, and those degraded or refused."""
        start = self.inputs.end(key)
        found = {at: sums.rows for at, sums in self.seen.within(key, start, closed)}
        for at, one in self.served.within(key, start, closed):
            if missed := one.degraded + one.rejected + one.dead:  # who was scored stands in a slice, or was refused
                found[at] = found.get(at, 0) + missed
        return found

    def _labelled(self, key: Key, ripe: int) -> Rows:
        start = self.cohorts.end(key)
        found = dict.fromkeys((at for at, _ in self.seen.within(key, start, ripe)), 0)
        return found | {at: max(0, sums.rows) for at, sums in self.known.within(key, start, ripe)}

    def _with_segments(self, key: Key, of: Buckets[S], start: int, end: int) -> list[Key]:
        """A key, then its segments that have something between two times."""
        mine = [one for one in of.whose() if one.segment and one._replace(segment="") == key]
        return [key, *(one for one in mine if of.within(one, start, end))]

    def whose(self) -> set[Key]:
        """Every version and arm of which something came."""
        return {*self.inputs.whose(), *self.cohorts.whose()}

    def evict(self) -> Key:
        """Forget whoever was not heard of for longest, with all its buckets; who that was."""
        key = min(self.whose(), key=lambda one: (max(self.inputs.heard(one), self.cohorts.heard(one)), one))
        for standing in (self.inputs, self.cohorts):
            standing.forget(key)
        for one in [k for k in {*self.seen.whose(), *self.known.whose()} if k._replace(segment="") == key]:
            self.seen.drop(one, EVER)
            self.known.drop(one, EVER)
        self.served.drop(key, EVER)
        return key

    def _forget(self, key: Key) -> None:
        """Drop what no window will ask for."""
        judged, cohorts = self.inputs.end(key), self.cohorts.end(key)
        for one in [key, *(k for k in (*self.seen.whose(), *self.known.whose()) if k._replace(segment="") == key)]:
            self.seen.drop(one, min(judged, cohorts))
            self.known.drop(one, cohorts)
            self.served.drop(one, judged)


def total(parts: Sequence[S], nothing: S) -> S:
    """The sum of some sums, its words in order: what was restored from a snapshot has forgotten how they came."""
    return tidy(reduce(lambda one, other: one.plus(other), parts, nothing))


def tidy(sums: S) -> S:
    """The same sums, each of their words once, in order, none that was never said."""
    words = {
        one.name: Counter({name: n for name, n in sorted(getattr(sums, one.name).items()) if n})
        for one in fields(sums)  # type: ignore[arg-type]  # every subclass is a dataclass
        if isinstance(getattr(sums, one.name), Counter)
    }
    return replace(sums, **words)  # type: ignore[type-var]  # as above
