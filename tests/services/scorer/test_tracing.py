"""A scorer that is traced: predictions carry their event's trace on, and what is not traced stays as it was."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.scorer.watch import Watching
from services.start.tracing import spans_of
from stream.memory import MemoryLog
from stream.records import Headers
from stream.telemetry.exposition import OPENMETRICS, exposition
from stream.tracing.spans import Spans
from tests.otlp import Receiver, receiving, telling
from tests.services.scorer.world import World, event

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT: Headers = [("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01".encode()), ("mine", b"1")]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of its own for each test."""
    with receiving() as made:
        yield made


def traced(world: World, receiver: Receiver) -> Spans:
    """What the process would make of these settings."""
    return telling(receiver, world.settings, "scorer", summaries=[world.topics.profiles])


def carried(world: World, topic: str) -> list[str]:
    """The traceparent of every record that has one."""
    found = [dict(entry.headers or ()).get("traceparent") for _, _, entry in world.seen(topic)]
    return [value.decode() for value in found if value is not None]


@pytest.mark.parametrize("cloudevents", [True, False])
def test_a_prediction_carries_the_trace_of_its_event(tmp_path: Path, receiver: Receiver, *, cloudevents: bool) -> None:
    """Scored or refused; an event that cannot be read keeps its own headers; the profile carries the batch's trace."""
    world = World(tmp_path, partitions=1, settings={"cloudevents": cloudevents})
    values: list[Any] = [event(0), event(1), event(2, hour=99), b"junk", event(3)]
    world.feed(values, [None, PARENT, PARENT, PARENT, [("mine", b"2")]])
    world.run(spans=traced(world, receiver))
    create = receiver.named(f"create {world.topics.predictions}")
    assert {one.trace for one in create} == {TRACE}
    assert carried(world, world.topics.predictions) == [f"00-{TRACE}-{one.id}-01" for one in create]
    assert [record["event_id"] for record in world.predictions()] == ["e0", "e1", "e2", "e3"]
    assert world.predictions()[2]["mode"] == "rejected"
    ((_, note),) = world.dead()
    assert note["traceparent"] == PARENT[0][1]
    (process,) = receiver.named(f"process {world.topics.features}")
    assert [trace.split("-")[1] for trace in carried(world, world.topics.profiles)] == [process.trace]
    events = [dict(entry.headers or ()) for _, _, entry in world.seen(world.topics.predictions)]
    assert {"ce_id" in said for said in events} == {cloudevents}


def test_a_batch_drawn_by_chance_leaves_dead_letters_as_they_were(tmp_path: Path, receiver: Receiver) -> None:
    """All predictions carry its trace; what is set aside has the headers of its producer and the note, no others."""
    world = World(tmp_path, partitions=1, settings={"trace_ratio": 1.0})
    world.feed([event(0), b"junk", event(1)], [None, [("mine", b"2")], None])
    topics = {"results": [world.topics.predictions], "summaries": [world.topics.profiles]}
    world.run(spans=telling(receiver, world.settings, "scorer", **topics))
    (send,) = receiver.named(f"send {world.topics.predictions}")
    assert [one.split("-")[1:3] for one in carried(world, world.topics.predictions)] == [[send.trace, send.id]] * 2
    ((_, note),) = world.dead()
    assert {name for name in note if not name.startswith("dlq.error.")} == {"mine"}
    assert receiver.named(f"send {world.topics.dead_letters}")[0].kind == "CLIENT"


def test_without_an_endpoint_nothing_is_told_or_carried(tmp_path: Path) -> None:
    """The default: predictions and profiles as they always were, whatever events carry."""
    world = World(tmp_path, partitions=1)
    assert spans_of(world.settings, "scorer", group="g", instance="s", dropped=lambda _count: None) is None
    world.feed([event(0)], [PARENT])
    world.run()
    assert carried(world, world.topics.predictions) == carried(world, world.topics.profiles) == []


def test_predictions_are_the_same_bytes_whether_traced_or_not(tmp_path: Path, receiver: Receiver) -> None:
    """Keys, partitions and what they say, but for the moment they were made at."""
    worlds = [World(tmp_path / name, partitions=2) for name in ("plain", "traced")]
    for world in worlds:
        world.feed([event(number) for number in range(40)], [PARENT if number % 3 else None for number in range(40)])
    worlds[0].run()
    worlds[1].run(spans=traced(worlds[1], receiver))
    first, second = ([{**one, "scored_at": 0} for one in world.predictions()] for world in worlds)
    assert first == second
    keys = [
        [(partition, entry.key) for partition, _, entry in world.seen(world.topics.predictions)] for world in worlds
    ]
    assert keys[0] == keys[1]
    assert len(carried(worlds[1], worlds[1].topics.predictions)) == 26


def test_a_latency_names_the_trace_of_its_batch(tmp_path: Path, receiver: Receiver) -> None:
    """As an exemplar of the histogram, for those who ask for OpenMetrics; plain text is as it was."""
    world = World(tmp_path, partitions=1)
    watching = Watching(world.kit.bundle, world.settings)
    with closing(traced(world, receiver)) as spans:
        log = MemoryLog(world.broker, "g", [world.topics.features])
        watching.follow(log, spans)
        world.feed([event(0)], [PARENT])
        log.changed = False
        log.poll(0)
        found = log.poll(0)
        assert found is not None
        batch = replace(found, timestamps=np.array([int(time.time() * 1000)]))
        spans.polled(batch, time.time_ns())
        trace = spans.trace()
        watching.read(batch)
        watching.ended("committed")
    assert len(trace) == 32
    kind, page = exposition(watching.metrics.registry, f"{OPENMETRICS};version=1.0.0,text/plain;q=0.5")
    marked = [line for line in page.decode().splitlines() if "# {" in line]
    assert kind.startswith(OPENMETRICS)
    assert len(marked) == 1
    assert marked[0].startswith("driftline_end_to_end_seconds_bucket")
    assert f'# {{trace_id="{trace}"}}' in marked[0]
    plain = exposition(watching.metrics.registry, "text/plain")[1].decode()
    assert "trace_id" not in plain
    assert "# EOF" not in plain
