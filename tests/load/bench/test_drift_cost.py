"""The benchmark of the sidecar's cost makes profiles that a sidecar takes, and prints a line a load."""

import pytest

from load.bench import drift_cost
from load.bench.drift_cost import Load


def test_a_small_load_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """None of its profiles is refused; its cost is some time, its snapshot some bytes."""
    monkeypatch.setattr(drift_cost, "SAMPLE", 12)
    monkeypatch.setattr(drift_cost, "LOADS", [Load(events=1_000, partitions=2, features=3)])
    *laps, size = drift_cost.spent(drift_cost.LOADS[0])
    assert min(laps) > 0
    assert size > 500
    drift_cost.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].split()[:3] == ["1000", "2", "3"]
    assert len(lines) == 4
