"""Which Kafka a command looks at: what was said, else what runs in the state directory."""

import os
from pathlib import Path

import pytest

from driftline.local.state import Process, StackState, write_state
from driftline.output import Refusal
from driftline.where import where


def running(path: Path, *models: str) -> None:
    """A stack with these models, kept in `path`."""
    me = Process.of(os.getpid())
    write_state(
        path, StackState(phase="ready", supervisor=me, brokers="here:1", prefix="p.", models=models, members=())
    )


def test_a_running_stack_fills_in_everything(tmp_path: Path) -> None:
    """With one model, nothing need be said."""
    running(tmp_path, "one")
    at = where(state=tmp_path, brokers=None, prefix=None, model=None)
    assert (at.brokers, at.model, at.prefix, at.schemas) == ("here:1", "one", "p.", tmp_path / "schemas")


def test_what_is_said_wins(tmp_path: Path) -> None:
    """An empty prefix is one, too."""
    running(tmp_path, "one", "two")
    at = where(state=tmp_path, brokers=None, prefix="", model="two")
    assert (at.brokers, at.model, at.prefix) == ("here:1", "two", "")


def test_another_kafka_takes_nothing_from_the_stack(tmp_path: Path) -> None:
    """Neither its prefix nor its models."""
    running(tmp_path, "one")
    at = where(state=tmp_path, brokers="there:2", prefix=None, model="m")
    assert (at.brokers, at.model, at.prefix) == ("there:2", "m", "")
    with pytest.raises(Refusal, match="which model"):
        where(state=tmp_path, brokers="there:2", prefix=None, model=None)


def test_no_stack_says_what_to_do(tmp_path: Path) -> None:
    """Start one, or name another Kafka."""
    with pytest.raises(Refusal, match="no stack runs in") as refused:
        where(state=tmp_path, brokers=None, prefix=None, model="m")
    assert "driftline up" in refused.value.fix
    assert "--brokers" in refused.value.fix


@pytest.mark.parametrize(("models", "cause"), [(("one", "two"), "found one, two"), ((), "found none")])
def test_several_models_must_be_told_apart(tmp_path: Path, models: tuple[str, ...], cause: str) -> None:
    """They are listed."""
    running(tmp_path, *models)
    with pytest.raises(Refusal, match="which model") as refused:
        where(state=tmp_path, brokers=None, prefix=None, model=None)
    assert refused.value.cause == f"{cause} in the stack"
