"""A scorer that gets five times the events it can score neither swells, nor falls out of its group; it catches up.

OVERLOAD_SECONDS says how long (default 10; `make soak` takes 60).
"""

import os
import random
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from driftline.local.child import Child
from tests.broker.scorer_load import assignments
from tests.broker.scorer_proof import prove_each_once
from tests.broker.scorer_world import World
from tests.services.scorer.world import event

SECONDS = float(os.environ.get("OVERLOAD_SECONDS", "10"))
TIMES, TICKS_A_SECOND = 5, 20
MOST_GROWTH_BYTES = 100_000_000


class Load(NamedTuple):
    """Events of so many bytes for a scorer that takes at most `rows` of them each `seconds`."""

    padding: int
    rows: int
    seconds: float

    @property
    def capacity(self) -> float:
        """Events a second that it can score, at best."""
        return self.rows / self.seconds


LOADS = {"small": Load(padding=0, rows=20, seconds=0.1), "large": Load(padding=95_000, rows=200, seconds=4.0)}


class Overload:
    """Feeds a scorer more than it can take, looks at its memory all the while."""

    def __init__(self, world: World, child: Child, load: Load) -> None:
        self._world, self._child, self._load = world, child, load
        self._chance = random.Random(world.prefix)
        self.seen: list[int] = []

    def feed(self, count: int) -> None:
        """So many events, each with its padding."""
        self._world.feed([event(n, ignored=self._padding()) for n in range(self._world.fed, self._world.fed + count)])

    def _padding(self) -> str:
        """Text that zstd makes sixty times smaller, no two alike: what is fetched in one answer grows by as much."""
        return self._chance.randbytes(self._load.padding // 64).hex() * 32

    def look(self) -> int:
        """Resident memory now, bytes."""
        pages = int(Path(f"/proc/{self._child.pid}/statm").read_text().split()[1])
        self.seen.append(pages * os.sysconf("SC_PAGE_SIZE"))
        return self.seen[-1]

    def last(self, seconds: float) -> float:
        """Feed at five times the capacity for so long; events a second that really went."""
        began, fed = time.monotonic(), self._world.fed
        rate = TIMES * self._load.capacity
        while (passed := time.monotonic() - began) < seconds:
            owed = int(rate * passed) - (self._world.fed - fed)
            self.feed(owed)
            self.look()
            time.sleep(1 / TICKS_A_SECOND)
        return (self._world.fed - fed) / passed

    def is_over(self) -> bool:
        """Everything that was fed is committed."""
        self.look()
        return self._world.behind() == 0


@pytest.mark.parametrize("size", LOADS)
def test_five_times_too_much_is_borne(world: World, size: str) -> None:
    """Memory grows by less than 100 MB, no partition changes hands, nothing aborts, the backlog goes by itself."""
    load = LOADS[size]
    child, slow = world.slow(load.seconds, batch_rows=load.rows)
    overload = Overload(world, child, load)
    slow.unlink()
    overload.feed(100)
    world.wait(overload.is_over)
    before = overload.look()
    slow.touch()
    rate = overload.last(SECONDS)
    backlog, during = world.behind(), max(overload.seen)
    assert backlog > world.fed / 2
    slow.unlink()
    began = time.monotonic()
    world.wait(overload.is_over)
    drained = world.fed / (time.monotonic() - began)
    overload.feed(100)
    world.wait(overload.is_over)
    after, peak = overload.look(), max(overload.seen)
    said = f"{size}: {rate:,.0f} events/s for {SECONDS:g} s at a capacity of {load.capacity:,.0f}; {backlog:,} behind"
    said += f"; then {drained:,.0f} events/s; memory before {before / 1e6:.0f}, at most {during / 1e6:.0f} during"
    said += f", {peak / 1e6:.0f} while it caught up, {after / 1e6:.0f} MB after; {assignments(child)} assignment"
    print(said)  # noqa: T201 - the soak's table
    assert peak - before < MOST_GROWTH_BYTES, said
    assert child.stop() == 0, world.logs()
    log = child.log.read_text()
    assert (assignments(child), log.count('"event": "transaction"')) == (1, 0), world.logs()
    prove_each_once(world)
