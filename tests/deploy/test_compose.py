"""compose.yaml holds to its specification and to what we ask of every container."""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.deploy.composed import OURS, SERVICES, STANDING, THEIRS, VARIABLE, composed, text, variables

SPECIFICATION = Path(__file__).parent / "compose_spec" / "compose-spec.json"
BARE = {"otel-collector"}
"""Whose image holds one program and nothing that could ask it; nobody waits for it."""
PINNED = re.compile(r"^[a-z0-9./-]+:v?\d+\.\d+\.\d+[a-z0-9.-]*(@sha256:[0-9a-f]{64})?$")


def checker() -> Any:
    """The specification's validator."""
    return jsonschema.Draft7Validator(json.loads(SPECIFICATION.read_text(encoding="utf-8")))


def test_it_is_what_the_specification_allows() -> None:
    """Every key, every type."""
    assert [error.message for error in checker().iter_errors(composed())] == []


def test_the_specification_sees_a_misspelt_key() -> None:
    """A validator that allows everything would pass as well."""
    broken = deepcopy(composed())
    broken["services"]["kafka"]["heathcheck"] = {}
    assert ["heathcheck" in error.message for error in checker().iter_errors(broken)] == [True]


def test_every_variable_is_one_of_env_and_every_line_of_env_is_used() -> None:
    """A variable without a value is an empty string to Compose, and a warning that nobody reads."""
    assert set(VARIABLE.findall(text())) == set(variables())
    assert "$" not in VARIABLE.sub("", text())


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_may_do_more_than_it_must(name: str) -> None:
    """A user that is not root and is said by number, no capability, nothing to write on but volumes and /tmp."""
    one = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:\d+", one["user"])
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in {place.partition(":")[0] for place in one["tmpfs"]}  # noqa: S108 - the container's
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "container_name", "devices"} & one.keys()


@pytest.mark.parametrize("name", ["kafka", "kafka-ui"])
def test_who_reads_compressed_batches_may_run_what_it_unpacks(name: str) -> None:
    """Java's codecs put their native libraries into /tmp; without the right to run them Kafka refuses every batch."""
    assert "/tmp:exec" in SERVICES[name]["tmpfs"]  # noqa: S108 - the container's


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_takes_all_there_is(name: str) -> None:
    """Of memory, processors, processes, or of the disk for its log."""
    one = SERVICES[name]
    assert {"cpus", "memory", "pids"} == one["deploy"]["resources"]["limits"].keys()
    assert {"max-size", "max-file"} == one["logging"]["options"].keys()


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_elsewhere_can_reach_a_port(name: str) -> None:
    """Each is published on loopback."""
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_no_two_publish_the_same_port() -> None:
    """With all profiles at once."""
    ports = [port.split(":")[1] for one in SERVICES.values() for port in one.get("ports", [])]
    assert len(ports) == len(set(ports)) > 5


@pytest.mark.parametrize("name", THEIRS)
def test_an_image_of_others_is_pinned(name: str) -> None:
    """By a tag that names one version."""
    assert PINNED.match(THEIRS[name]["image"])


@pytest.mark.parametrize("image", ["kafka", "kafka:latest", "kafka:4", "kafka:4.3", "python:3.11-slim"])
def test_a_tag_that_moves_is_no_pin(image: str) -> None:
    """What the rule above refuses."""
    assert not PINNED.match(image)


@pytest.mark.parametrize("name", STANDING)
def test_who_stands_says_whether_it_is_healthy_and_is_started_again(name: str) -> None:
    """Ours by their image's HEALTHCHECK, the others by a question to their API, not to their port."""
    one = STANDING[name]
    assert one["restart"] == "unless-stopped"
    assert ("healthcheck" in one) == (name in THEIRS)
    if name in BARE:
        assert one["healthcheck"] == {"disable": True}
    elif name in THEIRS:
        assert one["healthcheck"]["test"][0] == "CMD"
        assert not {"nc", "true", "ls", "pgrep"} & set(one["healthcheck"]["test"])


def test_ours_have_time_to_commit_before_they_are_killed() -> None:
    """A transaction has eight seconds, the group is left after it."""
    assert all(int(one["stop_grace_period"].rstrip("s")) >= 30 for one in OURS.values())


@pytest.mark.parametrize("name", SERVICES)
def test_who_waits_for_another_waits_until_it_is_ready(name: str) -> None:
    """Healthy where it stands, done where it ends; and it is there without another profile."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_healthy" if other in STANDING else "service_completed_successfully"
        assert how == {"condition": wanted}
        assert set(SERVICES[other].get("profiles", [])) <= set(SERVICES[name].get("profiles", []))
