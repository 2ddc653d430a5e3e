"""A death inside of the model is remembered by the next process, any other is not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.scorer.serving.deaths import Deaths

LIFE = """
import os, pathlib, signal, sys
from services.scorer.serving.deaths import Deaths
deaths = Deaths(pathlib.Path(sys.argv[1]))
with deaths:
    pass
if sys.argv[2] == "inside":
    with deaths:
        os.kill(os.getpid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


def live(path: Path, where: str) -> None:
    """A process that is killed, inside of a run or after it."""
    ended = subprocess.run([sys.executable, "-c", LIFE, str(path), where], check=False, env=os.environ)
    assert ended.returncode == -signal.SIGKILL


def test_deaths_inside_a_run_are_counted(tmp_path: Path) -> None:
    """Those alone, over any number of lives; counting twice changes nothing."""
    path = tmp_path / "state" / "deaths"
    for where in ("inside", "after", "inside"):
        live(path, where)
    assert Deaths(path).within(60) == 2
    assert Deaths(path).within(60) == 2


def test_old_deaths_are_forgiven(tmp_path: Path) -> None:
    """Only those of the last seconds count, eight at most."""
    now = [1_000.0]

    def clock() -> float:
        return now[0]

    for _ in range(12):
        Deaths(tmp_path / "d", clock).__enter__()
        now[0] += 10
    last = Deaths(tmp_path / "d", clock)
    assert (last.within(25), last.within(1e9)) == (3, 8)


def test_an_error_of_the_model_is_no_death(tmp_path: Path) -> None:
    """Whoever lives to raise it did not die."""
    with pytest.raises(ValueError, match="no"), Deaths(tmp_path / "d"):
        raise ValueError("no")
    assert Deaths(tmp_path / "d").within(60) == 0


def test_without_a_file_nothing_is_known() -> None:
    """And nothing is written."""
    deaths = Deaths(None)
    with deaths:
        assert Deaths(None).within(60) == 0
