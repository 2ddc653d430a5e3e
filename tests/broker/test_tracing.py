"""Traces through a real scorer: one from the producer to the prediction, and nobody waits for a dead receiver."""

import urllib.request

from driftline.local.ports import free_port
from stream.kafka.scan import scan
from stream.telemetry.exposition import OPENMETRICS
from tests.broker.scorer_proof import prove_each_once
from tests.broker.scorer_world import World
from tests.otlp import receiving
from tests.services.scorer.world import event

TRACE, SPAN, COUNT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 40
PARENT = [("traceparent", f"00-{TRACE}-{SPAN}-01".encode())]


def carried(world: World, topic: str) -> list[str]:
    """The traceparent of every record of a topic that has one."""
    batches = scan(world.brokers, [topic])
    found = [dict(batch.headers(row) or ()).get("traceparent") for batch in batches for row in range(len(batch))]
    return [value.decode() for value in found if value is not None]


def openmetrics(port: int) -> str:
    """What the admin port says to Prometheus."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": OPENMETRICS})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return str(answer.read().decode())


def test_one_trace_leads_from_the_producer_to_the_prediction(world: World) -> None:
    """Every step of the batch is told; latencies name its trace; all arrive before the process ends."""
    with receiving() as receiver:
        world.feed([event(number) for number in range(COUNT)], headers={3: PARENT, 17: PARENT})
        port = free_port()
        scorer = world.scorer(slot="one", otlp_endpoint=receiver.endpoint, trace_ratio=0, admin_port=port)
        world.drain()
        world.wait(lambda: "# {trace_id=" in openmetrics(port))
        assert scorer.stop() == 0, world.logs()
        create = receiver.named(f"create {world.predictions}")
        process = {one.id: one for one in receiver.named(f"process {world.features}")}
        names = {one.name for one in receiver.spans if one.trace in {every.trace for every in process.values()}}
        about = {one.about["service.instance.id"] for one in receiver.spans}
    assert sorted(carried(world, world.predictions)) == sorted(f"00-{TRACE}-{one.id}-01" for one in create)
    assert [(one.trace, one.parent) for one in create] == [(TRACE, SPAN)] * 2
    assert {link for one in create for link in one.links} == {(one.trace, one.id) for one in process.values()}
    assert {link for one in process.values() for link in one.links} == {(TRACE, SPAN)}
    steps = {f"{step} {world.features}" for step in ("poll", "process", "commit")}
    assert names == steps | {f"send {world.predictions}", f"send {world.profiles}"}
    assert about == {"one"}
    prove_each_once(world)


def test_a_dead_receiver_stops_nobody(world: World) -> None:
    """All events are scored once, the scorer stops as it is asked to; what was lost is counted and said once."""
    world.feed([event(number) for number in range(COUNT)], headers=dict.fromkeys(range(COUNT), PARENT))
    scorer = world.scorer(slot="one", otlp_endpoint="http://127.0.0.1:9", trace_ratio=1, batch_rows=5)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    assert scorer.log.read_text(encoding="utf-8").count("traces dropped") == 1
    prove_each_once(world)
