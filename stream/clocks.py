"""How far event time has come in each partition, by its records, by the watermark marks among them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stream.places import by_place
from stream.records import Batch, Place, Start, no_headers
from stream.watermark import NEVER, Watermark, advance, from_metadata, to_metadata

MARK_HEADER = "driftline-watermark"
LONGEST_MARK = 19


class Clocks:
    """A watermark a partition; what the open transaction moved is forgotten when it is aborted."""

    def __init__(self) -> None:
        self.marks: dict[Place, Watermark | None] = {}
        self._kept: dict[Place, Watermark | None] = {}

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Take up each watermark where the partition's last commit left it."""
        self._kept = {place: from_metadata(start.metadata) for place, start in starts.items()}
        self.aborted()

    def committed(self) -> None:
        """What was moved stays moved."""
        self._kept = dict(self.marks)

    def aborted(self) -> None:
        """Nothing was moved."""
        self.marks = dict(self._kept)

    def metadata(self) -> dict[Place, str]:
        """The watermarks as they travel with the committed offsets."""
        return {place: to_metadata(mark) for place, mark in self.marks.items()}

    def follow(
        self, batch: Batch, times: NDArray[np.int64], *, events: NDArray[np.bool_], marks: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Move each partition's watermark past its `events` and `marks`, in their order.

        `times` (n,) are the batch's, µs. Returns how far time had come before each of those rows, NEVER for others.
        """
        reached = np.full(len(batch), NEVER)
        for place, mine in by_place(batch, np.flatnonzero(events | marks)):
            reached[mine], self.marks[place] = advance(self.marks.get(place), times[mine], marks[mine])
        return reached


def header_of(batch: Batch, row: int, name: str) -> bytes | None:
    """The last header called `name` of a record."""
    found = [value for key, value in batch.headers(row) or () if key == name]
    return found[-1] if found else None


def read_marks(batch: Batch, latest_micros: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which rows are watermark marks, (n,), with the time each says, µs (n,).

    A mark is a null value with the header; its time must lie between 1970 and `latest_micros`, for anybody may write
    one: what says otherwise is no mark.
    """
    found, said = np.zeros(len(batch), bool), np.zeros(len(batch), np.int64)
    if batch.headers is no_headers:
        return found, said
    for row in [row for row, value in enumerate(batch.values) if value is None]:
        text = header_of(batch, row, MARK_HEADER) or b""
        if text.isdigit() and len(text) <= LONGEST_MARK and int(text) <= latest_micros:
            found[row], said[row] = True, int(text)
    return found, said
