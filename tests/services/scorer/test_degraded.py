"""A scorer whose model fails answers every event all the same, marked, outside of every statistic."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.session import Session
from services.scorer.pipeline import Scorer
from tests.models.bundles import FEATURES, make_bundle
from tests.models.faulty_onnx import endless, poison, rooted
from tests.services.scorer.world import Seeing, World, event

WIDTH = len(FEATURES)


def uses(world: World) -> dict[str, int]:
    """What the ledger says became of the records."""
    ranges = [one for profile in world.profiles() for one in profile["ranges"]]
    counts = {name: sum(one[name] for one in ranges) for name in ("scored", "degraded", "rejected", "dead")}
    return {name: count for name, count in counts.items() if count}


def in_slices(world: World) -> int:
    """Rows that any statistic was made of."""
    return sum(s["rows"] for profile in world.profiles() for s in profile["slices"] if s["segment"] == "")


@pytest.mark.parametrize(("onnx", "cause"), [(poison(WIDTH), "model_error"), (rooted(WIDTH), "model_output")])
def test_a_poison_event_is_refused_alone(tmp_path: Path, onnx: bytes, cause: str) -> None:
    """Its neighbours are scored; the ledger, the counters and the slices tell them apart."""
    world = World(tmp_path, partitions=1, onnx=onnx)
    world.feed([event(n, amount=99.0 if n == 33 else 1.0) for n in range(100)])
    seeing = world.run()
    found = {p["event_id"]: (p["mode"], p["reasons"]) for p in world.predictions()}
    assert found.pop("e33") == ("rejected", [cause])
    assert set(map(str, found.values())) == {str(("scored", []))}
    assert uses(world) == {"scored": 99, "rejected": 1}
    assert in_slices(world) == 99
    assert seeing.counts["driftline_rejects_total", cause] == 1


def test_the_fallback_names_itself(tmp_path: Path) -> None:
    """Its version, its digest, its id; order is kept between its predictions and the champion's."""
    old = make_bundle(tmp_path / "old", version="0")
    world = World(tmp_path, partitions=1, onnx=poison(WIDTH), fallback=tmp_path / "old", settings={"cloudevents": True})
    world.feed([event(n, amount=99.0 if n % 3 == 1 else 1.0) for n in range(9)])
    seeing = world.run()
    found = world.predictions()
    assert [p["event_id"] for p in found] == [f"e{n}" for n in range(9)]
    for number, said in enumerate(found):
        is_fallback = number % 3 == 1
        assert said["mode"] == ("fallback" if is_fallback else "scored")
        assert said["model_version"] == ("0" if is_fallback else "1")
        assert said["bundle_digest"] == (old.digest if is_fallback else world.kit.bundle.digest)
        assert said["reasons"] == (["model_error"] if is_fallback else [])
    ids = [dict(entry.headers)["ce_id"] for _, _, entry in world.seen(world.topics.predictions)]
    assert ids[1] == b"tiny/0/champion/tiny.features/0/1"
    assert uses(world) == {"scored": 6, "degraded": 3}
    assert in_slices(world) == 6
    assert seeing.counts["driftline_degraded_total", "model_error"] == 3
    matrix = np.array([[99.0, 1, 0, 1, np.nan]], np.float32)
    assert found[1]["score"] == Session(old.onnx, old.contract).score(matrix)[0, 0]


def test_an_endless_event_is_answered_by_the_prior(tmp_path: Path) -> None:
    """It costs the deadline, not the scorer."""
    world = World(tmp_path, partitions=1, onnx=endless(WIDTH), prior=0.75, deadline="300ms")
    world.feed([event(n, amount=99.0 if n == 2 else 1.0) for n in range(8)])
    world.run()
    found = world.predictions()
    assert [p["mode"] for p in found] == ["scored"] * 2 + ["prior"] + ["scored"] * 5
    assert (found[2]["reasons"], found[2]["score"], found[2]["decision"]) == (["model_timeout"], 0.75, "true")
    assert found[2]["estimate"] is None
    assert uses(world) == {"scored": 7, "degraded": 1}


def test_marks_of_the_contract_stand_beside_the_cause(tmp_path: Path) -> None:
    """A row may be both imputed and answered by the prior."""
    features = [{**FEATURES[0], "range": [0.0, 10.0], "policies": {"out_of_range": "pass"}}, *FEATURES[1:]]
    world = World(tmp_path, partitions=1, onnx=poison(WIDTH), features=features, prior=0.5)
    world.feed([event(0), event(1, amount=99.0)])
    world.run()
    assert [p["reasons"] for p in world.predictions()] == [[], ["out_of_range:amount", "model_error"]]


@pytest.mark.parametrize(("overload", "modes"), [("wait", {"scored"}), ("degrade", {"prior"})])
def test_what_waited_too_long_is_shed_only_where_the_contract_says(
    tmp_path: Path, overload: str, modes: set[str]
) -> None:
    """By the broker's timestamp: the twin's records are of 1970."""
    world = World(tmp_path, prior=0.5, overload=overload)
    world.feed([event(n) for n in range(10)])
    world.run()
    found = world.predictions()
    assert {p["mode"] for p in found} == modes
    assert {tuple(p["reasons"]) for p in found} == ({()} if overload == "wait" else {("overload",)})


def test_nothing_is_shed_onto_nobody(tmp_path: Path) -> None:
    """Without prior and fallback a late answer is better than none."""
    world = World(tmp_path, overload="degrade")
    world.feed([event(n) for n in range(10)])
    world.run()
    assert {p["mode"] for p in world.predictions()} == {"scored"}


@pytest.mark.parametrize(
    ("contract", "most"),
    [({}, 8_000), ({"overload": "degrade"}, 8_000), ({"overload": "degrade", "prior": 0.5}, 2_000)],
)
def test_who_sheds_takes_one_run_at_a_time(tmp_path: Path, contract: dict[str, Any], most: int) -> None:
    """Whose rows wait too long is asked once a batch; the others take what a quick model can be asked about."""
    world = World(tmp_path, **contract)
    assert world.kit.chain.champion is not None
    world.kit.chain.champion.appetite = lambda: 8_000  # type: ignore[method-assign]  # as after a quick run
    assert Scorer(world.kit, Seeing()).appetite() == most


def test_the_next_kit_is_taken_between_transactions(tmp_path: Path) -> None:
    """What comes after is answered by it, under its name; the account goes on without a gap."""
    make_bundle(tmp_path / "next", version="2")
    world = World(tmp_path, partitions=1)
    other = World(tmp_path / "other", partitions=1, version="2")
    kits: list[Any] = [None, other.kit]
    world.feed([event(n) for n in range(30)])
    world.run(rows=10, successor=lambda: kits.pop(0) if kits else None)
    versions = [p["model_version"] for p in world.predictions()]
    assert versions == sorted(versions)
    assert set(versions) == {"1", "2"}
    assert uses(world) == {"scored": 30}
    slices = [(s["model_version"], s["rows"]) for p in world.profiles() for s in p["slices"] if s["segment"] == ""]
    assert {version: sum(n for v, n in slices if v == version) for version in "12"} == {
        version: versions.count(version) for version in "12"
    }
    sequences = [p["sequence"] for p in world.profiles()]
    assert sequences == list(range(len(sequences)))
