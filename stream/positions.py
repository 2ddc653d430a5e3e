"""Where a transaction began in each partition, how far it has read: our own count, not the client's."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from stream.places import by_place
from stream.records import Batch, Place, Span, Start

Offsets = NDArray[np.int64]


class Positions:
    """The open transaction's spans: [start, next) a place; the batch read last may be given back in part."""

    def __init__(self) -> None:
        self._start: dict[Place, int] = {}
        self._next: dict[Place, int] = {}
        self._read: dict[Place, int] = {}
        self._last: dict[Place, Offsets] = {}
        self._given_back: dict[Place, int] = {}

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Forget every place, then stand at `starts`."""
        self._start = {place: start.offset for place, start in starts.items()}
        self.rewind()

    def took(self, batch: Batch) -> None:
        """Count a batch as read.

        Raises ValueError for a record of a place that is not ours, one before the next position, or one after
        the record that was given back.
        """
        self._last = {}
        for place, rows in by_place(batch):
            self._took(place, batch.offsets[rows])

    def _took(self, place: Place, offsets: Offsets) -> None:
        if place not in self._next:
            raise ValueError(f"found a record of {place.topic}[{place.partition}], which is not assigned here")
        first, last = int(offsets[0]), int(offsets[-1])
        expected = self._next[place]
        if first < expected or first > self._given_back.pop(place, first):
            found = f"found offset {first} of {place.topic}[{place.partition}]"
            raise ValueError(f"{found}, expected {expected} or later, and {expected} itself where it was given back")
        self._next[place] = last + 1
        self._read[place] = self._read.get(place, 0) + len(offsets)
        self._last[place] = offsets

    def give_back(self, places: Mapping[Place, int]) -> None:
        """Un-read the records of `places` from these offsets on: each is the offset of one in the batch read last.

        Raises ValueError for any other offset.
        """
        for place, offset in places.items():
            read = self._last.get(place)
            if read is None or offset not in read:
                raise ValueError(f"offset {offset} of {place.topic}[{place.partition}] was not read just now")
            self._last[place] = read[read < offset]
            self._read[place] -= len(read) - len(self._last[place])
            self._next[place] = self._given_back[place] = offset

    def spans(self) -> list[Span]:
        """What the open transaction has used so far, empty spans left out."""
        return [
            Span(place, start, self._next[place], self._read.get(place, 0))
            for place, start in sorted(self._start.items())
            if self._next[place] > start
        ]

    def still(self) -> list[Span]:
        """An empty span at every place, for a heartbeat."""
        return [Span(place, at, at, 0) for place, at in sorted(self._next.items())]

    def advance(self) -> None:
        """The transaction was committed: the next begins where it ended."""
        self._start = dict(self._next)
        self._read = {}

    def rewind(self) -> None:
        """The transaction was aborted: stand again where it began."""
        self._next = dict(self._start)
        self._read, self._last, self._given_back = {}, {}, {}

    def starts(self) -> dict[Place, int]:
        """Where the open transaction began, a place."""
        return dict(self._start)

    def ends(self) -> dict[Place, int]:
        """The next position to read, a place."""
        return dict(self._next)

    def places(self) -> Iterable[Place]:
        """The places assigned."""
        return self._start.keys()
