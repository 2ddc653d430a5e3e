"""Clocks that lie and events that come twice change nothing that was promised."""

import random

import pytest

from tests.broker.scorer_proof import prove_each_once
from tests.broker.scorer_world import World
from tests.services.scorer.world import event

YEAR_1970, YEAR_9999 = 0, 253_370_764_800_000_000
"""Event times in microseconds."""


@pytest.mark.parametrize("leap_seconds", [-600, 600])
def test_f16_a_wall_clock_that_leaps_moves_no_deadline(world: World, seed: int, leap_seconds: float) -> None:
    """By ten minutes at each step, always back or always on: nothing waits for it, nothing is given up for it."""
    fate = {"clock_seconds": leap_seconds, "aborts": 0.02, "seed": seed}
    scorer = world.crashing([], **fate, settings={"slot": "one", "batch_rows": 20})
    world.feed_events(400)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    stamps = [answer.prediction["scored_at"] for answer in prove_each_once(world) if answer.prediction]
    assert max(stamps) - min(stamps) > abs(leap_seconds) * 1e6


def test_f16_events_of_1970_and_9999_are_refused_or_scored_and_harm_no_neighbour(world: World, seed: int) -> None:
    """One from the far future is refused for that reason, and moves no watermark that makes others late."""
    chance = random.Random(seed)
    far = [event(900 + n, event_id=f"far{n}", event_time=YEAR_9999) for n in range(10)]
    old = [event(950 + n, event_id=f"old{n}", event_time=YEAR_1970) for n in range(10)]
    mixed = [*far, *old, *(event(n) for n in range(180))]
    chance.shuffle(mixed)
    scorer = world.scorer(slot="one", batch_rows=20)
    world.feed(mixed)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    told = {a.prediction["event_id"]: a.prediction for a in prove_each_once(world, rejected=10) if a.prediction}
    assert [(told[e["event_id"]]["mode"], told[e["event_id"]]["reasons"]) for e in far] == [
        ("rejected", ["future"])
    ] * 10
    assert {told[f"e{n}"]["mode"] for n in range(180)} == {"scored"}


def test_f17_what_comes_twice_is_answered_once_a_record(world: World, seed: int) -> None:
    """A third of the events are sent again by whoever sends them: each record has its answer, under the same id."""
    chance = random.Random(seed)
    events = [event(number) for number in range(600)]
    again = chance.sample(events, 200)
    lives = ["produced:3", "offsets:9"]
    # A transaction a batch: of twenty in one, each with six places to abort at, hardly any would be committed.
    settings = {"slot": "one", "batch_rows": 40, "commit_millis": 1}
    scorer = world.crashing(lives, aborts=0.03, seed=seed, settings=settings)
    world.feed([*events[:400], *again[:100], *events[400:], *again[100:]])
    world.drain()
    assert scorer.stop() == 0, world.logs()
    prove_each_once(world, repeated=len(again))
