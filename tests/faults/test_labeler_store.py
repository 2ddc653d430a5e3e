"""The store of a labeler frozen, killed, set back, filled, broken into, absent: the table is that of a calm run."""

import os
import shutil
import signal
import time

from redis import Redis

from driftline.local.child import Child
from driftline.local.ports import free_port
from driftline.local.valkey import Valkey
from tests.broker.scorer_load import said
from tests.faults.joining_world import Joins, Table
from tests.valkeys import talking

FROZEN_SECONDS = 30.0 if os.environ.get("FAULT_LONG") else 5.0
ABORTED, HEALED = '"result": "aborted"', '"event": "waiting room"'


def goes_on(joins: Joins, labeler: Child) -> None:
    """The labeler has done all that was told, and lives."""
    joins.drain()
    assert labeler.exit_code is None, joins.logs()


def test_a_store_that_freezes_dies_and_comes_back_older_loses_nothing(
    joins: Joins, valkey: Valkey, calm: Table
) -> None:
    """SIGSTOP; kill -9 with its data, with a copy from some time ago, with none: each under load, one labeler."""
    labeler, data, copy = joins.labeler(valkey), valkey.directory / "appendonlydir", valkey.directory / "copy"
    joins.tell(0.3)
    goes_on(joins, labeler)
    shutil.copytree(data, copy)
    os.kill(valkey.pid, signal.SIGSTOP)
    joins.tell(0.1)
    time.sleep(FROZEN_SECONDS)
    os.kill(valkey.pid, signal.SIGCONT)
    goes_on(joins, labeler)
    assert said(labeler, ABORTED) + said(labeler, HEALED) >= 1, joins.logs()
    for kept in (data, copy, None):
        healed = said(labeler, HEALED)
        joins.tell(0.05)
        valkey.kill()
        joins.tell(0.1)
        if kept != data:
            shutil.rmtree(data)
        if kept == copy:
            shutil.copytree(copy, data)
        valkey.restart()
        goes_on(joins, labeler)
        assert kept == data or said(labeler, HEALED) > healed
    joins.finish()
    assert labeler.stop() == 0, joins.logs()
    joins.prove(calm)


def test_a_room_somebody_writes_into_is_healed(joins: Joins, valkey: Valkey, calm: Table) -> None:
    """One key after the other is of another kind all of a sudden, under load, the scripts are forgotten besides."""
    labeler = joins.labeler(valkey)
    joins.tell(0.3)
    goes_on(joins, labeler)
    with talking(valkey) as inside:
        for kind in ("state", "entries", "slot", "index", "words"):
            broken, healed = key_of(inside, kind), said(labeler, HEALED)
            inside.delete(broken)
            inside.set(broken, "not ours")
            inside.script_flush()
            joins.tell(0.1)
            joins.wait(lambda healed=healed: said(labeler, HEALED) > healed)  # type: ignore[misc]  # bound in the loop
            goes_on(joins, labeler)
        joins.finish()
        assert b"string" not in {inside.type(key) for key in inside.keys("*")}
    assert labeler.stop() == 0, joins.logs()
    joins.prove(calm)


def key_of(inside: Redis, kind: str) -> bytes:
    """A key of the room of that kind."""
    pattern = {"state": "0", "words": "words", "entries": "0:e", "slot": "0:z*", "index": "0:Z"}[kind]
    found: list[bytes] = list(inside.keys("*}:" + pattern))  # type: ignore[arg-type]  # nothing is decoded here
    return min(found)


def test_a_store_that_is_full_holds_up_and_loses_nothing(joins: Joins, valkey: Valkey, calm: Table) -> None:
    """No byte more is taken while the load goes on; nobody is answered wrongly, and when there is room, all are."""
    labeler = joins.labeler(valkey)
    joins.tell(0.4)
    goes_on(joins, labeler)
    with talking(valkey) as inside:
        inside.config_set("maxmemory", "1mb")
        joins.tell(0.3)
        joins.wait(lambda: said(labeler, "maxmemory") >= 2)
        inside.config_set("maxmemory", "1gb")
        joins.finish()
    assert labeler.stop() == 0, joins.logs()
    joins.prove(calm)


def test_without_a_store_it_says_so_and_waits_for_it(joins: Joins, valkey: Valkey, calm: Table) -> None:
    """At its start nobody listens: the log names the store, nothing is committed; when it comes, all is done."""
    port = free_port()
    labeler = joins.labeler(f"127.0.0.1:{port}")
    joins.tell(0.5)
    joins.wait(lambda: said(labeler, f"Redis at 127.0.0.1:{port}") >= 2)
    assert (labeler.exit_code, joins.rows()) == (None, [])
    late = Valkey.start(valkey.directory / "late", port=port)
    try:
        joins.finish()
        assert labeler.stop() == 0, joins.logs()
    finally:
        late.stop()
    joins.prove(calm)
