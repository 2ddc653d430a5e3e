"""The features behind it are ranked by how far they moved, times how much the scores hang on them."""

import copy
from dataclasses import replace

from load.bench.drifting.world import World
from models.fitting.influence import with_influences
from services.drift.findings.finding import Finding
from services.drift.findings.reference import Reference
from services.drift.judging.cause import ranked


def moved(name: str, far: float, *, fired: bool = True) -> Finding:
    """A feature whose mean moved by so many sds."""
    return Finding(test="mean", subject=name, place="inform", statistic=far, expected=0.0, fired=fired, what=name)


def test_what_the_scores_hang_on_comes_first_though_it_moved_less() -> None:
    """The score itself counts as it is; what did not fire is none of them."""
    found = [moved("temp", 3.0), moved("delay", -1.0), moved("score", 0.5), moved("calm", 9.0, fired=False)]
    said = ranked(found, {"temp": 0.1, "delay": 1.0, "calm": 1.0})
    assert [(one["feature"], one["strength"], one["influence"]) for one in said] == [
        ("delay", 0.5, 1.0),
        ("score", 0.5 / 1.5, None),
        ("temp", 0.75, 0.1),
    ]


def test_without_influences_it_is_how_far_they_moved() -> None:
    """As in bundles that were built before."""
    said = ranked([moved("a", 1.0), moved("b", -3.0), moved("b", 1.0), moved("c", 3.0)], {})
    assert [one["feature"] for one in said] == ["b", "c", "a"]
    assert [one["feature"] for one in ranked([moved("a", 1.0), moved("b", 3.0)], {"a": 0.0, "b": 0.0})] == ["b", "a"]


def test_a_reference_tells_influences_by_the_largest(world: World) -> None:
    """What no score hangs on has none."""
    count = len(world.bundle.baseline.features)
    baseline = with_influences(copy.deepcopy(world.bundle.baseline), [0.25, 0.5, *[0.0] * (count - 2)])
    reference = Reference(replace(world.bundle, baseline=baseline))
    assert [reference.influence[name] for name in reference.names[:3]] == [0.5, 1.0, 0.0]
    assert Reference(world.bundle).influence == {}
