"""A broker that dies, is away for a while or has a full disk holds a scorer up, no more."""

import os
import resource
import time
import urllib.error
import urllib.request
from pathlib import Path

from driftline.local.child import Child
from tests.broker.scorer_load import Load, assignments, commits_on
from tests.broker.scorer_proof import Follower, prove_each_once, visible
from tests.broker.scorer_world import World
from tests.faults.conftest import Frail

AWAY_SECONDS = 60.0 if os.environ.get("FAULT_LONG") else 15.0
MOST_GROWTH_BYTES = 50_000_000
ROOM_BYTES = 30_000


def answers(scorer: Child, path: str) -> int:
    """The status that its admin port answers `path` with."""
    started = next(line for line in scorer.log.read_text().splitlines() if '"event": "started"' in line)
    port = int(started.partition('"port": ')[2].partition(",")[0].rstrip("}"))
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)


def resident_bytes(scorer: Child) -> int:
    """What it holds in memory."""
    status = Path(f"/proc/{scorer.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def test_f08_a_broker_killed_and_restarted_under_load(frail: Frail, frail_world: World) -> None:
    """First as kill -9 has it, then in good order: the scorer goes on by itself, nothing is lost or done twice.

    In good order only once nothing is under way: shutting down, the only broker of a cluster drops the markers that it
    still owes a transaction (Kafka 4.4), and committed readers wait for them for ever.
    """
    world, follower = frail_world, Follower(frail_world)
    scorer = world.scorer(slot="one", batch_rows=20, commit_millis=50, kafka_config=world.tuned())
    with Load(world):
        world.wait(lambda: assignments(scorer) > 0)
        commits_on(world)
        frail.broker.kill()
        frail.broker.restart()
        commits_on(world)
    world.drain()
    frail.broker.stop()
    frail.broker.restart()
    world.feed_events(200)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    prove_each_once(world)
    follower.saw_the_same()


def test_f09_no_broker_for_a_while_is_waited_for(frail: Frail, frail_world: World) -> None:
    """Alive but not ready, in bounded memory; once a broker is back it goes on where it stood."""
    world, follower = frail_world, Follower(frail_world)
    scorer = world.scorer(slot="one", heartbeat_seconds=0.5, kafka_config=world.tuned())
    world.feed_events(1_000)
    world.drain()
    assert answers(scorer, "/readyz") == 200
    before = resident_bytes(scorer)
    frail.broker.kill()
    back = time.monotonic() + AWAY_SECONDS
    world.wait(lambda: answers(scorer, "/readyz") == 503)
    while time.monotonic() < back:
        assert (answers(scorer, "/livez"), answers(scorer, "/readyz")) == (200, 503)
        time.sleep(0.5)
    assert resident_bytes(scorer) - before < MOST_GROWTH_BYTES
    frail.broker.restart()
    world.feed_events(1_000)
    world.drain()
    assert (answers(scorer, "/readyz"), scorer.stop()) == (200, 0), world.logs()
    prove_each_once(world)
    follower.saw_the_same()


def test_f20_a_disk_that_is_full_stops_the_broker_and_loses_nothing(frail: Frail, frail_world: World) -> None:
    """Files may grow no further: the broker ends, the scorer waits; with room again both go on.

    A transaction comes first: a broker that cannot even begin its log of transactions lives on and refuses them.
    """
    world, settings = frail_world, {"slot": "one", "batch_rows": 20, "kafka_config": frail_world.tuned()}
    world.feed_events(20)
    first = world.scorer(**settings)
    world.drain()
    assert first.stop() == 0, world.logs()
    world.feed_events(3_000)
    fed = len(visible(world, world.features))
    largest = max(file.stat().st_size for file in (frail.broker.directory / "data").rglob("*.log"))
    resource.prlimit(frail.broker.pid, resource.RLIMIT_FSIZE, (largest + ROOM_BYTES, resource.RLIM_INFINITY))
    scorer = world.scorer(**settings, commit_millis=1)
    try:
        world.wait(lambda: frail.broker.exit_code is not None)
    finally:
        frail.broker.restart()
    world.drain()
    assert scorer.stop() == 0, world.logs()
    assert len(prove_each_once(world)) == fed == 3_020
