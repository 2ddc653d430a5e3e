"""A broker that is killed under a drift sidecar holds it up, and changes nothing of what it reports."""

from pathlib import Path

from stream.kafka.admin import WantedTopic
from tests.broker.drift_world import Drifts, story
from tests.broker.nursery import Nursery
from tests.faults.conftest import Frail
from tests.services.drift.world import bundles


def test_a_sidecar_outlives_its_broker(frail: Frail, prefix: str, tmp_path: Path, nursery: Nursery) -> None:
    """The same reports as those of a calm one that reads the same log afterwards."""
    made = bundles(tmp_path / "bundles")
    records = story(made)
    world = Drifts(frail.broker.bootstrap, prefix, tmp_path, nursery=nursery, bundles=tmp_path / "bundles")
    sidecar = world.sidecar()
    world.feed(records[:40])
    world.drain()
    frail.broker.kill()
    frail.broker.restart()
    world.feed(records[40:])
    world.drain()
    assert sidecar.stop() == 0, world.logs()
    found = world.reports()
    assert len(found) > 8
    again = {name: world.topic(f"{name}-again") for name in ("drift", "state")}
    world.admin.create([WantedTopic(topic, 1) for topic in again.values()])
    world.group += ".again"
    topics = {f"{name}_topic": topic for name, topic in again.items()}
    calm = world.sidecar(group=world.group, slot="calm", **topics)
    world.drain()
    assert calm.stop() == 0, world.logs()
    assert world.reports(again["drift"]) == found
    world.close()
