"""The waiting room as everyone sees it: what is read in one round trip, what is written at once (decision 0013)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class State:
    """One partition's state: its owner's token, the applied offsets (-1 = being rebuilt), the floor, opaque notes."""

    token: int
    predictions: int
    labels: int
    floor: int
    notes: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: packed entries in the order they were wanted (b"" = absent), each partition's state."""

    entries: dict[int, list[bytes]]
    states: dict[int, State | None]


@dataclass(frozen=True, slots=True)
class Change:
    """What one transaction changes in one partition.

    `puts`: entries by id, b"" deletes. By (kind, slot), `adds`: ids to append, `drops`: how many to take from the head,
    as many as were found there: only what was added at once leaves at once. `words`: what names stand for.
    """

    state: State
    puts: dict[bytes, bytes] = field(default_factory=dict)
    adds: dict[tuple[bytes, int], list[bytes]] = field(default_factory=dict)
    drops: dict[tuple[bytes, int], int] = field(default_factory=dict)
    words: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """Ids from the head of one slot."""

    slot: int
    ids: list[bytes]


@dataclass(frozen=True, slots=True)
class Gauge:
    """How full the room is: bytes used, most bytes (0 = no limit), waiting entries per partition."""

    used_bytes: int
    most_bytes: int
    waiting: dict[int, int]


Written = Callable[[], dict[int, int | None]]
"""What waits for the answer to a write."""


class Room(Protocol):
    """Where those that wait are kept."""

    def read(self, wanted: Mapping[int, Sequence[bytes]]) -> Found:
        """Entries of ids and the states of their partitions, in one round trip."""

    def due(self, partition: int, kind: bytes, *, before: int, most: int) -> list[Due]:
        """Slots before `before` in order, until `most` ids are found or more: a portion is not parted."""

    def write(self, changes: Mapping[int, Change]) -> dict[int, int | None]:
        """All or nothing: every stored token must equal the change's; answers the tokens of those that did not."""

    def writing(self, changes: Mapping[int, Change]) -> Written:
        """As `write`, but its answer is waited for when it is asked for, before anything else is asked of the room."""

    def claim(self, partition: int, token: int) -> State | None:
        """Set the token if absent or lower; the state as it is after it."""

    def wipe(self, partition: int, token: int) -> None:
        """Delete a partition's entries, indexes and applied offsets in bounded steps, token-checked."""

    def word(self, name: int) -> bytes | None:
        """What a name stands for."""

    def gauge(self) -> Gauge:
        """How full it is."""
