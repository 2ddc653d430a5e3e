"""What readers of a soak's topics see, kept in columns of integers."""

import threading
import time
import zlib
from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from driftline.books import Books
from schemas.records import read_record
from stream.faults import Stopped
from stream.kafka.reading import assign_reader, end_of, errors_of, open_reader, partitions_of, to_batch
from stream.kafka.scan import scan
from stream.records import Batch, Place
from tests.faults.soak.feeding import (
    DEAD,
    DEGRADED,
    MARK,
    MARK_HEADER,
    NUMBER_HEADER,
    REJECTED,
    SCORED,
    SECOND_MICROS,
)
from tests.services.scorer.world import START_MICROS

Column = NDArray[np.int64]
NONE = -1
MODES = {"scored": SCORED, "fallback": DEGRADED, "prior": DEGRADED, "rejected": REJECTED}
NEEDED = ("event_id", "mode", "source")


class Columns:
    """Rows of integers that grow, read as columns by name."""

    names: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._columns = {name: array("q") for name in self.names}

    def append(self, *row: int) -> None:
        """One more row."""
        for column, value in zip(self._columns.values(), row, strict=True):
            column.append(value)

    def __len__(self) -> int:
        return len(self._columns[self.names[0]])

    def __getitem__(self, name: str) -> Column:
        return np.array(self._columns[name], np.int64)


class Fed(Columns):
    """The inputs: where each stands, its number, the checksum of its key."""

    names = ("partition", "offset", "number", "key")

    def add(self, batch: Batch) -> None:
        """Take up a batch of the features topic."""
        places = zip(batch.partitions.tolist(), batch.offsets.tolist(), batch.keys, strict=True)
        for row, (partition, offset, key) in enumerate(places):
            number = dict(batch.headers(row) or ())[NUMBER_HEADER]
            self.append(partition, offset, int(number or b""), zlib.crc32(key or b""))


class Answers(Columns):
    """The answers: how, where each stands, whose it is (a mark has no source), its number, its key's checksum."""

    names = ("how", "partition", "offset", "source_partition", "source_offset", "number", "key")

    def __init__(self, books: Books) -> None:
        super().__init__()
        self.letters, self.features = books.topic("features.dlq"), books.topic("features")
        self.topics = [books.topic("predictions"), self.letters]

    def add(self, batch: Batch) -> None:
        """Take up a batch of predictions and dead letters."""
        for row in range(len(batch)):
            how, source, number = self._read(batch, row)
            partition, offset = int(batch.partitions[row]), int(batch.offsets[row])
            self.append(how, partition, offset, *source, number, zlib.crc32(batch.keys[row] or b""))

    def _read(self, batch: Batch, row: int) -> tuple[int, tuple[int, int], int]:
        value = batch.values[row]
        if batch.topics[row] == self.letters:
            note = dict(batch.headers(row) or ())
            said = [int(note[f"dlq.error.{name}"] or b"") for name in ("partition", "offset")]
            return DEAD, (said[0], said[1]), int(note[NUMBER_HEADER] or b"")
        if value is None:
            at = int(dict(batch.headers(row) or ())[MARK_HEADER] or b"")
            return MARK, (NONE, NONE), (at - START_MICROS) // SECOND_MICROS
        told = read_record("prediction", value, fields=NEEDED)
        source = told["source"]
        assert source["topic"] == self.features, source
        return MODES[told["mode"]], (source["partition"], source["offset"]), int(told["event_id"].removeprefix("e"))


def read_fed(books: Books) -> Fed:
    """Every input there is."""
    fed = Fed()
    for batch in scan(books.brokers, [books.topic("features")]):
        fed.add(batch)
    return fed


def read_answers(books: Books) -> Answers:
    """Every committed answer there is."""
    answers = Answers(books)
    for batch in scan(books.brokers, answers.topics):
        answers.add(batch)
    return answers


class Follower:
    """A read_committed reader that is there all the while: what it was shown cannot be taken back."""

    def __init__(self, books: Books) -> None:
        self.seen = Answers(books)
        self.troubles: list[str] = []
        self._books, self._next = books, dict[Place, int]()
        self._enough: int | None = None
        self._deadline = float("inf")
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._is_done():
            try:
                for batch in self._batches():
                    self.seen.add(batch)
            except Stopped as trouble:  # a broker that just came up may know of no topic yet: ask again
                self.troubles.append(trouble.what)
                time.sleep(0.2)

    def _batches(self) -> Iterator[Batch]:
        reader = open_reader(self._books.brokers, session_timeout_ms=6_000)
        try:
            if not self._next:
                found = [place for topic in self.seen.topics for place in partitions_of(reader, topic)]
                self._next = {place: end_of(reader, place)[0] for place in found}
            assign_reader(reader, self._next)
            while not self._is_done():
                good, _ = errors_of(reader.consume(500, 0.05))
                if good:
                    yield to_batch(good)
                    self._next.update({Place(m.topic(), m.partition()): m.offset() + 1 for m in good})
        finally:
            reader.close()

    def _is_done(self) -> bool:
        enough = self._enough
        return time.monotonic() > self._deadline or (enough is not None and len(self.seen) >= enough)

    def stop(self, enough: int, timeout_seconds: float) -> Answers:
        """What it saw, once it has seen `enough` answers or the time is over."""
        self._deadline = time.monotonic() + timeout_seconds
        self._enough = enough
        self._thread.join()
        return self.seen
