"""A batch of labels as columns, coded as the model's contract says."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class LabelColumns:
    """n labels: ids (UTF-8), values (float64, see Truths.coded), times (int64 µs UTC, when known), revisions (int32).

    `faults` (int16) is an index into FAULTS; a faulted row has no id, value NaN, time 0 and revision 0. `details` says
    more about some faults, by row. `waiting` rows are to be read again: their schema cannot be asked for now.
    """

    ids: list[bytes]
    values: NDArray[np.float64]
    times: NDArray[np.int64]
    revisions: NDArray[np.int32]
    faults: NDArray[np.int16]
    waiting: NDArray[np.bool_]
    details: dict[int, str] = field(default_factory=dict)

    def place(self, other: "LabelColumns", rows: NDArray[np.int64]) -> None:
        """Put the rows of `other`, in their order, at `rows` of this batch."""
        self.values[rows], self.times[rows], self.revisions[rows] = other.values, other.times, other.revisions
        self.faults[rows] = other.faults
        places = rows.tolist()
        for place, one in zip(places, other.ids, strict=True):
            self.ids[place] = one
        self.details.update({places[row]: text for row, text in other.details.items()})

    def clear(self, rows: NDArray[np.int64]) -> None:
        """Forget what the faulted `rows` hold."""
        self.values[rows], self.times[rows], self.revisions[rows] = np.nan, 0, 0
        for row in rows.tolist():
            self.ids[row] = b""


def blank(rows: int) -> LabelColumns:
    """Rows of which nothing is known yet."""
    return LabelColumns(
        ids=[b""] * rows,
        values=np.full(rows, np.nan),
        times=np.zeros(rows, dtype=np.int64),
        revisions=np.zeros(rows, dtype=np.int32),
        faults=np.zeros(rows, dtype=np.int16),
        waiting=np.zeros(rows, dtype=np.bool_),
    )
