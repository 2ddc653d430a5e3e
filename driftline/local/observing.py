"""Prometheus and Alertmanager beside the local stack, on the settings that deploy/compose holds."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from driftline.local.observed import Observing
from driftline.local.state import Member
from driftline.local.tools import tool

COMPOSE = Path(__file__).parents[2] / "deploy" / "compose"
READY = "/-/ready"
SECONDS = "2s"
"""How often a stack on one machine is looked at: what happened is seen at once."""
KEPT = "15d"


class Observer(NamedTuple):
    """A process to start: it answers GET /-/ready at `address`."""

    name: str
    command: tuple[str, ...]
    address: str


def observers(directory: Path, ports: Observing, members: Sequence[Member]) -> Iterator[Observer]:
    """What to start to watch these members, with settings written under `directory`.

    Raises Refusal where Prometheus or Alertmanager cannot be had.
    """
    address = ports.alertmanager_url
    home = directory / "alertmanager"
    _write(home / "alertmanager.yml", quiet(_read(COMPOSE / "alertmanager" / "alertmanager.yml")))
    listens = (f"--web.listen-address={address.removeprefix('http://')}", "--cluster.listen-address=")
    where = (f"--config.file={home / 'alertmanager.yml'}", f"--storage.path={home / 'data'}")
    yield Observer("alertmanager", (str(tool("alertmanager")), *where, *listens, "--log.level=warn"), address)
    home, address = directory / "prometheus", f"http://127.0.0.1:{ports.prometheus}"
    _settle(home, ports, members)
    listens = (f"--web.listen-address={address.removeprefix('http://')}", "--enable-feature=exemplar-storage")
    where = (f"--config.file={home / 'prometheus.yml'}", f"--storage.tsdb.path={home / 'data'}")
    kept = f"--storage.tsdb.retention.time={KEPT}"
    yield Observer("prometheus", (str(tool("prometheus")), *where, *listens, kept, "--log.level=warn"), address)


def quiet(settings: dict[str, Any]) -> dict[str, Any]:
    """The routes as they are, to receivers that tell nobody: their secrets are not here."""
    return {**settings, "receivers": [{"name": one["name"]} for one in settings["receivers"]]}


def targets(members: Sequence[Member]) -> list[dict[str, Any]]:
    """The services among the members as Prometheus finds them: each with its job and model."""
    found = []
    for member in members:
        model, _, slot = member.name.rpartition(".")
        if model and member.ready_url:
            labels = {"job": slot.rpartition("-")[0], "model": model}
            found.append({"targets": [member.address.removeprefix("http://")], "labels": labels})
    return found


def _settle(home: Path, ports: Observing, members: Sequence[Member]) -> None:
    """The settings of Prometheus, but for whom it asks, whom it tells, and how often."""
    shutil.rmtree(home / "rules", ignore_errors=True)
    shutil.copytree(COMPOSE / "prometheus" / "rules", home / "rules")
    settings = _read(COMPOSE / "prometheus" / "prometheus.yml")
    settings["global"] |= {"scrape_interval": SECONDS, "evaluation_interval": SECONDS}
    _write(home / "prometheus.yml", settings)
    _write(home / "targets.yml", targets(members))
    _write(home / "alertmanagers.yml", [{"targets": [f"127.0.0.1:{ports.alertmanager}"]}])


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(value, sort_keys=False), encoding="utf-8")
