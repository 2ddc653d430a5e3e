"""Trees asked in several ways: who cannot play says why, the others race in turns and are held to what is served."""

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from load.bench import trees
from load.bench.forest.asked import made
from load.bench.forest.fidelity import auc, fidelity
from load.bench.forest.ways import SERVED, WAYS, Way
from load.bench.race import turns
from load.bench.rig.events import matrix


def test_who_cannot_be_made_says_why(tmp_path: Path) -> None:
    """The others play."""

    def absent(_: Path) -> NoReturn:
        raise ModuleNotFoundError("No module named\n'lleaves'")

    def there(_: Path) -> Way:
        return lambda rows: rows[:, 0].astype(np.float64)

    ways, missing = made([("absent", absent), ("there", there)], tmp_path)
    assert list(ways) == ["there"]
    assert missing == {"absent": "ModuleNotFoundError: No module named 'lleaves'"}


def test_without_an_environment_ours_asks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what did not install."""

    def refused(name: str) -> NoReturn:
        raise subprocess.CalledProcessError(2, [f"uv pip install {name}"])

    monkeypatch.setattr(trees, "python_of", refused)
    assert trees.python() == Path(sys.executable)
    assert "uv pip install trees" in capsys.readouterr().out


def test_all_run_in_turns() -> None:
    """Once unmeasured, then as often as asked, one after the other."""
    said: list[str] = []
    laps = turns([lambda: said.append("a"), lambda: said.append("b")], rows=1, repeats=2)
    assert said == ["a", "b"] * 3
    assert all(0 < lap.least <= lap.median for lap in laps)


def test_a_ratio_is_how_many_times_as_fast_as_what_is_served() -> None:
    """By the medians."""
    laps = {SERVED: {"least": 3_000.0, "median": 4_000.0}, "other": {"least": 900.0, "median": 1_000.0}}
    shown = trees.speeds({"1": laps, "2000": laps})
    assert shown.columns[1] == "1 row: ns a row least"
    assert shown.rows[1] == ("other", *("900", "1,000", "4.00") * 2)


def test_true_rows_above_false_ones() -> None:
    """All of them, none, half of the ties; what is worked out in the order of the scores needs no order of rows."""
    truth = np.array([0, 1, 0, 1])
    assert auc(np.array([0.1, 0.8, 0.2, 0.9]), truth) == 1.0
    assert auc(np.array([0.8, 0.1, 0.9, 0.2]), truth) == 0.0
    assert auc(np.full(4, 0.3), truth) == 0.5


def test_decisions_are_alike_on_one_side_of_a_half() -> None:
    """Differences are counted whatever is decided."""
    found = fidelity(np.array([0.1, 0.5, 0.9, 0.4]), np.array([0.2, 0.4, 0.9, 0.4]), np.array([0, 1, 1, 1]))
    assert (found.alike, found.right) == (0.75, 0.75)
    assert found.mean == pytest.approx(0.05)
    assert found.most == pytest.approx(0.1)


def test_the_pupil_is_near_the_trees_that_taught_it(tmp_path: Path) -> None:
    """Not as near as another way to ask them, nearer than a network that never heard of them."""
    rows = matrix(5_000_000_000, 2_000)
    served, pupil, other = (
        WAYS[name](tmp_path)(rows)
        for name in WAYS
        if "ONNX" in name  # what our own environment can ask
    )
    assert 1e-3 < np.abs(pupil - served).mean() < 0.06 < np.abs(other - served).mean()


def test_likeness_rounds_small_differences_to_their_size() -> None:
    """A ten millionth is not 0.000."""
    one = {"mean": 3e-8, "p99": 0.2, "most": 0.46, "alike": 0.9486, "right": 0.8341, "auc": 0.92171}
    assert trees.likeness({"x": one}, 9).rows == (("x", "3.0e-08", "0.200", "0.460", "94.86%", "0.9217", "83.41%"),)
