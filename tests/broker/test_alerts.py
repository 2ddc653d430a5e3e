"""`driftline alerts` on the real broker."""

import json
import os
import subprocess
import sys

import pytest

from driftline.__main__ import command_line
from tests.broker.notifying import Alerts
from tests.services.notifier.records import told


@pytest.fixture
def alerts(brokers: str, prefix: str) -> Alerts:
    """Two that stand, one that ended, one that never was."""
    made = Alerts(brokers, prefix)
    made.write(told("a"), told("b", "open", "critical"))
    made.write(told("never"), aborted=True)
    made.write(told("c"), told("c", "resolved"))
    return made


def options(alerts: Alerts, *more: str) -> list[str]:
    """Of the command."""
    return ["alerts", "--brokers", alerts.brokers, "--prefix", alerts.prefix, "--model", "m", *more]


def run(alerts: Alerts, *more: str) -> None:
    """Run the command in this process."""
    command_line("alerts")(options(alerts, *more), standalone_mode=False)


def test_open_ones_first_then_the_resolved(alerts: Alerts, capsys: pytest.CaptureFixture[str]) -> None:
    """In a table; nothing of an aborted transaction."""
    run(alerts)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "severity",
        "since",
        "model",
        "alert",
        "cause",
        "what",
        "happened",
        "what",
        "to",
        "do",
        "runbook",
    ]
    assert [line.split()[0] for line in lines[1:3]] == ["critical", "warning"]
    assert lines[3:5] == ["", "Resolved:"]
    assert "m-c" in lines[6]
    assert not [line for line in lines if "never" in line]


def test_json_holds_whole_records(alerts: Alerts, capsys: pytest.CaptureFixture[str]) -> None:
    """For machines."""
    run(alerts, "--json")
    said = json.loads(capsys.readouterr().out)
    assert [one["alert_id"] for one in said["open"]] == ["b", "a"]
    assert [one["alert_id"] for one in said["resolved"]] == ["c"]
    assert said["open"][0]["history"][0]["status"] == "open"


def test_follow_goes_on_with_what_comes(alerts: Alerts) -> None:
    """A line each, until it is told to stop."""
    words = [sys.executable, "-m", "driftline", *options(alerts, "--follow", "--json")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        try:
            assert process.stdout is not None
            assert [json.loads(process.stdout.readline())["alert_id"] for _ in range(3)] == ["b", "a", "c"]
            alerts.write(told("d", "open", "critical"))
            assert json.loads(process.stdout.readline())["alert_id"] == "d"
        finally:
            process.kill()
