"""Our settings and rules, by the tools of those who read them."""

import subprocess
from pathlib import Path

import pytest

from driftline.local.tools import Tool, tool
from tests.deploy.rules import COMPOSE, PROMETHEUS

ALERTMANAGER = COMPOSE / "alertmanager" / "alertmanager.yml"
TESTS = sorted((PROMETHEUS / "tests").iterdir())


def said(name: Tool, *words: object, given: str = "") -> str:
    """What the tool says of what it is `given`; it is content."""
    command = [str(tool(name)), *(str(word) for word in words)]
    ran = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_promtool_takes_the_settings_and_the_rules() -> None:
    """Every file of rules among them."""
    found = said("promtool", "check", "config", PROMETHEUS / "prometheus.yml")
    rules = sorted((PROMETHEUS / "rules").iterdir())
    assert found.count("rules found") == len(rules)
    assert "SUCCESS" in said("promtool", "check", "rules", *rules)


@pytest.mark.parametrize("path", TESTS, ids=[path.stem for path in TESTS])
def test_alerts_fire_where_they_should_and_nowhere_else(path: Path) -> None:
    """The rules' own tests."""
    assert "SUCCESS" in said("promtool", "test", "rules", path)


def test_amtool_takes_the_settings_of_alertmanager() -> None:
    """All receivers are found."""
    assert "4 receivers" in said("amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("severity=critical alertname=ScorerDown model=m", "webhook,pager"),
        ("severity=warning alertname=DataQuality model=m", "webhook,chat"),
        ("severity=info alertname=InputDrift model=m", "webhook,quiet"),
        ("alertname=SomebodyElses", "webhook,chat"),
    ],
)
def test_who_is_told_depends_on_how_bad_it_is(labels: str, receivers: str) -> None:
    """What pages, what is said in the chat, what informs; the webhook hears all."""
    words = ["config", "routes", "test", f"--config.file={ALERTMANAGER}", f"--verify.receivers={receivers}"]
    assert receivers in said("amtool", *words, *labels.split())
