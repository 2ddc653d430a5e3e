"""What we post, as a real Alertmanager takes it and tells people of it."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from services.notifier.core import Words
from services.notifier.courier import Courier, Patience
from services.notifier.delivery import Delivery
from services.notifier.posting import Alertmanager, Verdict
from tests.broker.notifying import Alerts, notifying
from tests.broker.nursery import Nursery
from tests.observability.alertmanager import Real, real, until
from tests.services.notifier.records import told

WORDS = Words(hold_seconds=60, link="http://here/{model}")


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Real]:
    """One for the test."""
    with real(tmp_path) as made:
        yield made


def post(courier: Courier, url: str, *records: dict[str, Any]) -> None:
    """Let the courier hear the records, and bring what is due; the Alertmanager accepts it."""
    verdicts: list[Verdict] = []

    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            for record in records:
                courier.heard(record, time.monotonic())
            delivery = Delivery(courier, Alertmanager(url, session), lambda verdict, _n: verdicts.append(verdict))
            await delivery.post_due()

    asyncio.run(run())
    assert verdicts == [Verdict.ACCEPTED]


def courier() -> Courier:
    """One that posts everything again whenever it is asked."""
    return Courier(words=WORDS, patience=Patience(resend_seconds=0.0), chance=lambda: 0.0)


def test_an_alert_stands_worsens_and_ends(alertmanager: Real) -> None:
    """People hear once of each: it stands, the severity that ended, the one that began, the end of all."""
    ours = courier()
    post(ours, alertmanager.url, told("a"))
    until(lambda: alertmanager.notified() == [("m-a", "warning", "firing")])
    (one,) = alertmanager.alerts()
    assert (one["startsAt"], one["generatorURL"]) == ("1970-01-01T00:16:40.000Z", "http://here/m-a")
    assert one["annotations"]["runbook_url"] == "docs/runbooks/ModelPerformance.md"
    post(ours, alertmanager.url, told("a", "updated", "critical", earlier=("warning",)))
    until(lambda: alertmanager.standing() == {("m-a", "critical")})
    for _ in range(5):
        post(ours, alertmanager.url)
        time.sleep(0.5)
    post(ours, alertmanager.url, told("a", "resolved", "critical", earlier=("warning", "critical")))
    until(lambda: ("m-a", "critical", "resolved") in alertmanager.notified())
    assert alertmanager.standing() == set()
    said = alertmanager.notified()
    assert said.count(("m-a", "warning", "resolved")) == 1
    assert said.count(("m-a", "critical", "firing")) == 1


def test_an_alert_that_came_and_went_unheard_is_told(alertmanager: Real) -> None:
    """As one that stands, a resend later as one that is over."""
    ours = replace(courier(), patience=Patience(resend_seconds=3.0))
    ours.heard(told("a"), 0.0)
    post(ours, alertmanager.url, told("a", "resolved"))
    until(lambda: alertmanager.notified() == [("m-a", "warning", "firing")])
    until(lambda: ours.next_at() <= time.monotonic())
    post(ours, alertmanager.url)
    until(lambda: alertmanager.notified()[1:] == [("m-a", "warning", "resolved")])


def test_the_end_of_what_it_never_knew_is_no_news(alertmanager: Real) -> None:
    """After a restart ends are posted again; nobody is told."""
    ours = courier()
    written: dict[str, Any] = {"written_at": round(time.time() * 1e6)}
    ours.recalled(told("a", "resolved", **written), time.monotonic(), time.time())
    post(ours, alertmanager.url)
    post(ours, alertmanager.url, told("b"))
    until(lambda: alertmanager.notified() == [("m-b", "warning", "firing")])


def test_the_whole_way(alertmanager: Real, brokers: str, prefix: str, nursery: Nursery, tmp_path: Path) -> None:
    """From the alerts topic on a real Kafka to the webhook of a real Alertmanager."""
    alerts = Alerts(brokers, prefix)
    with notifying(alerts, nursery, tmp_path / "notifier.log", alertmanager.url) as process:
        alerts.write(told("a"), told("b", severity="critical"))
        process.until(lambda: alertmanager.standing() == {("m-a", "warning"), ("m-b", "critical")})
        alerts.write(told("b", "resolved", "critical"))
        process.until(lambda: ("m-b", "critical", "resolved") in alertmanager.notified())
        assert alertmanager.standing() == {("m-a", "warning")}
        assert process.stop() == 0
