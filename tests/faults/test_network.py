"""A network that loses answers, holds everything back, or delivers a commit too late."""

import time

from stream.kafka.scan import edges
from tests.broker.scorer_load import Load, assignments, commits_on, said
from tests.broker.scorer_proof import Follower, prove_each_once
from tests.broker.scorer_world import World
from tests.faults.conftest import Frail

SHORT: dict[str, object] = {"slot": "one", "batch_rows": 20, "commit_millis": 1}
"""Transactions of a batch or two, so that the third has events however soon they came."""
SLOW_SECONDS = 0.1
HELD_SECONDS = 8.0
"""Longer than a session, longer than a transaction, as `tuned` has them."""
GIVEN_UP = '"result": "restarted"'


def committed(world: World) -> int:
    """Positions of predictions that a committed reader may reach."""
    return sum(end for _, end in edges(world.brokers, [world.predictions]).values())


def test_f10_a_partition_both_ways_holds_the_scorer_up_until_it_heals(frail: Frail, frail_world: World) -> None:
    """Longer than a transaction may last: new producers, until one answers; connections cut or slow are no trouble."""
    world, follower = frail_world, Follower(frail_world)
    settings = {"slot": "one", "commit_millis": 50, "brokers": frail.proxy.address, "kafka_config": world.tuned()}
    with Load(world):
        scorer = world.scorer(**settings)
        world.wait(lambda: assignments(scorer) > 0)
        commits_on(world)
        frail.proxy.hold("up", "down")
        # Found inside of a transaction it loses that, found idle only its assignment.
        time.sleep(HELD_SECONDS)
        frail.proxy.heal()
        world.wait(lambda: said(scorer, "transaction") > 0 or assignments(scorer) > 1)
        commits_on(world)
        frail.proxy.refuse()
        frail.proxy.accept()
        commits_on(world)
        frail.proxy.delay(SLOW_SECONDS)
        commits_on(world)
        frail.proxy.delay(0.0)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    prove_each_once(world)
    follower.saw_the_same()


def test_f10_a_commit_whose_answer_is_lost_is_not_done_again(frail: Frail, frail_world: World) -> None:
    """The broker committed, nobody was told: a new producer, the group is asked, reading goes on from there."""
    world, follower = frail_world, Follower(frail_world)
    tuned = world.tuned(transaction_timeout_ms=6_000)
    settings = {**SHORT, "brokers": frail.proxy.address, "kafka_config": tuned}
    scorer = world.crashing(["offsets:3=wait"], settings=settings)
    world.feed_events(600)
    world.wait(world.gate().exists)
    stood = committed(world)
    frail.proxy.hold_these("down")
    world.gate().unlink()
    world.wait(lambda: committed(world) > stood)
    world.wait(lambda: said(scorer, GIVEN_UP) > 0)
    frail.proxy.cut()
    frail.proxy.heal()
    world.drain()
    assert scorer.stop() == 0, world.logs()
    assert said(scorer, '"result": "aborted"') == 0, scorer.last_lines(30)
    prove_each_once(world)
    follower.saw_the_same()


def test_f10_a_commit_that_arrives_too_late_is_refused(frail: Frail, frail_world: World) -> None:
    """Held back on its way until a new producer has taken over: it cannot commit the transaction of another."""
    world, follower = frail_world, Follower(frail_world)
    settings = {**SHORT, "brokers": frail.proxy.address, "kafka_config": world.tuned()}
    scorer = world.crashing(["offsets:3=wait"], settings=settings)
    world.feed_events(600)
    world.wait(world.gate().exists)
    frail.proxy.hold_these("up")
    world.gate().unlink()
    world.wait(lambda: said(scorer, GIVEN_UP) > 0)
    frail.proxy.heal()
    world.feed_events(200)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    prove_each_once(world)
    follower.saw_the_same()
