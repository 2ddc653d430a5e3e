"""The sweep clock of a pair: what its predictions and its labels have reached, the lesser of both (decision 0012)."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from stream.clocks import Clocks
from stream.records import Batch, Place, Start
from stream.watermark import NEVER, to_metadata


class Outside(Protocol):
    """What is known of the time beyond this process's partitions, µs; NEVER where nothing is."""

    def reached(self, topic: str) -> int:
        """How far event time has come in any partition of a topic."""


class Pairs:
    """Tells each pair's time from the clocks of its two places.

    A topic that stands at its end, and has brought nothing for `idle_seconds`, takes the other's time; where both do,
    they follow the topics' other partitions, as far as `outside` knows. As long as batches are `full` (rows) nobody is
    idle: the end that was seen may be an old one, what came since waits behind the records of other partitions.
    """

    def __init__(
        self,
        topics: tuple[str, str],
        *,
        idle_seconds: float,
        full: int,
        outside: Outside,
        at_end: Callable[[], Collection[Place]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clocks = Clocks()
        self._topics, self._idle, self._outside = topics, idle_seconds, outside
        self._at_end, self._clock, self._full = at_end, clock, full
        self._read: dict[Place, float] = {}
        self._behind = clock() - idle_seconds

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Take up each place's time where its last commit left it."""
        self.clocks.assigned(starts)
        self._read = dict.fromkeys(starts, self._clock())

    def read(self, batch: Batch) -> None:
        """These places have just brought something."""
        now = self._clock()
        for place, _ in batch.places:
            self._read[place] = now
        if len(batch) >= self._full:
            self._behind = now

    def partitions(self) -> list[int]:
        """The pairs that are ours."""
        return sorted({place.partition for place in self._read})

    def idle(self) -> set[Place]:
        """Places at their end that have brought nothing for a while."""
        since = self._clock() - self._idle
        if self._behind > since:
            return set()
        return {place for place in self._at_end() if self._read.get(place, since + 1) <= since}

    def sweep(self, partitions: Iterable[int] | None = None) -> dict[int, int]:
        """How far time has come in each pair, µs; NEVER where one of its topics has told nothing yet."""
        idle = self.idle()
        return {pair: self._time(pair, idle) for pair in (self.partitions() if partitions is None else partitions)}

    def notes(self) -> dict[int, bytes]:
        """The marks of both halves of each pair, as the room keeps them."""
        return {
            pair: "\n".join(to_metadata(self.clocks.marks.get(Place(topic, pair))) for topic in self._topics).encode()
            for pair in self.partitions()
        }

    def _time(self, pair: int, idle: Collection[Place]) -> int:
        predictions, labels = (Place(topic, pair) for topic in self._topics)
        predicted, labelled = self._reached(predictions), self._reached(labels)
        if predictions in idle and labels in idle:
            return max(predicted, labelled, min(map(self._outside.reached, self._topics)))
        if labels in idle:
            return predicted
        return labelled if predictions in idle else min(predicted, labelled)

    def _reached(self, place: Place) -> int:
        mark = self.clocks.marks.get(place)
        return NEVER if mark is None else mark.at_micros
