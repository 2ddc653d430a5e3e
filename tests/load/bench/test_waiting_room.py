"""The benchmark of the waiting room lets as many wait as it says, and reads what it wrote."""

from pathlib import Path

import numpy as np
import pytest

from load.bench.waiting_room import ENTRY, PARTITIONS, bench, fill, rows
from services.labeler.room.redis_room import RedisRoom
from stream.redis import Address, Store
from tests.valkeys import running


def test_it_measures_entries_that_are_there(tmp_path: Path) -> None:
    """Every one of them, once, in all partitions, on the index; none of them for nothing."""
    with running(tmp_path / "valkey") as valkey:
        store = Store(Address.parse(valkey.address), timeout_seconds=10.0)
        room = RedisRoom(store, tag="flights")
        size, cost = fill(store, room, 30_000)
        every = rows(np.arange(30_000))
        assert len(every) == PARTITIONS
        assert {one for ids in room.read(every).entries.values() for one in ids} == {ENTRY}
        assert sum(room.gauge().waiting.values()) == 30_000
        due = [one for partition in every for one in room.due(partition, b"x", before=9, most=30_000)]
        assert sum(len(one.ids) for one in due) == 30_000
        assert size > len(ENTRY) + 24
        assert min(cost.client, cost.server, cost.clock) > 0
        room.close()


def test_it_prints_a_line_a_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes, then what each costs, then the ratio."""
    with running(tmp_path / "valkey") as valkey:
        store = Store(Address.parse(valkey.address), timeout_seconds=10.0)
        bench(store, RedisRoom(store, tag="flights"), 5_000)
        said = capsys.readouterr().out
        assert said.startswith("5,000 wait in 12 partitions: ")
        for way in ("arrive, 4000", "read, 500", "write, 500", "read, 4000", "write, 4000", "one an id"):
            assert said.count(way) == 1
        store.close()
