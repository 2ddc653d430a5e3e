"""The limiter on the real broker: a bad deploy stops the scorer instead of emptying a topic into dead letters."""

import re

from stream.kafka.reading import committed_of
from tests.broker.scorer_proof import prove_each_once, visible
from tests.broker.scorer_world import World

POISON = b"\x00\x00\x00\x27\x0fbody"


def test_a_bad_deploy_stops_the_scorer_again_and_again(world: World) -> None:
    """Nothing but poison: it stops with the reasons by count, commits no more of it by starting again; on purpose."""
    world.feed_events(20)
    world.feed([POISON] * 3_000)
    stood = []
    for _ in range(2):
        scorer = world.scorer(slot="one", dead_consecutive=500)
        world.wait(lambda: scorer.exit_code is not None)  # noqa: B023  # it is waited for at once
        said = scorer.last_lines(12)
        assert scorer.exit_code == 1
        assert "too many dead letters" in said
        assert re.search(r"unknown_schema \d+", said)  # of this life: a part of them may have been committed before
        assert "fix: repair the producer" in said
        stood.append(sum(committed_of(world.brokers, world.books.reader, world.places()).values()))
        assert len(visible(world, world.dead_letters)) < 500
    assert stood[1] <= 20 + 499
    scorer = world.scorer(slot="one", dead_share=1.0, dead_consecutive=0)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    prove_each_once(world, dead=3_000)
