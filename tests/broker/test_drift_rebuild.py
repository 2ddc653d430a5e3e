"""How far back a sidecar without a snapshot reads the profile log on Kafka: DRIFT_REBUILD."""

import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from driftline.local.topics import create_topics
from services.drift.__main__ import kept_of
from services.drift.keeping import kafka_kept
from services.drift.settings import Settings, Topics
from stream.kafka.admin import Admin
from stream.kafka.clients import open_producer
from stream.kafka.scan import scan

PATIENCE_SECONDS = 60.0


def fed(brokers: str, topic: str) -> list[int]:
    """The broker's times of two profiles, in milliseconds, the second one later than the first."""
    producer = open_producer(brokers)
    found: list[int] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(set(found)) < 2:
        assert time.monotonic() < deadline
        producer.produce(topic, b"profile", b"w", partition=0)
        assert producer.flush(PATIENCE_SECONDS) == 0
        found = [int(stamp) for batch in scan(brokers, [topic]) for stamp in batch.timestamps]
    return found


def test_a_rebuild_reads_as_far_back_as_it_was_told(brokers: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the broker's times; without the setting everything that is kept, never behind where the group stands."""
    create_topics(Admin(brokers), "tiny", partitions=1, prefix=prefix)
    stamps = fed(brokers, f"{prefix}tiny.profiles")
    end = len(stamps)
    now = stamps[-1] / 1000 + 3600
    monkeypatch.setattr(kafka_kept, "time", SimpleNamespace(time=lambda: now))

    def offsets(back: timedelta | None, upto: int = end) -> list[int]:
        settings = Settings(brokers=brokers, prefix=prefix, bundle=Path("nowhere"), rebuild=back)
        kept = kept_of(settings, Topics(settings, "tiny"))
        return [int(offset) for batch in kept.profiles(upto) for offset in batch.offsets]

    assert offsets(None) == list(range(end))
    assert offsets(timedelta(hours=1)) == [end - 1]
    assert offsets(timedelta(hours=2)) == list(range(end))
    assert offsets(timedelta(minutes=59)) == []
    assert offsets(timedelta(hours=1), upto=end - 1) == []
