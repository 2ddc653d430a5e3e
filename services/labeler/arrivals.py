"""What the join takes: predictions and labels as they came, in columns."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import eq

import numpy as np
from numpy.typing import NDArray

from services.labeler.core import Label, Seat
from services.labeler.entry import LABEL, SEAT
from stream.watermark import NEVER


@dataclass(frozen=True, kw_only=True)
class Events:
    """n rows, each about an event: its id (UTF-8) in one of the pairs' `partitions`.

    Rows of any partitions may be mixed; where those of one stand together, they are looked at together.
    """

    ids: list[bytes]
    partitions: NDArray[np.integer]

    def stretches(self, alone: NDArray[np.int64] | tuple[()] = ()) -> Iterator[tuple[int, int, int]]:
        """All rows in their order as (partition, first, end); those that are to stand `alone` do."""
        moves, apart = np.flatnonzero(np.diff(self.partitions)) + 1, np.asarray(alone, np.int64)
        ends = np.unique(np.concatenate([[0], moves, apart, apart + 1, [len(self.ids)]]).astype(np.int64))
        return zip(self.partitions[ends[:-1]].tolist(), ends[:-1].tolist(), ends[1:].tolist(), strict=True)

    def by_partition(self) -> Iterator[tuple[int, list[bytes]]]:
        """All ids in their order, as far as they are of the same partition together."""
        return ((partition, self.ids[first:end]) for partition, first, end in self.stretches())

    def each(self, clocks: Mapping[int, int]) -> NDArray[np.int64]:
        """What the clock of each row's partition says, µs; NEVER where there is none, (n,)."""
        said = [(clocks.get(partition, NEVER), end - first) for partition, first, end in self.stretches()]
        return np.repeat(*np.array(said, np.int64).reshape(-1, 2).T)

    def are_alone(self) -> NDArray[np.bool_]:
        """Which rows' event is of no other row, (n,)."""
        if len(set(self.ids)) == len(self.ids):
            return np.ones(len(self.ids), np.bool_)
        who = list(zip(self.partitions.tolist(), self.ids, strict=True))
        counts = Counter(who)
        return np.fromiter((counts[one] == 1 for one in who), np.bool_, len(who))


@dataclass(frozen=True, kw_only=True)
class Arrivals(Events):
    """n rows, in offset order within each partition.

    `keys` of their records, None is a null key; `offsets`; `reached` int64 µs: how far the row's own topic had come in
    that partition just before it.
    """

    keys: list[bytes | None]
    offsets: NDArray[np.int64]
    reached: NDArray[np.int64]

    def own_keys(self) -> NDArray[np.bool_]:
        """Whose key is its id, (n,)."""
        return np.fromiter(map(eq, self.keys, self.ids), np.bool_, len(self.ids))


@dataclass(frozen=True, kw_only=True)
class Predictions(Arrivals):
    """Predictions that somebody answered: none of mode rejected.

    `times` int64 µs; `modes` an index into schemas.prediction.MODES; `scores`, `estimates` NaN = none; `decisions` -1 =
    none; `words`, `segments` uint32 names of word sets; `sources` the event's offset.
    """

    times: NDArray[np.int64]
    modes: NDArray[np.integer]
    scores: NDArray[np.float64]
    estimates: NDArray[np.float64]
    decisions: NDArray[np.integer]
    words: NDArray[np.uint32]
    segments: NDArray[np.uint32]
    sources: NDArray[np.int64]

    def seats(self, rows: NDArray[np.int64]) -> list[Seat]:
        """Some rows as the seats that they would take."""
        columns = (
            self.words, self.segments, self.modes, self.times, self.offsets, self.sources, self.scores, self.estimates,
            self.decisions,
        )  # fmt: skip
        return [Seat(*row) for row in zip(*(column[rows].tolist() for column in columns), strict=True)]

    def seats_at_once(self) -> NDArray[np.void]:
        """Every row as SEAT, with neither status nor label."""
        seats = np.zeros(len(self.ids), SEAT)
        for name in ("words", "segments", "time", "offset", "source", "score", "estimate", "decision", "mode"):
            seats[name] = getattr(self, f"{name}s" if name not in {"words", "segments"} else name)
        return seats


@dataclass(frozen=True, kw_only=True)
class Labels(Arrivals):
    """Labels: `at` int64 µs, when it was known; `values` float64 as the contract codes them; `revisions` from 0."""

    at: NDArray[np.int64]
    values: NDArray[np.float64]
    revisions: NDArray[np.integer]

    def labels(self, rows: NDArray[np.int64]) -> list[Label]:
        """Some rows as labels."""
        columns = (self.values, self.at, self.revisions, self.offsets, self.reached)
        return [Label(*row) for row in zip(*(column[rows].tolist() for column in columns), strict=True)]

    def labels_at_once(self) -> NDArray[np.void]:
        """Every row as LABEL."""
        labels = np.zeros(len(self.ids), LABEL)
        columns = {"at": self.at, "offset": self.offsets, "reached": self.reached, "value": self.values}
        for name, column in {**columns, "revision": self.revisions}.items():
            labels[name] = column
        return labels
