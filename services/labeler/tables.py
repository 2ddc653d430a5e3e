"""What a transaction joined, as columns, in which slices of its profile each row counts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.profile import Slice

SIXTEENTHS = 16


@dataclass(frozen=True, kw_only=True)
class Rows:
    """n outcomes: what slices are made of.

    `buckets` int64 µs; `sixteenths` int64 (n,), the part of its bucket; `words` int64, an index into the word sets;
    `segments` int64 (n, S), one code a segment field; `statuses` an index into core.STATUSES; `score_bins`; `scores`;
    `decisions`, -1 = none; `estimates`, NaN = none; `labels`, `before` as the contract codes them, NaN = none (`before`
    is what a revision takes back), with their bins `label_bins`, `before_bins`; `delays` µs; `excluded` bool: rows of
    degraded predictions, which count nowhere but by status; `first` bool: the first outcome of its prediction.
    """

    buckets: NDArray[np.int64]
    sixteenths: NDArray[np.int64]
    words: NDArray[np.int64]
    segments: NDArray[np.int64]
    statuses: NDArray[np.int64]
    score_bins: NDArray[np.int64]
    scores: NDArray[np.float64]
    decisions: NDArray[np.int64]
    estimates: NDArray[np.float64]
    labels: NDArray[np.float64]
    label_bins: NDArray[np.int64]
    before: NDArray[np.float64]
    before_bins: NDArray[np.int64]
    delays: NDArray[np.int64]
    excluded: NDArray[np.bool_]
    first: NDArray[np.bool_]

    def take(self, which: NDArray[Any]) -> "Rows":
        """Some of the rows."""
        return Rows(**{name: column[which] for name, column in vars(self).items()})


def together(rows: Sequence[Rows]) -> Rows:
    """The rows of several batches as one."""
    return Rows(**{one.name: np.concatenate([getattr(some, one.name) for some in rows]) for one in fields(Rows)})


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What codes are called.

    `versions`: (model_version, bundle_digest, arm) of each word set. `segments`: 'field=value' of each code of each
    segment field. `labels`: the name of each label bin: true or false, the classes; of a regression the number of the
    score bin that the label falls in. `classes`: how many there are where their confusion is counted, else 0 (a binary
    task's is in the score bins). `is_regression`: labels are numbers and decisions none; `spread`: the unit of its
    errors, the reference's standard deviation of scores.
    """

    versions: Sequence[tuple[str, str, str]]
    segments: Sequence[Sequence[str]]
    labels: Sequence[str]
    classes: int = 0
    is_regression: bool = False
    spread: float = 1.0


@dataclass(frozen=True)
class Owned:
    """Which of `count` slices each of n rows counts in, (n,)."""

    owners: NDArray[np.int64]
    count: int

    def take(self, which: NDArray[Any]) -> "Owned":
        """Some of the rows."""
        return Owned(self.owners[which], self.count)

    def rows(self) -> list[int]:
        """How many rows each slice has."""
        return list(np.bincount(self.owners, minlength=self.count).tolist())

    def sums(self, values: NDArray[np.int64]) -> list[int]:
        """The sum of each slice's values: of whole numbers, which is the same in any order."""
        found = np.zeros(self.count, np.int64)
        np.add.at(found, self.owners, values)
        return list(found.tolist())

    def counted(self, codes: NDArray[np.int64]) -> list[list[tuple[int, int]]]:
        """In each slice the codes that there are, in order, with how often each is there."""
        width = int(codes.max(initial=0)) + 1
        found, counts = np.unique(self.owners * width + codes, return_counts=True)
        pairs = list(zip((found % width).tolist(), counts.tolist(), strict=True))
        cuts = np.searchsorted(found // width, np.arange(self.count + 1)).tolist()
        return [pairs[begin:end] for begin, end in pairwise(cuts)]


def owned(rows: Rows, naming: Naming) -> tuple[Rows, Owned, list[Slice]]:
    """Every row once for the whole of its bucket and word set, once for each segment; whose it is, the slices' names.

    Slices stand in the order of bucket and word set, the whole first, then its segments by field and code.
    """
    buckets, at = np.unique(rows.buckets, return_inverse=True)
    words, kinds, codes = len(naming.versions), len(naming.segments) + 1, max(map(len, naming.segments), default=1)
    first = (at.reshape(-1) * words + rows.words) * kinds
    segments = [(first + 1 + field) * codes + rows.segments[:, field] for field in range(kinds - 1)]
    keys, owners = np.unique(np.concatenate([first * codes, *segments]), return_inverse=True)
    named = []
    for key in keys.tolist():
        group, code = divmod(key, codes)
        (bucket, word), field = divmod(group // kinds, words), group % kinds
        version, digest, arm = naming.versions[word]
        segment = naming.segments[field - 1][code] if field else ""
        base = {"bucket": int(buckets[bucket]), "model_version": version, "bundle_digest": digest, "arm": arm}
        named.append({**base, "segment": segment})
    every = rows.take(np.tile(np.arange(len(first)), kinds))
    return every, Owned(owners.reshape(-1), len(named)), named
