"""Where a transaction began in each partition, how far it has read: our own count, not the client's."""

from collections.abc import Iterable, Mapping

import numpy as np

from stream.records import Batch, Place, Span, Start


class Positions:
    """The open transaction's spans: [start, next) a place."""

    def __init__(self) -> None:
        self._start: dict[Place, int] = {}
        self._next: dict[Place, int] = {}
        self._read: dict[Place, int] = {}

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Forget every place, then stand at `starts`."""
        self._start = {place: start.offset for place, start in starts.items()}
        self._next = dict(self._start)
        self._read = {}

    def took(self, batch: Batch) -> None:
        """Count a batch as read.

        Raises ValueError for a record of a place that is not ours, or one before the next position.
        """
        places = np.unique(np.stack([_codes(batch), batch.partitions.astype(np.int64)]), axis=1).T
        names = list(dict.fromkeys(batch.topics))
        codes = _codes(batch)
        for code, partition in places.tolist():
            rows = (codes == code) & (batch.partitions == partition)
            self._took(Place(names[code], partition), batch.offsets[rows])

    def _took(self, place: Place, offsets: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> None:
        if place not in self._next:
            raise ValueError(f"found a record of {place.topic}[{place.partition}], which is not assigned here")
        first, last = int(offsets[0]), int(offsets[-1])
        if first < self._next[place]:
            raise ValueError(
                f"found offset {first} of {place.topic}[{place.partition}], expected {self._next[place]} or later"
            )
        self._next[place] = last + 1
        self._read[place] = self._read.get(place, 0) + len(offsets)

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
        self._read = {}

    def starts(self) -> dict[Place, int]:
        """Where the open transaction began, a place."""
        return dict(self._start)

    def ends(self) -> dict[Place, int]:
        """The next position to read, a place."""
        return dict(self._next)

    def places(self) -> Iterable[Place]:
        """The places assigned."""
        return self._start.keys()


def _codes(batch: Batch) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    names = {name: code for code, name in enumerate(dict.fromkeys(batch.topics))}
    if len(names) == 1:
        return np.zeros(len(batch), np.int64)
    return np.fromiter((names[topic] for topic in batch.topics), np.int64, len(batch))
