"""What compose.yaml names is there: settings, files, topics, targets, images, the command line's options."""

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
import typer
import yaml

from driftline.__main__ import command_line
from load.flights.__main__ import main as replay_main
from load.flights.__main__ import parser
from models.contract import load_contract
from services.start.probe import PORTS
from tests.deploy.composed import COMPOSE, OURS, ROOT, SERVICES, STANDING, composed, text, variables

RUNNING = {name: one for name, one in OURS.items() if name in STANDING}


@pytest.mark.parametrize("name", RUNNING)
def test_every_variable_is_a_setting_of_its_service(name: str) -> None:
    """And its settings take these values; none is told anything twice."""
    told = RUNNING[name]["environment"]
    module = import_module(f"services.{name}.settings")
    known = {module.PREFIX + field.upper() for field in module.Settings.model_fields}
    assert told.keys() <= known
    settings = module.Settings(**{key.removeprefix(module.PREFIX).lower(): value for key, value in told.items()})
    assert settings.begin == "earliest"
    assert settings.register_schemas is False


def test_a_slot_and_a_state_belong_to_one_service() -> None:
    """Two with the same slot would fence each other for ever."""
    slots = [one["environment"][f"{name.upper()}_SLOT"] for name, one in RUNNING.items()]
    states = [volume for one in RUNNING.values() for volume in one["volumes"] if volume.endswith(":/state")]
    assert len(set(slots)) == len(set(states)) == len(RUNNING)


@pytest.mark.parametrize("name", RUNNING)
def test_the_admin_port_is_the_one_that_is_published(name: str) -> None:
    """Where the probe asks, where Prometheus scrapes."""
    assert name in PORTS
    assert [port.rsplit(":", 1)[1] for port in RUNNING[name]["ports"]] == [str(PORTS[name])]


@pytest.mark.parametrize("name", OURS)
def test_an_image_of_ours_has_what_its_dockerfile_asks_for(name: str) -> None:
    """A service that exists, pinned packages that exist; one image has one recipe."""
    build = OURS[name]["build"]
    args = build["args"]
    assert ((COMPOSE / build["context"]).resolve() / build["dockerfile"]).is_file()
    assert (ROOT / "requirements" / f"{args['REQUIREMENTS']}.txt").is_file()
    assert find_spec(args.get("MODULE", f"services.{args['SERVICE']}")) is not None
    assert OURS[name]["image"].partition(":")[0] == f"driftline/{args['SERVICE']}"
    same = [one["build"] for one in OURS.values() if one["image"] == OURS[name]["image"]]
    assert all(one == build for one in same)


@pytest.mark.parametrize("name", SERVICES)
def test_every_file_that_is_mounted_is_there_and_is_only_read(name: str) -> None:
    """Named volumes are declared, as are secrets."""
    whole = composed()
    for volume in SERVICES[name].get("volumes", []):
        source, _, mode = volume.split(":")[0], volume.split(":")[1], volume.split(":")[2:]
        if not source.startswith("."):
            assert source in whole["volumes"]
            continue
        assert mode == ["ro"]
        assert (COMPOSE / source).exists()
    assert set(SERVICES[name].get("secrets", [])) <= whole["secrets"].keys()


def test_every_secret_is_a_file_and_none_is_kept_here() -> None:
    """What .env names by default is empty."""
    for one in composed()["secrets"].values():
        assert (COMPOSE / one["file"]).read_bytes() == b""


def test_the_model_is_the_bundle_s() -> None:
    """The notifier is told by name what the others read in the contract."""
    said = variables()
    assert load_contract(COMPOSE / said["BUNDLE"] / "contract.yaml").model == said["MODEL"]


def options(name: str) -> list[str]:
    """The words of a one-shot's command, without variables of Compose."""
    return [word.partition("=")[0] for word in OURS[name]["command"]]


def test_init_asks_for_what_prepare_knows() -> None:
    """Every option of it."""
    command: Any = typer.main.get_command(command_line("prepare"))
    known = {word for one in command.commands["prepare"].params for word in one.opts}
    first, *rest = options("init")
    assert first == "prepare"
    assert set(rest) <= known


def test_the_replayer_asks_for_what_the_replay_knows() -> None:
    """Parsed as it would be."""
    assert OURS["replayer"]["environment"] == {"DRIFTLINE_MODULE": replay_main.__module__.removesuffix(".__main__")}
    asked = parser().parse_args(OURS["replayer"]["command"])
    assert (asked.brokers, asked.bad, asked.json) == ("kafka:19092", True, True)


def addresses(value: object) -> set[str]:
    """Every host:port with a name of a host in it."""
    return set(re.findall(r"\b([a-z][a-z-]*:\d{4,5})\b", str(value))) - {"localhost:9093", "localhost:19092"}


def test_every_address_is_a_container_of_this_file() -> None:
    """No process is sent to a host that is not there."""
    told = [one.get("environment", {}) for one in SERVICES.values()] + [one.get("command", []) for one in OURS.values()]
    hosts = {address.partition(":")[0] for one in told for address in addresses(one)}
    assert hosts - {"localhost"} <= SERVICES.keys()
    assert {"kafka", "registry", "valkey", "alertmanager"} <= hosts


def test_prometheus_is_told_of_every_process_of_ours() -> None:
    """By the names and ports that they have here."""
    targets = yaml.safe_load((COMPOSE / "prometheus" / "targets.yml").read_text(encoding="utf-8"))
    found = {target for one in targets for target in one["targets"]}
    assert found == {f"{name}:{PORTS[name]}" for name in RUNNING}
    assert all(one["labels"]["model"] == variables()["MODEL"] for one in targets)


@pytest.mark.parametrize("name", ["scorer", "labeler", "drift"])
def test_traces_go_where_env_says_and_the_collector_hands_them_on(name: str) -> None:
    """To nobody by default; to the port that the collector listens on, from there to the Jaeger of this file."""
    told = text()
    assert variables()["OTLP_ENDPOINT"] == ""
    assert f'{name.upper()}_OTLP_ENDPOINT: "${{OTLP_ENDPOINT}}"' in told
    config = yaml.safe_load((COMPOSE / "otel" / "config.yaml").read_text(encoding="utf-8"))
    port = config["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    assert [published.rpartition(":")[2] for published in SERVICES["otel-collector"]["ports"]] == [port]
    assert f"http://otel-collector:{port}" in (COMPOSE / ".env").read_text(encoding="utf-8")
    (exporter,) = config["service"]["pipelines"]["traces"]["exporters"]
    assert config["exporters"][exporter]["endpoint"].partition(":")[0] in SERVICES
