"""What the join caused: outcomes as columns, the result of each label."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.labeler import laid
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

    def taken(self, rows: NDArray[np.int64]) -> "Joined":
        """Those at `rows`, in that order."""
        which = rows.tolist()
        return Joined(
            ids=[self.ids[row] for row in which],
            keys=[self.keys[row] for row in which],
            partitions=self.partitions[rows],
            seats=laid.picked(self.seats, rows),
            labels=laid.picked(self.labels, rows),
            before=laid.picked(self.before, rows),
        )


def together(every: Sequence[Joined]) -> Joined:
    """The outcomes of several as one, in their order; of at least one."""
    if len(every) == 1:
        return every[0]
    return Joined(
        ids=list(chain.from_iterable(joined.ids for joined in every)),
        keys=list(chain.from_iterable(joined.keys for joined in every)),
        partitions=np.concatenate([joined.partitions for joined in every]),
        seats=laid.together([joined.seats for joined in every]),
        labels=laid.together([joined.labels for joined in every]),
        before=laid.together([joined.before for joined in every]),
    )


class Causing:
    """Gathers outcomes one by one; each is of the `row` that is looked at."""

    def __init__(self) -> None:
        self.row = 0
        self._rows: list[int] = []
        self._where: list[Where] = []
        self._seats: list[bytes] = []
        self._labels: list[bytes] = []
        self._before: list[bytes] = []

    def add(self, where: Where, seat: Seat, label: Label | None = None, before: Label | None = None) -> None:
        """Another outcome."""
        self._rows.append(self.row)
        self._where.append(where)
        self._seats.append(pack_seat(seat))
        self._labels.append(NOTHING if label is None else pack_label(label))
        self._before.append(NOTHING if before is None else pack_label(before))

    def among(self, others: Joined, rows: NDArray[np.int64]) -> Joined:
        """All of them and `others`, which are of `rows` (m,), in the order of rows."""
        if not self._rows:
            return others
        own = Joined(
            ids=[where.id for where in self._where],
            keys=[where.key for where in self._where],
            partitions=np.array([where.partition for where in self._where], np.int32),
            seats=np.frombuffer(b"".join(self._seats), SEAT),
            labels=np.frombuffer(b"".join(self._labels), LABEL),
            before=np.frombuffer(b"".join(self._before), LABEL),
        )
        return together([others, own]).taken(np.argsort(np.concatenate([rows, self._rows]), kind="stable"))
