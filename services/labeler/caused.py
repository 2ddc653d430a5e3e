"""What the join caused: outcomes as columns, the result of each label."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.labeler.core import Label, Seat
from services.labeler.entry import LABEL, NOTHING, SEAT, pack_label, pack_seat

TOO_MANY = -1
"""The result of a label that its event has no place for: a dead letter."""


class Where(NamedTuple):
    """Whom an outcome is about: the event, the key to write."""

    partition: int
    id: bytes
    key: bytes | None


@dataclass(frozen=True, kw_only=True)
class Joined:
    """n outcomes in the order they were caused.

    `ids`, `keys`, `partitions`: whose it is, under which key it is written. `seats` SEAT: the seat with the status and
    the `seq` that are published; a duplicate is made of the repeated prediction, its seq -1. `labels` LABEL: the label
    that stands now, `before` LABEL: the one that stood before and is taken back; revision -1 and value NaN where there
    is none.
    """

    ids: list[bytes]
    keys: list[bytes | None]
    partitions: NDArray[np.int32]
    seats: NDArray[np.void]
    labels: NDArray[np.void]
    before: NDArray[np.void]


def together(every: Sequence[Joined]) -> Joined:
    """The outcomes of several as one, in their order; of at least one."""
    return Joined(
        ids=[one for joined in every for one in joined.ids],
        keys=[key for joined in every for key in joined.keys],
        **{
            name: np.concatenate([getattr(joined, name) for joined in every])
            for name in ("partitions", "seats", "labels", "before")
        },
    )


class Causing:
    """Gathers outcomes one by one."""

    def __init__(self) -> None:
        self._where: list[Where] = []
        self._seats: list[bytes] = []
        self._labels: list[bytes] = []
        self._before: list[bytes] = []

    def add(self, where: Where, seat: Seat, label: Label | None = None, before: Label | None = None) -> None:
        """Another outcome."""
        said = (NOTHING if one is None else pack_label(one) for one in (label, before))
        self.add_packed(where, pack_seat(seat), *said)

    def add_packed(self, where: Where, seat: bytes, label: bytes, before: bytes = NOTHING) -> None:
        """Another outcome, of SEAT and LABEL bytes."""
        self._where.append(where)
        self._seats.append(seat)
        self._labels.append(label)
        self._before.append(before)

    def joined(self) -> Joined:
        """All of them."""
        return Joined(
            ids=[where.id for where in self._where],
            keys=[where.key for where in self._where],
            partitions=np.array([where.partition for where in self._where], np.int32),
            seats=np.frombuffer(b"".join(self._seats), SEAT),
            labels=np.frombuffer(b"".join(self._labels), LABEL),
            before=np.frombuffer(b"".join(self._before), LABEL),
        )
