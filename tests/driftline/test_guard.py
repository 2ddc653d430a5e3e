"""Children and their guard: nobody outlives whoever started them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from driftline.local.child import Child
from driftline.output import Refusal
from tests.driftline.processes import are_gone

SLEEP = (sys.executable, "-c", "import time; print('asleep', flush=True); time.sleep(600)")
DEAF_CODE = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""
DEAF = (sys.executable, "-c", DEAF_CODE)
PARENT = """
import sys, time
from pathlib import Path
from driftline.local.child import Child
child = Child.start("child", sys.argv[2:], log=Path(sys.argv[1]), grace_seconds=0.2)
print(child.pid, child.guard.pid, flush=True)
time.sleep(600)
"""


def wait_for_word(log: Path, word: str) -> None:
    """Return once the child has said `word`."""
    while not log.exists() or word not in log.read_text():
        pass


@pytest.mark.parametrize(("command", "word"), [(SLEEP, "asleep"), (DEAF, "deaf")])
def test_a_child_is_gone_when_its_parent_was_killed(tmp_path: Path, command: tuple[str, ...], word: str) -> None:
    """Killing the parent ends guard and child, even a child that ignores SIGTERM."""
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(log), *command], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        wait_for_word(log, word)
        parent.kill()
    assert are_gone(*pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_child_is_gone_when_its_guard_was_killed(tmp_path: Path) -> None:
    """Killing the guard reaches the child."""
    child = Child.start("child", SLEEP, log=tmp_path / "log")
    os.kill(child.guard.pid, signal.SIGKILL)
    child.stop()
    assert are_gone(child.pid)


def test_a_child_s_exit_code_comes_through(tmp_path: Path) -> None:
    """Its own code as it is; 128 + n after signal n."""
    ended = Child.start("child", (sys.executable, "-c", "raise SystemExit(7)"), log=tmp_path / "log")
    ended.guard.wait()
    assert ended.exit_code == 7
    assert ended.stop() == 7
    assert Child.start("child", SLEEP, log=tmp_path / "log").stop() == 128 + signal.SIGTERM
    assert Child.start("child", SLEEP, log=tmp_path / "log").kill() == 128 + signal.SIGKILL


def test_being_asked_often_is_being_asked(tmp_path: Path) -> None:
    """Signals that come in the midst of one another do not block the guard."""
    for turn in range(3):
        child = Child.start("child", DEAF, log=tmp_path / f"log-{turn}", grace_seconds=0.2)
        wait_for_word(child.log, "deaf")
        for _ in range(3000):
            child.ask_to_stop()
        assert child.stop() == 128 + signal.SIGKILL


def test_a_deaf_child_is_killed_after_its_grace(tmp_path: Path) -> None:
    """A child that ignores SIGTERM does not hold up the stop for ever."""
    child = Child.start("child", DEAF, log=tmp_path / "log", grace_seconds=0.1)
    wait_for_word(child.log, "deaf")
    assert child.stop() == 128 + signal.SIGKILL


def test_a_command_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    """The message shows what could not be started."""
    with pytest.raises(Refusal, match="no-such-program"):
        Child.start("child", ["no-such-program"], log=tmp_path / "log")


def test_the_last_lines_are_those_of_this_run(tmp_path: Path) -> None:
    """A log goes on from run to run, but a death is explained by its own run only."""
    for word in ("first", "second"):
        child = Child.start("child", (sys.executable, "-c", f"print({word!r})"), log=tmp_path / "log")
        child.guard.wait()
        child.stop()
        assert child.last_lines() == word
    assert (tmp_path / "log").read_text() == "first\nsecond\n"
