"""Compressed batches that the client refuses to open: which positions they hold, so that reading can go on behind."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from confluent_kafka import KafkaError, TopicPartition

from stream.faults import Abort
from stream.kafka.reading import open_reader
from stream.records import Batch, Place

PROBE_SECONDS = 10.0


def is_broken(message: Any) -> bool:
    """Whether the client found a batch that it cannot, or for its size will not, decompress."""
    error = message.error()
    return error is not None and error.code() == KafkaError._BAD_COMPRESSION


class Reading(Protocol):
    """What is asked of whoever reads: to stand still or go on, and where a place ends."""

    def stand(self, positions: Mapping[Place, int]) -> None:
        """Read from `positions`, nothing elsewhere."""

    def high(self, place: Place) -> int:
        """Where a place ends now. Raises Abort."""


class Broken:
    """Positions still to be told, a place: [start, end) of batches that nobody can read, with what was said of them.

    librdkafka tells of such a batch again and again without moving on, and never where it ends. A fetch from a
    position inside of it names the batch's first position again: so the end is found by asking.
    """

    def __init__(self, brokers: str, file: Path | None, isolation: str = "read_committed") -> None:
        self._brokers, self._file, self._isolation = brokers, file, isolation
        self.left: dict[Place, tuple[int, int, str]] = {}
        self.met: dict[Place, Any] = {}
        self.is_held = False

    def pass_by(self, broken: Sequence[Any], consumer: Reading, ends: Mapping[Place, int], *, is_open: bool) -> None:
        """Nothing is fetched while positions of broken batches are left to be told; then reading goes on behind.

        `ends` holds the next position of each place we read. Raises Abort.
        """
        if broken:
            # Where they end is asked at the next turn: the stage may give back what stands before them.
            self.meet(broken)
            consumer.stand({})
            return
        if self.met and not is_open:
            # Asking takes its time, which an open transaction may not have.
            self.find(ends, consumer.high)
        if self.is_held and not self.left and not self.met:
            self.forget()
            consumer.stand(ends)

    def meet(self, messages: Sequence[Any]) -> None:
        """Broken batches came: reading is held, where they end is asked later, by `find`."""
        self.is_held = True
        for message in messages:
            self.met.setdefault(Place(message.topic(), message.partition()), message)

    def find(self, ends: Mapping[Place, int], high: Callable[[Place], int]) -> None:
        """Take up one of those met. Raises Abort."""
        self.found([self.met.pop(next(iter(self.met)))], ends, high)

    def drop(self, places: Iterable[Place]) -> None:
        """Records before what was met there were given back: it is met again behind them."""
        for place in places:
            self.met.pop(place, None)
            self.left.pop(place, None)

    def forget(self) -> None:
        """Nothing is left to be told, nothing holds reading up."""
        self.left.clear()
        self.met.clear()
        self.is_held = False

    def found(self, messages: Sequence[Any], ends: Mapping[Place, int], high: Callable[[Place], int]) -> None:
        """Take up the broken batches among `messages`; reading is held until all they hold is told.

        `ends` holds the next position of each place we read, `high` says where a place ends. Raises Abort.
        """
        self.is_held = True
        for message in messages:
            place, first = Place(message.topic(), message.partition()), message.offset()
            if place in ends and place not in self.left:
                start = max(ends[place], first)
                end = self._end(place, first, start, high(place))
                if end > start:
                    self.left[place] = (start, end, message.error().str())

    def _end(self, place: Place, first: int, inside: int, high: int) -> int:
        """The first position behind the batch that begins at `first` and holds `inside`: gallop, then halve."""
        reader = open_reader(self._brokers, file=self._file, isolation_level=self._isolation, fetch_error_backoff_ms=10)
        try:
            step, outside = 1, high
            while inside + step < high:
                if not _is_in(reader, place, first, inside + step):
                    outside = inside + step
                    break
                inside, step = inside + step, step * 2
            while outside - inside > 1:
                middle = (inside + outside) // 2
                is_in = _is_in(reader, place, first, middle)
                inside, outside = (middle, outside) if is_in else (inside, middle)
            return outside
        finally:
            reader.close()

    def batch(self, rows: int) -> Batch | None:
        """Up to `rows` of the positions left to be told, as rows without anything but a place; None when all are."""
        if not self.left:
            return None
        place, (start, end, why) = next(iter(self.left.items()))
        n = min(rows, end - start)
        if start + n < end:
            self.left[place] = (start + n, end, why)
        else:
            del self.left[place]
        return Batch(
            topics=[place.topic] * n,
            partitions=np.full(n, place.partition, np.int32),
            offsets=np.arange(start, start + n, dtype=np.int64),
            timestamps=np.full(n, -1, np.int64),
            keys=[None] * n,
            values=[None] * n,
            headers=lambda _row: None,
            broken=dict.fromkeys(range(n), why),
        )


def _is_in(reader: Any, place: Place, first: int, offset: int) -> bool:
    """Whether `offset` lies in the broken batch that begins at `first`. Raises Abort when nobody answers."""
    reader.assign([TopicPartition(*place, offset)])
    deadline = time.monotonic() + PROBE_SECONDS
    while time.monotonic() < deadline:
        message = reader.poll(0.1)
        if message is None:
            continue
        if is_broken(message):
            return bool(message.offset() == first)
        if message.error() is None or message.error().code() == KafkaError._PARTITION_EOF:
            return False
    raise Abort(f"{place.topic}[{place.partition}]: the broker does not say what stands at offset {offset}")
