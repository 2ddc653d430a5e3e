"""A scorer that delivers at least once may repeat answers when it dies, but loses none, and its ledger says which."""

from collections import Counter

from driftline.audit import audit
from driftline.ledger import as_data
from tests.broker.scorer_proof import answers, visible
from tests.broker.scorer_world import World
from tests.faults.test_crashes import QUICK

EVENTS = 1_200
LIVES = ("polled:3", "produced:4", "flushed:5", "offsets:6")


def test_a_scorer_killed_at_any_step_loses_nothing(world: World, seed: int) -> None:
    """Four deaths: before anything was written, before it was flushed, before and after the positions."""
    settings = {**QUICK, "slot": "one", "delivery": "at_least_once"}
    world.feed_events(EVENTS // 2)
    child = world.crashing(LIVES, seed=seed, settings=settings)
    world.wait(lambda: child.log.read_text().count("ended with") >= len(LIVES) or child.exit_code is not None)
    world.feed_events(EVENTS - EVENTS // 2)
    world.drain()
    assert child.stop() == 0, world.logs()
    fed = {(one.partition, one.offset) for one in visible(world, world.features)}
    found = Counter(answer.source for answer in answers(world))
    assert set(found) == fed
    assert found.total() > len(fed), "nothing was written twice: none died between writing and committing"
    verdict = audit(world.books, begins=dict.fromkeys(world.places(), 0))
    assert (verdict.status, verdict.first_fault) == ("balanced", None)
    assert as_data(world.books, verdict)["delivery"] == "at_least_once"
    assert sum(one.scored for one in verdict.partitions) == len(fed)
