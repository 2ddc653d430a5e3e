"""F19: the registry is down, or answers otherwise than before; what is known goes on, all else waits, none is lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from schemas.framing import frame
from stream.partitioner import partition_of
from tests.broker.scorer_proof import prove_each_once
from tests.broker.scorer_world import KEYS, PARTITIONS, World
from tests.faults.registry import StandIn
from tests.services.scorer.world import EVENT, event, write_event

NEW: dict[str, Any] = {**EVENT, "name": "TinyEventOfTheNewProducer"}
SWAPPED: dict[str, Any] = {**EVENT, "fields": [EVENT["fields"][0], *reversed(EVENT["fields"][1:])]}
KEY = b"of one partition"


@pytest.fixture
def registry() -> Iterator[StandIn]:
    """A registry that knows the events of the world."""
    made = StandIn()
    made.add(EVENT)
    yield made
    made.close()


def start(world: World, registry: StandIn) -> Any:
    """A scorer that asks it."""
    state = world.path / "state"
    return world.scorer(slot="one", schemas=None, registry_url=registry.url, register_schemas=True, state=state)


def test_f19_only_what_needs_the_registry_waits_while_it_is_down(world: World, registry: StandIn) -> None:
    """A partition stands at its first record of an unknown schema; all others, and what stood before it, go on."""
    scorer = start(world, registry)
    world.feed_events(40)
    world.drain()
    unknown = frame(registry.add(NEW))
    registry.is_down = True
    world.feed([write_event(event(n), world.frame) for n in range(100, 105)], keys=[KEY] * 5)
    world.feed([write_event(event(105), unknown)], keys=[KEY])
    world.feed([write_event(event(n), world.frame) for n in range(106, 112)], keys=[KEY] * 6)
    world.feed([event(n) for n in range(200, 300)])
    held = 1 + 6 + sum(1 for n in range(100) if partition_is_held(world, n))
    world.wait(lambda: world.behind() == held)
    assert '"event": "held"' in scorer.log.read_text()
    assert scorer.log.read_text().count('"result": "aborted"') == 0
    registry.is_down = False
    world.drain()
    assert scorer.stop() == 0, world.logs()
    found = prove_each_once(world)
    assert {p["mode"] for one in found if (p := one.prediction)} == {"scored"}


def partition_is_held(world: World, row: int) -> bool:
    """Whether the event fed as the row-th of the last hundred stands in the partition that waits."""
    first = world.fed - 100
    return partition_of(b"k%d" % ((first + row) % KEYS), PARTITIONS) == partition_of(KEY, PARTITIONS)


def test_f19_an_id_that_names_another_schema_is_refused_until_it_is_put_right(world: World, registry: StandIn) -> None:
    """Even between two lives of the scorer: the records wait, for nobody can say which of the two wrote them."""
    first = start(world, registry)
    world.feed_events(40)
    world.drain()
    assert first.stop() == 0, world.logs()
    registry.schemas[0] = SWAPPED
    second = start(world, registry)
    world.feed_events(40)
    world.wait(lambda: '"event": "held"' in second.log.read_text())
    assert "schema changed" in second.log.read_text()
    assert world.behind() == 40
    registry.schemas[0] = EVENT
    assert second.stop() == 0, world.logs()
    third = start(world, registry)
    world.drain()
    assert third.stop() == 0, world.logs()
    found = prove_each_once(world)
    assert {p["mode"] for one in found if (p := one.prediction)} == {"scored"}
