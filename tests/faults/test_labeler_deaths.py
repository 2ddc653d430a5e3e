"""Labelers that die, come, go or freeze, with the waiting room or without it: the table is that of a calm run."""

import os
import signal
import time

import pytest

from driftline.local.valkey import Valkey
from tests.broker.scorer_load import assignments, said
from tests.faults.joining_world import Joins, Table
from tests.valkeys import talking

FROZEN_SECONDS = 30.0 if os.environ.get("FAULT_LONG") else 0.0
UNWRITTEN = "a committed transaction could not be written"
LIVES = (
    ("swept:1", False),
    ("writing:3", False),
    ("healing:1", True),
    ("published:2", True),
    ("healing:3", False),
    ("swept:2", True),
)
"""Where each life ends, and whether the room is lost before it begins."""


def flush(valkey: Valkey) -> None:
    """The room is gone."""
    with talking(valkey) as inside:
        inside.flushall()


def test_a_labeler_killed_in_sweeps_and_rebuilds_joins_as_a_calm_one(joins: Joins, valkey: Valkey, calm: Table) -> None:
    """Kill -9 with outcomes of a sweep unwritten, between commit and room, in the midst of three rebuilds."""
    joins.tell(0.4)
    first = joins.labeler(valkey)
    joins.drain()  # from here on every pair has something of both topics to be rebuilt
    first.kill()
    for moment, is_lost in LIVES:
        if is_lost:
            flush(valkey)
        life = joins.labeler(valkey, at=f"{moment}=kill")
        joins.tell(0.08)
        joins.ended(life)
        assert life.exit_code == 137, joins.logs()
    last = joins.labeler(valkey)
    joins.finish()
    assert last.stop() == 0, joins.logs()
    joins.prove(calm)


def test_labelers_that_join_die_and_leave_join_as_a_calm_one(joins: Joins, valkey: Valkey, calm: Table) -> None:
    """A second joins, the first is killed, comes back, the second is told to stop: pairs move four times."""
    first = joins.labeler(valkey)
    joins.tell(0.2)
    joins.drain()
    second = joins.labeler(valkey, slot="two")
    joins.tell(0.2)
    joins.wait(lambda: assignments(second) >= 1)
    joins.tell(0.1)
    first.kill()
    joins.tell(0.1)
    joins.drain()
    third = joins.labeler(valkey)
    joins.tell(0.1)
    joins.wait(lambda: assignments(third) >= 1)
    joins.tell(0.1)
    assert second.stop() == 0, joins.logs()
    joins.finish()
    assert third.stop() == 0, joins.logs()
    joins.prove(calm)


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_labeler_that_wakes_up_late_writes_nothing(
    joins: Joins, valkey: Valkey, calm: Table, *, is_lost: bool
) -> None:
    """Frozen between commit and room; when it wakes its pairs and tokens are another's, or the room is empty."""
    late = joins.labeler(valkey, at="writing:4=stop", slot=None)
    joins.tell(0.4)
    joins.wait(lambda: is_stopped(late.pid))
    other = joins.labeler(valkey, slot=None)
    joins.tell(0.2)
    joins.drain()
    time.sleep(FROZEN_SECONDS)
    if is_lost:
        flush(valkey)
    os.kill(late.pid, signal.SIGCONT)
    joins.wait(lambda: said(late, UNWRITTEN) >= 1)
    joins.wait(lambda: assignments(late) >= 2)
    joins.finish()
    assert [late.stop(), other.stop()] == [0, 0], joins.logs()
    joins.prove(calm)


def is_stopped(pid: int) -> bool:
    """Whether the process is frozen."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123 - no path of ours
        return stat.read().rpartition(")")[2].split()[0] == "T"
