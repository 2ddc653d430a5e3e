"""What the join takes: predictions and labels as they came, in columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import eq
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from services.labeler.core import Label, Seat
from services.labeler.entry import LABEL, SEAT

Rows = TypeVar("Rows", bound="Arrivals")


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """n rows of any partitions mixed, in offset order within each.

    `ids` UTF-8; `keys` of their records, None is a null key; `partitions` of the pair; `offsets`; `reached` int64 µs:
    how far the row's own topic had come in that partition just before it.
    """

    ids: list[bytes]
    keys: list[bytes | None]
    partitions: NDArray[np.integer]
    offsets: NDArray[np.int64]
    reached: NDArray[np.int64]

    def who(self) -> list[tuple[int, bytes]]:
        """Each row's pair, its id in it."""
        return list(zip(self.partitions.tolist(), self.ids, strict=True))

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

    def seats(self, rows: Sequence[int]) -> list[Seat]:
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

    def labels(self, rows: Sequence[int]) -> list[Label]:
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
