"""The records that a labeler sets aside, until they are too many."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from services.labeler.intake import Read, reasons_of
from services.labeler.kit import Kit
from services.labeler.settings import PREFIX
from services.start.aside import SettingAside
from stream.records import Writes


class Aside(SettingAside):
    """Judges what cannot be used, writes its dead letters, each topic's to its own."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit.settings, PREFIX)
        self._desk = kit.desk

    def judge(self, read: Read) -> None:
        """Raises Stopped when too much cannot be used."""
        self._limiter.seen(read.batch, np.where(read.marks, 0, read.faults).astype(np.int16))

    def letters(self, read: Read, dead: NDArray[np.int64]) -> tuple[list[Writes], Counter[str]]:
        """The dead letters of the rows at `dead`, a topic; how many for each reason."""
        why, by_topic = reasons_of(read, dead.tolist()), dict[str, list[int]]()
        for row in why:
            by_topic.setdefault(read.batch.topics[row], []).append(row)
        topics = by_topic.items()
        writes = [self._desk(topic).letters(read.batch, rows, stage="decode", why=why) for topic, rows in topics]
        return writes, Counter(reason for reason, _ in why.values())
