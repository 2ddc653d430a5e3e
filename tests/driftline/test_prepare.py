"""`driftline prepare`: which schemas stand under which subject, and what a registry keeps of them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from driftline.__main__ import command_line
from driftline.output import Refusal
from driftline.prepare import WRITTEN, register, subjects
from schemas.contracts import NAMES, latest
from schemas.topics import declared
from stream.kafka.registry import Registry

EVENT = {"type": "record", "name": "Ours", "fields": [{"name": "a", "type": "long"}]}
BUNDLE = Path("load/flights/bundle")


def test_every_contract_of_ours_has_its_subject() -> None:
    """Named as the services ask for it: the topic's name, then -value."""
    found = subjects("m", "p.", None)
    assert sorted(WRITTEN.values()) == sorted(NAMES)
    assert found["p.m.profiles-value"] == (latest("profile"), "FULL_TRANSITIVE")
    assert len(found) == len(NAMES)


def test_every_topic_that_stays_compatible_is_thought_of() -> None:
    """What topics.yaml declares compatible, and no more."""
    kept = {kind for kind, said in declared().items() if said["compatibility"] != "NONE"}
    assert kept == {*WRITTEN, "features"}


def test_the_events_schema_is_the_users() -> None:
    """Under the features' subject."""
    assert subjects("m", "", EVENT)["m.features-value"] == (EVENT, "FULL_TRANSITIVE")


def test_a_second_time_gives_the_same_ids() -> None:
    """And a service that may not register finds them."""
    registry, wanted = Registry("mock://here"), subjects("m", "", EVENT)
    first = register(registry, wanted)
    assert register(registry, wanted) == first
    assert registry.id_of("m.alerts-value", latest("alert"), register=False) == first["m.alerts-value"]


def test_a_kafka_that_never_answers_is_named() -> None:
    """After as long as was asked for, with what to do."""
    words = ["prepare", "--bundle", str(BUNDLE), "--brokers", "127.0.0.1:1", "--wait", "0"]
    ran = CliRunner().invoke(command_line("prepare"), words)
    assert isinstance(ran.exception, Refusal)
    assert "127.0.0.1:1" in ran.exception.what


@pytest.mark.parametrize("text", ["{nothing", json.dumps({"type": "record", "name": "X"})])
def test_an_event_schema_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    """Before anything is created."""
    file = tmp_path / "event.avsc"
    file.write_text(text)
    words = ["prepare", "--bundle", str(BUNDLE), "--brokers", "127.0.0.1:1", "--event", str(file)]
    ran = CliRunner().invoke(command_line("prepare"), words)
    assert isinstance(ran.exception, Refusal)
    assert str(file) in ran.exception.what


def test_a_directory_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    """With the command that says more."""
    words = ["prepare", "--bundle", str(tmp_path), "--brokers", "127.0.0.1:1"]
    ran = CliRunner().invoke(command_line("prepare"), words)
    assert isinstance(ran.exception, Refusal)
    assert "model verify" in ran.exception.fix
