"""The rows that a scorer sets aside, until they are too many."""

import numpy as np
from numpy.typing import NDArray

from schemas.columns import FAULTS, Columns, fault
from services.scorer.kit import Kit
from services.scorer.settings import PREFIX
from services.start.aside import SettingAside
from stream.records import Batch, Writes

BROKEN = fault("bad_compression")


class Aside(SettingAside):
    """Judges what cannot be read, writes its dead letters."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit.settings, PREFIX)
        self._desk = kit.desk

    def judge(self, batch: Batch, columns: Columns, marks: NDArray[np.bool_]) -> None:
        """Fault the rows that nobody could take out of their batch. Raises Stopped when too many cannot be read."""
        for row, why in batch.broken.items():
            columns.faults[row], columns.details[row] = BROKEN, why
        self._limiter.seen(batch, np.where(marks, 0, columns.faults).astype(np.int16))

    def letters(self, batch: Batch, columns: Columns, dead: NDArray[np.int64]) -> Writes:
        """The dead letters of the rows at `dead`."""
        rows = dead.tolist()
        why = {row: (FAULTS[columns.faults[row]], columns.details.get(row, "")) for row in rows}
        return self._desk.letters(batch, rows, stage="decode", why=why)
