"""Prometheus and Alertmanager of the local stack: whom they watch, what they are told, where they come from."""

from pathlib import Path

import pytest
import yaml

from driftline.local.observed import Observing
from driftline.local.observing import COMPOSE, observers, targets
from driftline.local.plan import Plan, services_of
from driftline.local.state import Member, Process
from driftline.local.tools import SOURCES, tool
from driftline.output import Refusal
from services.notifier.settings import Settings

BUNDLE = Path(__file__).parents[2] / "load" / "flights" / "bundle"
PORTS = Observing(prometheus=19090, alertmanager=19093)


def member(name: str, port: int, *, ready: bool = True) -> Member:
    """One that listens at a port."""
    address = f"http://127.0.0.1:{port}"
    process = Process(pid=1, began="")
    return Member(
        name=name, process=process, address=address, log=Path("log"), ready_url=f"{address}/readyz" if ready else None
    )


@pytest.fixture
def on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the PATH, with every tool in it under its upstream's name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for source in SOURCES.values():
        (folder / source.names[0]).write_text("#!/bin/sh\n")
        (folder / source.names[0]).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder


MEMBERS = (
    member("broker", 1, ready=False),
    member("big.model.scorer-0", 9101),
    member("big.model.notifier-0", 9104),
    member("prometheus", 19090),
)


def test_services_are_scraped_by_job_and_model() -> None:
    """A model's name may hold points; what is no service of ours is left out."""
    assert targets(MEMBERS) == [
        {"targets": ["127.0.0.1:9101"], "labels": {"job": "scorer", "model": "big.model"}},
        {"targets": ["127.0.0.1:9104"], "labels": {"job": "notifier", "model": "big.model"}},
    ]


def test_they_run_on_what_deploy_holds(tmp_path: Path, on_the_path: Path) -> None:
    """The same rules and routes; other addresses, a shorter interval, and receivers that tell nobody."""
    found = {one.name: one for one in observers(tmp_path, PORTS, MEMBERS)}
    assert found["prometheus"].command[0] == str(on_the_path / "prometheus")
    assert found["alertmanager"].address == "http://127.0.0.1:19093"
    ours, theirs = (
        yaml.safe_load(path.read_text())
        for path in (tmp_path / "prometheus/prometheus.yml", COMPOSE / "prometheus/prometheus.yml")
    )
    assert ours["global"] == {"scrape_interval": "2s", "evaluation_interval": "2s"}
    assert {**ours, "global": 0} == {**theirs, "global": 0}
    rules = {path.name: path.read_text() for path in (COMPOSE / "prometheus" / "rules").iterdir()}
    assert {path.name: path.read_text() for path in (tmp_path / "prometheus" / "rules").iterdir()} == rules
    told = yaml.safe_load((tmp_path / "alertmanager/alertmanager.yml").read_text())
    routed = yaml.safe_load((COMPOSE / "alertmanager/alertmanager.yml").read_text())
    assert told["route"] == routed["route"]
    assert all(set(one) == {"name"} for one in told["receivers"])


def test_everything_listens_on_loopback(tmp_path: Path, on_the_path: Path) -> None:
    """Neither asks for a password."""
    assert on_the_path.exists()
    for one in observers(tmp_path, PORTS, MEMBERS):
        (said,) = [word for word in one.command if word.startswith("--web.listen-address=")]
        assert said.startswith("--web.listen-address=127.0.0.1:")


def test_where_it_listens_survives_the_plan_s_file(tmp_path: Path) -> None:
    """A stack that runs detached reads its plan; the notifier is told the Alertmanager beside it."""
    models, services = services_of([BUNDLE], alertmanagers=[PORTS.alertmanager_url])
    plan = Plan(directory=tmp_path, models=models, services=services, observing=PORTS)
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    (notifier,) = [one for one in services if one.name == "flights.notifier-0"]
    assert notifier.settings["ALERTMANAGERS"] == PORTS.alertmanager_url
    assert set(notifier.settings) <= {name.upper() for name in Settings.model_fields}
    assert plan.patience_with("flights.notifier-0")[1] is False


def test_a_tool_that_can_be_had_nowhere_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither on the PATH nor by apt; nothing half fetched stays behind as if it were whole."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(Refusal) as refused:
        tool("promtool")
    assert refused.value.what == "prometheus could not be had"
    assert "put prometheus and promtool on the PATH" in refused.value.fix
    assert not (tmp_path / "cache" / "driftline" / "debian" / "prometheus").exists()


def test_debian_s_name_does_too(on_the_path: Path) -> None:
    """Where the upstream's is not there."""
    (on_the_path / "alertmanager").rename(on_the_path / "prometheus-alertmanager")
    assert tool("alertmanager") == on_the_path / "prometheus-alertmanager"
