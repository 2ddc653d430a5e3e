"""What the notifier lets be seen of itself."""

import logging

import pytest

from services.notifier.core import Words
from services.notifier.courier import Courier, Patience
from services.notifier.posting import Verdict
from services.notifier.watch import SELDOM_SECONDS, Seldom, Watching
from tests.services.notifier.records import told

URL = "http://one:9093"


@pytest.fixture
def watching() -> Watching:
    """Of a notifier that reads its topic."""
    made = Watching([URL])
    made.health.met("recalled")
    made.health.met("assigned")
    return made


def courier(*records: dict[str, object]) -> Courier:
    """One that heard these."""
    made = Courier(words=Words(), patience=Patience(), chance=lambda: 0.0)
    for record in records:
        made.heard(record, 0.0)
    return made


def test_it_is_ready_while_its_alertmanager_listens(watching: Watching) -> None:
    """Or while there is nothing to say; which one does not listen is named."""
    assert watching.health.waiting_for() == [f"alertmanager {URL}"]
    watching.look({URL: courier()}, 0.0)
    assert watching.health.waiting_for() == []
    watching.posted(URL, Verdict.FAILED, 1)
    waiting = courier(told())
    waiting.failed(0.0)
    watching.look({URL: waiting}, 1.0)
    assert watching.health.waiting_for() == [f"alertmanager {URL}"]
    watching.posted(URL, Verdict.ACCEPTED, 1)
    assert watching.health.waiting_for() == []


def test_it_counts_what_stands_and_what_waits(watching: Watching) -> None:
    """Each alert once, however many Alertmanagers there are; posts of each on its own."""
    both = {
        "a": courier(told("x", severity="critical"), told("y", "resolved")),
        "b": courier(told("x", severity="critical")),
    }
    watching.look(both, 0.0)
    value = watching.metrics.registry.get_sample_value
    assert value("driftline_open_alerts", {"severity": "critical"}) == 1
    assert value("driftline_open_alerts", {"severity": "warning"}) == 0
    assert value("driftline_unsent_alerts") == 3


def test_a_library_says_the_same_thing_seldom() -> None:
    """Other things, and the same ones later, go through."""
    now = 0.0
    seldom = Seldom(lambda: now)

    def says(message: str) -> bool:
        return seldom.filter(logging.LogRecord("aiokafka", logging.ERROR, "", 0, message, (now,), None))

    assert [says("no broker %s"), says("no broker %s"), says("other")] == [True, False, True]
    now = SELDOM_SECONDS
    assert says("no broker %s")
