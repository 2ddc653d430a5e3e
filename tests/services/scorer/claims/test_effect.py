"""What is committed when transactions abort and processes crash between claim and commit: one effect an event."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.local.valkey import Valkey
from services.scorer.claims.book import Book
from services.scorer.claims.claims import Claims
from services.scorer.claims.memory import MemoryBook
from stream.memory import MemoryLog
from stream.memory_broker import MemoryBroker
from stream.records import Batch, Place, Writes
from tests.services.scorer.claims.claiming import HOUR, book_in, claims_in

PARTITIONS = 2
SINKS = ("scored", "refused", "duplicate")
Sent = tuple[bytes, int, bool]
"""An event id, the partition it was sent to, whether its record is refused."""
End = st.sampled_from(["commit", "abort", "crash"])
IDS = st.sampled_from([b"a", b"b", b"c", b"d"])


@pytest.fixture(scope="module", params=["memory", "valkey"])
def book(request: pytest.FixtureRequest, shared: Valkey) -> Iterator[Book]:
    """Both books; every example is a new owner."""
    book = MemoryBook(HOUR.total_seconds()) if request.param == "memory" else book_in(shared)
    yield book
    book.close()


class World:
    """Two partitions of events, one scorer after the other, three topics of what became of them."""

    def __init__(self, claims: Claims, sent: Sequence[Sent], rows: int) -> None:
        self.broker, self.claims, self.rows = MemoryBroker(), claims, rows
        self.fine: set[tuple[int, int]] = set()
        for topic in ("source", *SINKS):
            self.broker.create(topic, PARTITIONS)
        for event, partition, refused in sent:
            values = [b"refused" if refused else b"fine"]
            self.broker.produce(Writes(topic="source", values=values, keys=[event], partitions=[partition]))
        self.log = self.started()

    def started(self) -> MemoryLog:
        """A scorer that has its partitions."""
        log = MemoryLog(self.broker, "g", ["source"], rows=self.rows)
        for _ in range(3):
            if not log.changed and log.pending is None:
                break
            try:
                log.poll(0)
            except RuntimeError:
                log.abort()
        return log

    def transaction(self, batches: int, end: str, moods: Iterator[bool]) -> bool:
        """Score some batches and end so; whether there was anything to read."""
        read = False
        for _ in range(batches):
            batch = self.log.poll(0)
            if batch is not None:
                self.take(batch, moods)
                read = True
        if end == "commit":
            self.log.commit({Place("source", partition): "" for partition in range(PARTITIONS)})
        else:
            self.log.abort()
        if end == "crash":
            self.log.close()
            self.log = self.started()
        return read

    def take(self, batch: Batch, moods: Iterator[bool]) -> None:
        """Write every record to the topic of what becomes of it; a mood refuses what was never found fine."""
        ids = [key or b"" for key in batch.keys]
        places = list(zip(batch.partitions.tolist(), batch.offsets.tolist(), strict=True))
        refused = np.array(
            [
                v == b"refused" or (at not in self.fine and next(moods))
                for v, at in zip(batch.values, places, strict=True)
            ]
        )
        self.fine |= {at for at, no in zip(places, refused.tolist(), strict=True) if not no}
        duplicates = self.claims.claim(ids, batch.partitions, batch.offsets, refused=refused).duplicates
        for topic, which in zip(SINKS, (~refused & ~duplicates, refused, duplicates), strict=True):
            rows = np.flatnonzero(which).tolist()
            partitions = batch.partitions[which].tolist()
            keys = [ids[row] for row in rows]
            self.log.write(Writes(topic=topic, values=[b""] * len(rows), keys=keys, partitions=partitions))

    def seen(self, topic: str) -> Counter[bytes]:
        """How often each id stands committed on `topic`."""
        found = [self.broker.committed(Place(topic, partition), 0, 10_000) for partition in range(PARTITIONS)]
        return Counter(entry.key or b"" for entries in found for _, entry in entries)


def never() -> Iterator[bool]:
    """No mood at all."""
    while True:
        yield False


def drained(world: World, ends: Sequence[tuple[int, str]], moods: Iterator[bool]) -> World:
    """The world after these transactions, and as many more as it takes."""
    for batches, end in ends:
        world.transaction(batches, end, moods)
    while world.transaction(2, "commit", moods):
        pass
    return world


@settings(max_examples=80, deadline=None)
@given(
    sent=st.lists(st.tuples(IDS, st.integers(0, 1), st.booleans()), min_size=1, max_size=14),
    ends=st.lists(st.tuples(st.integers(1, 3), End), max_size=8),
    rows=st.integers(1, 5),
)
def test_every_event_has_one_effect(book: Book, sent: list[Sent], ends: list[tuple[int, str]], rows: int) -> None:
    """Sent to any partition any number of times: scored once if any of its records is fine."""
    world = drained(World(claims_in(book), sent, rows), ends, never())
    fine = Counter(event for event, _, refused in sent if not refused)
    assert world.seen("scored") == Counter(dict.fromkeys(fine, 1))
    assert world.seen("duplicate") == fine - world.seen("scored")
    assert world.seen("refused") == Counter(event for event, _, refused in sent if refused)


@settings(max_examples=80, deadline=None)
@given(
    events=st.lists(IDS, min_size=1, max_size=14),
    ends=st.lists(st.tuples(st.integers(1, 3), End), max_size=8),
    rows=st.integers(1, 5),
    moods=st.lists(st.booleans(), min_size=1, max_size=20),
)
def test_no_duplicate_without_its_original(
    book: Book, events: list[bytes], ends: list[tuple[int, str]], rows: int, moods: list[bool]
) -> None:
    """Records that are refused on one attempt and fine on the next: of one key, none is a duplicate of nothing."""

    def turning() -> Iterator[bool]:
        yield from moods
        yield from never()

    sent = [(event, event[0] % PARTITIONS, False) for event in events]
    world = drained(World(claims_in(book), sent, rows), ends, turning())
    fine = Counter(events) - world.seen("refused")
    assert world.seen("scored") == Counter(dict.fromkeys(fine, 1))
    assert world.seen("duplicate") == fine - world.seen("scored")
