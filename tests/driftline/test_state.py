"""The state of a stack on disk, and telling a process from another with the same pid."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from driftline.local.state import Member, Process, StackState, began_of, read_state, state_file, write_state
from driftline.output import Refusal


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Through the file and back."""
    me = Process.of(os.getpid())
    member = Member(name="broker", process=me, address="127.0.0.1:9092", log=tmp_path / "log")
    state = StackState(
        phase="ready", supervisor=me, brokers="127.0.0.1:9092", prefix="", models=("m",), members=(member,)
    )
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
    assert [path.name for path in tmp_path.iterdir()] == ["stack.json"]


def test_no_file_is_no_stack(tmp_path: Path) -> None:
    """None rather than an error."""
    assert read_state(tmp_path) is None


def test_a_damaged_state_is_refused_with_its_path(tmp_path: Path) -> None:
    """The message names the file."""
    state_file(tmp_path).write_text('{"phase": "ready"')
    with pytest.raises(Refusal, match=r"stack\.json"):
        read_state(tmp_path)


def test_a_pid_used_again_is_not_taken_for_the_process() -> None:
    """The same pid with another beginning is somebody else."""
    me = Process.of(os.getpid())
    assert me.is_alive()
    assert not me.model_copy(update={"began": "1"}).is_alive()


def test_a_process_that_ended_is_gone_even_before_it_is_reaped() -> None:
    """A zombie does not count."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        process = Process.of(child.pid)
        assert process.is_alive()
        child.communicate(b"\n")
        assert not process.is_alive()
    assert began_of(child.pid) is None
