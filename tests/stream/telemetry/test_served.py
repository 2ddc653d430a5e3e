"""Each service serves what it sets, nothing else."""

import re
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from stream.telemetry.catalogue import entries
from stream.telemetry.metrics import Metrics
from stream.telemetry.served import LOOP, OWN, PROCESS, SERVICES, Service, served, servers

ROOT = Path(__file__).parents[3]
LOOPING = ("scorer", "labeler", "drift")
SPOKEN = re.compile(r'"(driftline_[a-z_]+)"')


def said_by(folder: str) -> set[str]:
    """The metrics that the code of a folder names."""
    return {name for path in (ROOT / folder).rglob("*.py") for name in SPOKEN.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_sets_it_serves(service: Service) -> None:
    """By what its code names: one that is not served would be a fault at the moment it is set."""
    assert said_by(f"services/{service}") <= OWN[service]


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_serves_somebody_sets(service: Service) -> None:
    """Its own code, or that of the loop which it shares."""
    shared = said_by("services/start") if service in LOOPING else set[str]()
    assert OWN[service] <= said_by(f"services/{service}") | shared


def test_the_loop_s_metrics_are_the_loop_s() -> None:
    """What the shared room sets, all who share it serve, but for the account of those who read events."""
    assert said_by("services/start") - LOOP == {"driftline_events_total", "driftline_ledger_imbalance_messages"}


def test_every_metric_is_served_by_somebody() -> None:
    """The page names them."""
    assert {name for name in entries() if not servers(name)} == set()
    assert set().union(*OWN.values()) == served(None)


def test_a_metric_of_another_service_is_refused() -> None:
    """Rather than served, as a zero that means nothing."""
    metrics = Metrics("notifier")
    with pytest.raises(ValueError, match="found driftline_lag_messages, which this service does not serve"):
        metrics.set("driftline_lag_messages", 1, topic="t", partition=0)
    assert "driftline_lag" not in generate_latest(metrics.registry).decode()


def test_the_process_says_what_it_uses() -> None:
    """As the page promises."""
    shown = {family.name for family in Metrics("scorer").registry.collect()}
    assert {name.removesuffix("_total") for name in PROCESS} <= shown
