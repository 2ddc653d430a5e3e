"""A batch of events as columns: what is wanted of them, what was found, and what was wrong with each row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["float", "int", "bool", "category"]

NULL = 1
"""The record holds null."""
ABSENT = 2
"""The field is not in this writer's schema, or not in this JSON object."""
WRONG_TYPE = 4
"""The record holds a value of a type that the feature does not take."""
NOT_FINITE = 8
"""The record holds NaN or an infinity, or a number too large for float32."""
UNSEEN = 16
"""The record holds a category that the contract does not list."""

FAULTS: tuple[str, ...] = (
    "",
    "empty",
    "frame_too_short",
    "bad_magic",
    "unknown_schema",
    "schema_refused",
    "truncated",
    "trailing_bytes",
    "bad_value",
    "bad_json",
    "no_id",
    "no_time",
    "id_too_long",
    "too_large",
    "bad_compression",
    "null_label",
    "wrong_label_type",
    "unknown_class",
    "too_many_labels",
    "misrouted",
)
"""Why a row cannot be read; a row's fault is an index into this, 0 for a readable row. New ones go last."""

UNSEEN_CATEGORY = -1.0
"""What the matrix holds for a category that the contract does not list."""


def fault(name: str) -> int:
    """The index of the fault called `name`.

    >>> FAULTS[fault("truncated")]
    'truncated'
    """
    return FAULTS.index(name)


@dataclass(frozen=True)
class FeatureField:
    """One feature as the model wants it."""

    name: str
    kind: Kind
    categories: tuple[str, ...] = ()
    nullable: bool = False


@dataclass(frozen=True)
class PackedField:
    """A field that holds `count` numbers, those of the features from `place` on; in bytes each takes `width`."""

    name: str
    place: int
    count: int
    width: Literal[4, 8] = 4
    nullable: bool = False

    @property
    def places(self) -> slice:
        """Where the numbers stand among the features."""
        return slice(self.place, self.place + self.count)


@dataclass(frozen=True)
class Wanted:
    """The fields to take from an event: `id` and `time` by name, features in the model's order, some of them packed."""

    id: str
    time: str
    features: tuple[FeatureField, ...]
    packed: tuple[PackedField, ...] = ()

    @cached_property
    def single(self) -> tuple[tuple[int, FeatureField], ...]:
        """The features that have a field of their own, each with its place."""
        taken = {place for one in self.packed for place in range(one.place, one.place + one.count)}
        return tuple((place, one) for place, one in enumerate(self.features) if place not in taken)


@dataclass
class Columns:
    """n events: ids (UTF-8), times (int64 µs UTC), matrix (float32) and flags (uint8) n x F, faults (int16).

    A faulted row has no id, time 0, NaN features and no flags; `details` says more about some faults, by row,
    and never a feature's value. So does a `waiting` one (bool, n), which has no fault: its schema cannot be
    asked for now, nobody knows yet what it holds, and it is to be read again.
    """

    ids: list[bytes]
    times: NDArray[np.int64]
    matrix: NDArray[np.float32]
    flags: NDArray[np.uint8]
    faults: NDArray[np.int16]
    details: dict[int, str] = field(default_factory=dict)
    waiting: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def __post_init__(self) -> None:
        """Nothing waits unless it is said."""
        if not len(self.waiting):
            self.waiting = np.zeros(len(self.ids), dtype=np.bool_)

    def place(self, other: "Columns", rows: Sequence[int] | NDArray[np.int64]) -> None:
        """Put the rows of `other`, in their order, at `rows` of this batch."""
        at = np.asarray(rows, dtype=np.int64)
        self.times[at] = other.times
        self.matrix[at] = other.matrix
        self.flags[at] = other.flags
        self.faults[at] = other.faults
        self.waiting[at] = other.waiting
        places = at.tolist()
        for place, name in zip(places, other.ids, strict=True):
            self.ids[place] = name
        self.details.update({places[row]: text for row, text in other.details.items()})

    def take(self, rows: NDArray[np.int64]) -> "Columns":
        """The columns of some rows, in their order; these columns themselves when that is all."""
        if len(rows) == len(self.ids):
            return self
        places = rows.tolist()
        ids = [self.ids[row] for row in places]
        parts = (self.times[rows], self.matrix[rows], self.flags[rows], self.faults[rows])
        details = {new: self.details[old] for new, old in enumerate(places) if old in self.details}
        return Columns(ids, *parts, details=details, waiting=self.waiting[rows])


def blank(rows: int, features: int) -> Columns:
    """`rows` rows of which nothing is known yet: no ids, time 0, NaN features, no flags, no faults."""
    return Columns(
        ids=[b""] * rows,
        times=np.zeros(rows, dtype=np.int64),
        matrix=np.full((rows, features), np.nan, dtype=np.float32),
        flags=np.zeros((rows, features), dtype=np.uint8),
        faults=np.zeros(rows, dtype=np.int16),
    )
