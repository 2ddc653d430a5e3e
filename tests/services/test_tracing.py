"""What is joined and what is alerted carries a trace on, to the prediction, the label and the profiles behind it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.labeler import threads
from services.scorer.settings import Settings
from stream.records import Headers, Place
from tests.otlp import Receiver, receiving, telling
from tests.services.drift.world import World as Sidecar
from tests.services.drift.world import bundles, story
from tests.services.labeler.world import World

PREDICTED, LABELLED, SCORED = ("0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736", "c" * 32)
SPAN = "00f067aa0ba902b7"


def header(trace: str) -> list[tuple[str, bytes]]:
    """A sampled context of that trace."""
    return [("traceparent", f"00-{trace}-{SPAN}-01".encode())]


def carried(headers: Headers | None) -> str:
    """The traceparent of a record, if it has one."""
    return (dict(headers or ()).get("traceparent") or b"").decode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of its own for each test."""
    with receiving() as made:
        yield made


def outcomes(world: World) -> list[str]:
    """The traceparents of outcomes, in order."""
    entries = world.broker.committed(Place(world.topics.outcomes, 0), 0, 100)
    return [carried(entry.headers) for _, entry in entries]


@pytest.mark.parametrize("first", ["prediction", "label"])
def test_an_outcome_is_of_its_prediction_s_trace_and_linked_to_its_label_s(
    tmp_path: Path, receiver: Receiver, first: str
) -> None:
    """In whichever order they come, in transactions of their own; an event that nobody traces has none."""
    world = World(tmp_path)
    spans = telling(receiver, world.settings, "labeler", summaries=[world.topics.profiles])
    acts = [(header(PREDICTED), world.predict), (header(LABELLED), world.tell)]

    def between(turn: int) -> None:
        if turn in (5, 15):
            world.headers, act = acts[(turn == 15) != (first == "label")]
            act({"event_id": "e0"})
            world.headers = []
            act({"event_id": "e1"})

    world.run(between=between, spans=spans)
    assert sorted(event for event, *_ in world.outcomes()) == ["e0", "e1"]
    (create,) = receiver.named(f"create {world.topics.outcomes}")
    assert (create.kind, create.trace, create.parent) == ("PRODUCER", PREDICTED, SPAN)
    processes = {(one.trace, one.id) for one in receiver.spans if one.name.startswith("process ")}
    both = {(PREDICTED, SPAN), (LABELLED, SPAN)}
    assert both < set(create.links) <= both | processes
    assert sorted(outcomes(world)) == ["", f"00-{PREDICTED}-{create.id}-01"]
    linked = {link for one in receiver.spans if one.name.startswith("process ") for link in one.links}
    assert both <= linked


def test_only_the_latest_traced_events_are_remembered(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those before them join as ever, without a trace: memory has a bound."""
    monkeypatch.setattr(threads, "MOST_EVENTS", 1)
    world = World(tmp_path)

    def between(turn: int) -> None:
        world.headers = header(PREDICTED) if turn == 3 else []
        for event in ("e0", "e1"):
            if turn == 3:
                world.predict({"event_id": event})
            elif turn == 20:
                world.tell({"event_id": event})

    world.run(between=between, spans=telling(receiver, world.settings, "labeler"))
    assert [(event, status) for event, status, *_ in world.outcomes()] == [("e0", "matched"), ("e1", "matched")]
    (create,) = receiver.named(f"create {world.topics.outcomes}")
    assert outcomes(world) == ["", f"00-{PREDICTED}-{create.id}-01"]


def test_an_alert_always_carries_a_trace_that_leads_to_the_profiles(tmp_path: Path, receiver: Receiver) -> None:
    """Whether any of them is traced or not; reports only where one is."""
    world = Sidecar(bundles(tmp_path), Path("bundle"))
    world.feed(story(world.kit.terms))
    topics = {"summaries": [world.topics.drift], "always": [world.topics.alerts]}
    assert world.live(spans=telling(receiver, world.kit.settings, "drift", **topics))
    alerts = world.broker.committed(Place(world.topics.alerts, 0), 0, 10_000)
    sent = {f"00-{one.trace}-{one.id}-03": one for one in receiver.named(f"send {world.topics.alerts}")}
    assert {carried(entry.headers) for _, entry in alerts} == sent.keys()
    assert {one.kind for one in sent.values()} == {"PRODUCER"}
    reports = world.broker.committed(Place(world.topics.drift, 0), 0, 10_000)
    assert {carried(entry.headers) for _, entry in reports} == {""}
    assert receiver.named(f"process {world.topics.profiles}") == []


def test_a_profile_s_trace_is_linked_by_the_sidecar_that_reads_it(tmp_path: Path, receiver: Receiver) -> None:
    """From the scorer's batch to the report and the alert."""
    world = Sidecar(bundles(tmp_path), Path("bundle"))
    world.headers = header(SCORED)
    world.feed(story(world.kit.terms))
    topics = {"summaries": [world.topics.drift], "always": [world.topics.alerts]}
    assert world.live(spans=telling(receiver, world.kit.settings, "drift", **topics))
    processes = receiver.named(f"process {world.topics.profiles}")
    assert {link for one in processes for link in one.links} == {(SCORED, SPAN)}
    alerts = receiver.named(f"send {world.topics.alerts}")
    assert alerts
    assert {one.trace for one in alerts} <= {one.trace for one in processes}
    reports = world.broker.committed(Place(world.topics.drift, 0), 0, 10_000)
    assert all(carried(entry.headers) for _, entry in reports)


def test_an_endpoint_is_an_address_without_credentials() -> None:
    """Those belong into a variable that no log shows; an empty one says nothing."""
    told: dict[str, Any] = {"brokers": "b", "bundle": Path("bundle")}
    for wrong in ("http://me:secret@collector:4318", "collector:4318", "grpc://collector:4317"):
        with pytest.raises(ValidationError, match="otlp_endpoint"):
            Settings(**told, otlp_endpoint=wrong)
    assert Settings(**told, otlp_endpoint="").otlp_endpoint is None
    assert Settings(**told).otlp_endpoint is None
    assert Settings(**told, otlp_endpoint="https://collector:4318/").otlp_endpoint == "https://collector:4318/"
