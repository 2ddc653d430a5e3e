"""Sums by whose they are and by bucket; they add up to the same in whatever order they come."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Generic, TypeVar

import numpy as np

from services.drift.log.reading import Key
from services.drift.log.refusal import LARGEST, Refused
from services.drift.sums import Sums

S = TypeVar("S", bound=Sums)


class Buckets(Generic[S]):
    """Sums of one kind: by key, then by the event time at which a bucket begins, µs."""

    def __init__(self) -> None:
        self._sums: dict[Key, dict[int, S]] = {}

    def add(self, key: Key, bucket: int, sums: S) -> None:
        """Add to a bucket. Raises Refused where a number of it would no longer be exact."""
        mine = self._sums.setdefault(key, {})
        if bucket in mine:
            sums = mine[bucket].plus(sums)
            if largest(sums) > LARGEST:
                raise Refused("overflow", f"found a bucket of {key.version} whose sums go beyond 2^52")
        mine[bucket] = sums

    def whose(self) -> list[Key]:
        """Whose sums there are, in order."""
        return sorted(key for key, mine in self._sums.items() if mine)

    def within(self, key: Key, start: int, end: int) -> list[tuple[int, S]]:
        """The buckets of `key` that begin from `start` up to `end`, in order."""
        return sorted((at, sums) for at, sums in self._sums.get(key, {}).items() if start <= at < end)

    def drop(self, key: Key, before: int) -> None:
        """Forget the buckets of `key` that begin before `before`."""
        mine = self._sums.get(key, {})
        for at in [at for at in mine if at < before]:
            del mine[at]
        if not mine:
            self._sums.pop(key, None)

    def first(self) -> int | None:
        """Where the earliest bucket begins; None where there is none."""
        return min((at for mine in self._sums.values() for at in mine), default=None)

    def __iter__(self) -> Iterator[tuple[Key, int, S]]:
        """Every bucket, in order."""
        return ((key, at, sums) for key in self.whose() for at, sums in sorted(self._sums[key].items()))


def largest(sums: Sums) -> int:
    """The largest number among the sums, whatever its sign."""
    found = 0
    for one in fields(sums):  # type: ignore[arg-type]  # every subclass is a dataclass
        value = getattr(sums, one.name)
        if isinstance(value, np.ndarray):
            found = max(found, int(value.max(initial=0)), -int(value.min(initial=0)))
        else:
            found = max(found, abs(value if isinstance(value, int) else value.total()))
    return found
