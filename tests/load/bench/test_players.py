"""Who is measured is told what its row promises."""

from pathlib import Path

import pytest

from load.bench import latency
from load.bench.images.events import Shape
from load.bench.players.ours import OURS, VARIANTS
from load.bench.players.systems import Run, System
from load.bench.rig.events import FEATURES
from load.bench.rig.stage import PARTITIONS, Filled, Stage
from services.scorer.settings import PREFIX, read_settings

PLAYING = [*OURS, *VARIANTS, *(one for one in latency.systems() if one.answers == "ours")]


class Unbuilt(Stage):
    """A stage whose broker nobody asks; its bundles are names alone."""

    def bundle(self, model: str, *, features: int = FEATURES, lacks: str = "", shape: Shape = "columns") -> Path:
        """Where it would be."""
        return self.path / f"{model}-{features}-{lacks}-{shape}"


@pytest.mark.parametrize("system", PLAYING, ids=lambda one: one.row)
def test_our_scorer_takes_what_it_is_told(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable that it does not know, and the delivery that the row names."""
    run = Run(stage=Unbuilt("127.0.0.1:1", 0, tmp_path), filled=Filled("t", 1, PARTITIONS, "mlp"), name="run")
    _, told = system.start(run)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert [name for name in told if not name.startswith(PREFIX)] == []
    assert read_settings().delivery == system.delivery


def test_at_least_once_of_ours_plays_in_both() -> None:
    """Beside exactly once, in serving and in latency."""
    for playing in (OURS, latency.systems()):
        ours = [one for one in playing if one.answers == "ours"]
        assert {one.delivery for one in ours} == {"exactly_once", "at_least_once"}
        assert [one.missing for one in ours] == [""] * len(ours)
