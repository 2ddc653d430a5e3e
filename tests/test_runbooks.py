"""Every alert has a runbook: what it means, what it does, how to find out, what to do."""

import re
from pathlib import Path

import pytest
import yaml

from driftline.__main__ import COMMANDS
from services.drift.alerting.grouping import ALERTS, GROUPS
from stream.telemetry.served import PROCESS

ROOT = Path(__file__).parents[1]
RUNBOOKS = ROOT / "docs" / "runbooks"
RULES = ROOT / "deploy" / "compose" / "prometheus" / "rules"
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def ruled() -> set[str]:
    """The alerts that Prometheus raises."""
    groups = [one for path in RULES.iterdir() for one in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


EVERY = sorted({*ALERTS.values(), *ruled()})


def text_of(name: str) -> str:
    """A runbook's text."""
    return (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    """By name: those of the sidecar, every family of which has a group, and those of Prometheus."""
    assert {path.stem for path in RUNBOOKS.iterdir()} == set(EVERY)
    assert set(GROUPS.values()) == set(ALERTS)
    assert set(ALERTS.values()).isdisjoint(ruled())


@pytest.mark.parametrize("name", EVERY)
def test_a_runbook_has_its_four_parts(name: str) -> None:
    """In this order, each with something to say."""
    title, *parts = re.split(r"^## ", text_of(name), flags=re.MULTILINE)
    assert title.strip() == f"# {name}"
    assert [part.split("\n", 1)[0] for part in parts] == HEADINGS
    assert all(len(part.split("\n", 1)[1].strip()) > 40 for part in parts)


@pytest.mark.parametrize("name", EVERY)
def test_its_links_lead_somewhere(name: str) -> None:
    """Within the documentation."""
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text_of(name))
    assert links
    for link in links:
        assert (RUNBOOKS / link).is_file(), link


@pytest.mark.parametrize("name", EVERY)
def test_its_commands_exist(name: str) -> None:
    """Those of driftline, by their names; what to look at is named by exact commands."""
    words = set(re.findall(r"`driftline ([a-z]+)", text_of(name)))
    assert words
    assert words <= set(COMMANDS)


@pytest.mark.parametrize("name", ALERTS.values())
def test_a_runbook_of_the_sidecar_s_alerts_begins_with_what_it_said(name: str) -> None:
    """The alert and the reports behind it."""
    assert {"alerts", "drift"} <= set(re.findall(r"`driftline ([a-z]+)", text_of(name)))


@pytest.mark.parametrize("name", EVERY)
def test_its_metrics_exist(name: str) -> None:
    """In the catalogue."""
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    for metric in re.findall(r"(?:driftline|process)_[a-z_]+", text_of(name)):
        assert f"`{metric}`" in page or metric in PROCESS
