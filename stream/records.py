"""What moves: a batch that was read, the records to write, the span of positions used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Headers = Sequence[tuple[str, bytes | None]]


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


def no_headers(_row: int) -> None:
    """The headers of a batch in which no record has any."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """n records as they were read, column by column, each partition in offset order.

    `partitions` is int32 (n,), `offsets` int64 (n,), `timestamps` int64 (n,) in milliseconds
    as the broker keeps them (-1 where it keeps none). Headers are asked for by row, for few rows need them; they are
    `no_headers` where nobody need ask.
    `broken` says why of each row that is there but that nobody could take out of its compressed batch: it has no key,
    no value, no headers, no timestamp.
    """

    topics: Sequence[str]
    partitions: NDArray[np.int32]
    offsets: NDArray[np.int64]
    timestamps: NDArray[np.int64]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Callable[[int], Headers | None]
    broken: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def places(self) -> Sequence[tuple[Place, NDArray[np.int64]]]:
        """Each place with its rows, in their order; places in the order of topics' first rows, then of partitions."""
        names = list(dict.fromkeys(self.topics))
        codes = _codes(self.topics, names)
        found: list[tuple[Place, NDArray[np.int64]]] = []
        for code, name in enumerate(names):
            own = np.flatnonzero(codes == code)
            partitions = self.partitions[own]
            each = np.flatnonzero(np.bincount(partitions)).tolist()
            found += [(Place(name, partition), own[partitions == partition]) for partition in each]
        return found

    def take(self, rows: NDArray[np.int64]) -> "Batch":
        """The records at `rows` (m,), in that order."""
        which = rows.tolist()
        return Batch(
            topics=[self.topics[row] for row in which],
            partitions=self.partitions[rows],
            offsets=self.offsets[rows],
            timestamps=self.timestamps[rows],
            keys=[self.keys[row] for row in which],
            values=[self.values[row] for row in which],
            headers=lambda row: self.headers(which[row]),
            broken={new: self.broken[old] for new, old in enumerate(which) if old in self.broken},
        )


def _codes(topics: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """Each row's topic as its place among `names`, (n,)."""
    if len(names) <= 1:
        return np.zeros(len(topics), np.int64)
    places = {name: code for code, name in enumerate(names)}
    return np.fromiter(map(places.__getitem__, topics), np.int64, len(topics))


@dataclass(frozen=True, kw_only=True)
class Writes:
    """Records for one topic, column by column; `headers`, where given, has one entry a record.

    Raises ValueError for columns of different lengths.
    """

    topic: str
    values: Sequence[bytes | None]
    keys: Sequence[bytes | None]
    partitions: Sequence[int]
    headers: Sequence[Headers | None] | None = None

    def __post_init__(self) -> None:
        columns = self.values, self.keys, self.partitions, self.values if self.headers is None else self.headers
        if len({len(column) for column in columns}) > 1:
            raise ValueError(f"{self.topic}: found columns of {[*map(len, columns)]} records, expected as many in each")

    def size(self) -> int:
        """Bytes of the values."""
        return sum(map(len, filter(None, self.values)))


@dataclass(frozen=True)
class Span:
    """Input positions [start, end) of one place that a transaction used; `read` of them held a record."""

    place: Place
    start: int
    end: int
    read: int

    @property
    def absent(self) -> int:
        """Positions without a record a reader may see: control and aborted ones."""
        return self.end - self.start - self.read


@dataclass(frozen=True)
class Start:
    """Where reading of a place begins, with the metadata of the last commit ('' where there was none)."""

    offset: int
    metadata: str = ""
