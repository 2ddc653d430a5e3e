"""Notifiers on the real broker, as processes, before a receiver that speaks Alertmanager's API."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stream.kafka.reading import committed_of
from stream.records import Place
from tests.broker.notifying import Alerts, Process
from tests.broker.nursery import Nursery
from tests.services.notifier.receiver import Receiver, receiving
from tests.services.notifier.records import told


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One for the test."""
    with receiving() as made:
        yield made


@pytest.fixture
def alerts(brokers: str, prefix: str) -> Alerts:
    """A topic for the test."""
    return Alerts(brokers, prefix)


Start = Callable[..., Process]


@pytest.fixture
def start(alerts: Alerts, nursery: Nursery, tmp_path: Path) -> Iterator[Start]:
    """Starts notifiers of these alerts, one after the other."""
    started: list[Process] = []

    def run(*urls: str, **said: str) -> Process:
        started.append(Process(alerts, nursery, tmp_path / "log", *urls, **said))
        return started[-1]

    yield run
    for process in started:
        process.kill()


def standing(receiver: Receiver) -> set[str]:
    """The ids of the alerts that stand."""
    return {one["annotations"]["alert_id"] for one in receiver.standing()}


def port_of(process: Process) -> int:
    """Where it says how it is."""
    found: list[str] = []

    def said() -> bool:
        found.extend(re.findall(r'"port": (\d+)', process.log()))
        return bool(found)

    process.until(said)
    return int(found[0])


def asked(port: int, path: str) -> str:
    """What the admin port answers, whatever the status."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return str(answer.read().decode())


def test_what_is_committed_is_posted_and_nothing_else(alerts: Alerts, receiver: Receiver, start: Start) -> None:
    """Alerts of before the start and of after it, none of an aborted transaction; unreadable ones stop nothing."""
    alerts.write(told("before"))
    alerts.write(told("ended", "resolved", written_at=0))
    alerts.write(told("aborted before"), aborted=True)
    process = start(receiver.url)
    process.until(lambda: standing(receiver) == {"before"})
    port = port_of(process)
    process.until(lambda: '"waiting_for": []' in _ready(port))
    alerts.write(told("aborted"), aborted=True)
    alerts.write_bytes((b"bad", b"\x00\x00\x00\x00\x07nonsense"), (b"gone", None))
    alerts.end()
    alerts.write(told("after"))
    alerts.write(told("before", "resolved"))
    process.until(lambda: standing(receiver) == {"after"})
    assert not {"aborted", "aborted before", "ended"} & {one["annotations"]["alert_id"] for one in receiver.posts}
    lines = asked(port, "/metrics").splitlines()
    assert 'driftline_alert_records_total{result="unreadable"} 1.0' in lines
    assert 'driftline_alert_records_total{result="deleted"} 1.0' in lines
    assert 'driftline_alert_records_total{result="open"} 1.0' in lines
    process.until(lambda: 'driftline_open_alerts{severity="warning"} 1.0' in asked(port, "/metrics"))
    assert json.loads(asked(port, "/livez"))["alive"]
    assert process.stop() == 0
    assert "Traceback" not in process.log()


def _ready(port: int) -> str:
    try:
        return asked(port, "/readyz")
    except OSError as not_yet:
        return str(not_yet)


def test_a_down_alertmanager_and_a_kill_lose_nothing(alerts: Alerts, receiver: Receiver, start: Start) -> None:
    """The topic is its memory: what was heard and not posted is posted by the next process, what is open too."""
    receiver.status = 503
    process = start(receiver.url, slot="0")
    alerts.write(told("a"))
    alerts.write(told("b"), told("c", "open", "critical"))
    process.until(lambda: receiver.tries > 3)
    process.kill()
    alerts.write(told("a", "resolved"))
    receiver.status = 200
    process = start(receiver.url, slot="0")
    process.until(lambda: standing(receiver) == {"b", "c"})
    receiver.forget()
    process.until(lambda: standing(receiver) == {"b", "c"})
    alerts.write(told("d"))
    process.until(lambda: standing(receiver) == {"b", "c", "d"})
    assert process.stop() == 0


def test_it_commits_what_it_heard_past_the_markers(alerts: Alerts, receiver: Receiver, start: Start) -> None:
    """Every record is a transaction of its own, so that every second offset is a marker's (FACTS: faust crawls)."""
    process = start(receiver.url)
    process.until(lambda: "started" in process.log())
    for number in range(30):
        alerts.write(told(f"{number}"))
    process.until(lambda: len(standing(receiver)) == 30)
    assert process.stop() == 0
    place = Place(alerts.topic, 0)
    assert committed_of(alerts.brokers, f"{alerts.prefix}m.notifier", [place]) == {place: 59}


def test_it_says_what_is_missing(receiver: Receiver, start: Start) -> None:
    """Before it starts: three lines, exit code 2."""
    process = start(receiver.url, alerts_topic="nowhere")
    assert process.wait() == 2
    assert "error: topic nowhere is missing" in process.log()
