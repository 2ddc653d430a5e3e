"""F15: a slow, hanging, failing, crashing or missing model; every event is answered all the same, and says how."""

import shutil
import signal
from typing import Any

import pytest

from driftline.local.child import Child
from tests.broker.scorer_proof import Answer, answers, prove_each_once
from tests.broker.scorer_world import World
from tests.models.bundles import FEATURES, make_bundle
from tests.models.faulty_onnx import endless, poison, rooted
from tests.services.scorer.world import event

WIDTH = len(FEATURES)
EVENTS, EVERY = 400, 50
LOOP = {"allow": {"operators": ["Loop"]}}


def serve(world: World, onnx: bytes | None = None, **contract: Any) -> None:
    """Put a bundle of this model in the place of the world's."""
    shutil.rmtree(world.path / "bundle")
    make_bundle(world.path / "bundle", onnx=onnx, **contract)


def feed(world: World) -> set[str]:
    """Events among which every fiftieth makes a faulty model fail; their ids."""
    events = [event(n, amount=99.0 if n % EVERY == 0 else 1.0) for n in range(EVENTS)]
    world.feed(events)
    return {e["event_id"] for e in events if e["amount"] > 1}


def answered(found: list[Answer], bad: set[str]) -> tuple[set[tuple[str, tuple[str, ...]]], set[str]]:
    """How the bad events were answered, with the modes of all others."""
    said = [one.prediction for one in found if one.prediction]
    assert len(said) == EVENTS
    ill = {(p["mode"], tuple(p["reasons"])) for p in said if p["event_id"] in bad}
    return ill, {p["mode"] for p in said if p["event_id"] not in bad}


@pytest.mark.parametrize(("onnx", "cause"), [(poison(WIDTH), "model_error"), (rooted(WIDTH), "model_output")])
def test_f15_a_poison_event_costs_itself_alone(world: World, onnx: bytes, cause: str) -> None:
    """The model raises for a whole batch, or answers NaN: its neighbours are scored, it is refused by name."""
    serve(world, onnx)
    bad = feed(world)
    scorer = world.scorer(slot="one")
    world.drain()
    assert scorer.stop() == 0, world.logs()
    found = prove_each_once(world, rejected=len(bad))
    assert answered(found, bad) == ({("rejected", (cause,))}, {"scored"})


def test_f15_an_endless_event_goes_to_the_prior(world: World) -> None:
    """Each costs a deadline; the scorer stays in its group all the while, and nearly all neighbours are scored.

    Nearly: a machine that is taken away for a tenth of a second looks like a model that never ends.
    """
    serve(world, endless(WIDTH), prior=0.5, **LOOP)
    bad = {"e40", "e160"}
    world.feed([event(n, amount=99.0 if f"e{n}" in bad else 1.0) for n in range(200)], keys=[b"one"] * 200)
    scorer = world.scorer(slot="one", batch_rows=64)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    said = {p["event_id"]: p for one in answers(world) if (p := one.prediction)}
    by_prior = {name for name, p in said.items() if p["mode"] == "prior"}
    prove_each_once(world, degraded=len(by_prior))
    assert bad <= by_prior
    assert len(by_prior) < 20
    assert {tuple(said[name]["reasons"]) for name in by_prior} == {("model_timeout",)}
    assert scorer.log.read_text().count('"event": "assigned"') == 1


def test_f15_a_model_that_kills_the_process_is_left_alone_after_two_deaths(world: World) -> None:
    """The supervisor starts it again; the third life answers what killed the others by the prior, and all behind it."""
    serve(world, prior=0.5)
    feed(world)
    # One partition, one transaction: the first death is at the first event, and nothing was answered before it.
    settings: dict[str, object] = {"slot": "one", "state": world.path / "state", "breaker_seconds": 600}
    for _ in range(2):
        dying = world.process("tests.faults.killing", **settings)
        assert ended(world, dying) == 128 + signal.SIGKILL
    last = world.process("tests.faults.killing", **settings)
    world.drain()
    assert last.stop() == 0, world.logs()
    found = prove_each_once(world, degraded=EVENTS)
    said = {(p["mode"], tuple(p["reasons"])) for one in found if (p := one.prediction)}
    assert said == {("prior", ("breaker_open",))}
    assert "died 2 times inside of this model" in last.log.read_text()


def ended(world: World, child: Child) -> int | None:
    """The exit code of a process that ends by itself."""
    world.wait(lambda: child.exit_code is not None)
    return child.exit_code


def test_f15_without_its_bundle_the_fallback_answers_until_it_is_back(world: World) -> None:
    """Marked; then the champion takes over between two transactions, without a restart."""
    make_bundle(world.path / "old", version="0")
    hidden = (world.path / "bundle").rename(world.path / "elsewhere")
    world.feed_events(EVENTS // 2)
    scorer = world.scorer(slot="one", fallback=world.path / "old", breaker_seconds=0.5)
    world.drain()
    hidden.rename(world.path / "bundle")
    world.wait(lambda: '"version": "1"' in scorer.log.read_text())
    world.feed_events(EVENTS // 2)
    world.drain()
    assert scorer.stop() == 0, world.logs()
    found = prove_each_once(world, degraded=EVENTS // 2)
    said = {p["event_id"]: (p["mode"], p["model_version"], p["reasons"]) for f in found if (p := f.prediction)}
    early = {f"e{n}" for n in range(EVENTS // 2)}
    assert {str(said[name]) for name in early} == {str(("fallback", "0", ["bundle_missing"]))}
    assert {str(said[name]) for name in said.keys() - early} == {str(("scored", "1", []))}


def test_f15_a_bundle_that_is_missing_without_a_fallback_stops_the_scorer(world: World) -> None:
    """Nobody knows what its events are: exit code 2, with the cause, and nothing was used."""
    shutil.rmtree(world.path / "bundle")
    world.feed_events(10)
    scorer = world.scorer(slot="one")
    assert ended(world, scorer) == 2
    assert "error: bundle refused" in scorer.log.read_text()
    assert world.behind() == 10


def test_going_back_is_a_restart_with_the_previous_bundle(world: World) -> None:
    """The interim rollback: stop, start with the old bundle; every event is answered once, by one of the two."""
    make_bundle(world.path / "old", version="0")
    world.feed_events(EVENTS // 2)
    bad = world.scorer(slot="one")
    world.drain()
    world.feed_events(EVENTS // 4)
    assert bad.stop() == 0, world.logs()
    good = world.scorer(slot="one", bundle=world.path / "old")
    world.feed_events(EVENTS // 4)
    world.drain()
    assert good.stop() == 0, world.logs()
    found = prove_each_once(world)
    versions = [p["model_version"] for f in found if (p := f.prediction)]
    assert set(versions) == {"0", "1"}
    assert versions.count("0") >= EVENTS // 4
