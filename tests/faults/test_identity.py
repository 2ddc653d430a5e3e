"""Somebody else with our transactional.id, or one who died within a transaction, harms nobody's answers."""

from typing import Any

import pytest
from confluent_kafka import Producer

from driftline import audit
from tests.broker.scorer_load import Load, assignments, commits_on, said
from tests.broker.scorer_proof import Follower, prove_each_once
from tests.broker.scorer_world import World


def writer(world: World, name: str, timeout_millis: int = 10_000) -> Any:
    """A producer that has claimed the transactional.id `name`."""
    config = {
        "bootstrap.servers": world.brokers, "transactional.id": name,
        "transaction.timeout.ms": timeout_millis, "message.timeout.ms": timeout_millis, "log_level": 0,
    }  # fmt: skip
    made = Producer(config)
    made.init_transactions(10)
    return made


def test_f06_a_scorer_whose_transactional_id_is_taken_stops_and_says_why(world: World) -> None:
    """Exit code 1 with the reason; whoever starts it again goes on where it stood."""
    follower = Follower(world)
    settings = {"slot": "one", "kafka_config": world.tuned()}
    with Load(world):
        first = world.scorer(**settings)
        world.wait(lambda: assignments(first) > 0)
        commits_on(world)
        hijacker = writer(world, f"{world.books.reader}.one")
        world.wait(lambda: first.exit_code is not None)
    assert first.exit_code == 1, world.logs()
    assert said(first, "error: fenced: another process uses this transactional.id") == 1
    assert said(first, "fix: give each process its own slot") == 1
    second = world.scorer(**settings)
    world.drain()
    assert second.stop() == 0, world.logs()
    del hijacker
    prove_each_once(world)
    follower.saw_the_same()


def test_f25_a_dead_writer_holds_committed_readers_up_only_until_its_time_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger says what it waits for instead of crying "lost"; then everything is there, once."""
    monkeypatch.setattr(audit, "TRIES", 1)
    follower = Follower(world)
    scorer = world.scorer(kafka_config=world.tuned())
    world.feed_events(100)
    world.drain()
    dead = writer(world, f"{world.prefix}dead", timeout_millis=6_000)
    dead.begin_transaction()
    dead.produce(world.predictions, b"never to be seen", b"k", 0)
    assert dead.flush(10) == 0
    world.feed_events(100)
    world.drain()
    hidden = audit.audit(world.books)
    assert (hidden.status, scorer.stop()) == ("unprovable", 0), world.logs()
    assert f"a transaction has been open on {world.predictions}[0] since offset" in (hidden.reason or "")
    prove_each_once(world)
    follower.saw_the_same()
    del dead
