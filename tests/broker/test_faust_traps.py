"""Traps of faust-streaming 0.15.3 that the notifier stands beside: where one is mended, these tell us."""

import asyncio
from pathlib import Path
from typing import Any

import faust
import pytest
from faust.types import TP

from services.notifier.settings import Settings
from services.notifier.transport import app_of
from tests.broker.notifying import Alerts
from tests.services.notifier.records import told

LONG = 60.0


def settings(alerts: Alerts) -> Settings:
    """Of a notifier of these alerts."""
    return Settings(brokers=alerts.brokers, prefix=alerts.prefix, model="m", alertmanagers="http://nobody:1")


def stock(alerts: Alerts, directory: Path) -> faust.App:
    """An app as faust makes it, with our names and no web server."""
    return faust.App(
        f"{alerts.prefix}stock",
        broker=f"kafka://{alerts.brokers}",
        datadir=str(directory),
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
    )


def read(app: faust.App, topic: str, last: bytes) -> list[bytes]:
    """The keys of what the app's agent is given, until `last` is."""
    seen: list[bytes] = []

    async def run() -> None:
        done = asyncio.Event()

        @app.agent(app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"))
        async def agent(stream: Any) -> None:
            async for event in stream.events():
                seen.append(event.message.key)
                if event.message.key == last:
                    done.set()

        await app.start()
        try:
            await asyncio.wait_for(done.wait(), LONG)
        finally:
            await app.stop()

    asyncio.run(run())
    return seen


@pytest.fixture
def alerts(brokers: str, prefix: str) -> Alerts:
    """One committed record, one aborted, one committed."""
    made = Alerts(brokers, prefix)
    made.write(told("first"))
    made.write(told("aborted"), aborted=True)
    made.write(told("last"))
    return made


def test_a_stock_app_reads_what_was_aborted(alerts: Alerts, tmp_path: Path) -> None:
    """Its consumer is read_uncommitted, and no setting says otherwise."""
    assert read(stock(alerts, tmp_path), alerts.topic, b"last") == [b"first", b"aborted", b"last"]


def test_ours_does_not(alerts: Alerts, tmp_path: Path) -> None:
    """By one private name of aiokafka's consumer, set before it starts."""
    assert read(app_of(settings(alerts), tmp_path), alerts.topic, b"last") == [b"first", b"last"]


def would_commit(app: faust.App, *offsets: int) -> list[int | None]:
    """What the app's consumer, which is never started, commits after these were used, and what a moment later."""
    tp = TP("alerts", 0)

    async def run() -> list[int | None]:
        consumer: Any = app.consumer
        consumer._committed_offset[tp] = 1
        consumer._acked[tp].extend(offsets)
        consumer._acked_index[tp].update(offsets)
        consumer._thread.thread_loop.close()
        return [consumer._new_offset(tp), consumer._new_offset(tp)]

    return asyncio.run(run())


def test_a_stock_consumer_commits_past_one_marker_at_a_time(alerts: Alerts, tmp_path: Path) -> None:
    """Used are 2, 4 and 6; 3 and 5 are markers."""
    assert would_commit(stock(alerts, tmp_path), 2, 4, 6) == [3, None]


def test_our_consumer_commits_what_was_used(alerts: Alerts, tmp_path: Path) -> None:
    """All of it, once."""
    assert would_commit(app_of(settings(alerts), tmp_path), 2, 4, 6) == [7, None]
