"""The sidecar as a process on real Kafka: killed, robbed of its snapshot, doubled, it reports what a calm one does."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftline.local.child import Child
from models.bundle import Bundle
from stream.kafka.scan import scan
from tests.broker.drift_world import Drifts, story
from tests.broker.nursery import Nursery
from tests.services.drift.profiles import Record
from tests.services.drift.world import bundles

LIVES = ("polled:3", "produced:2", "flushed:4", "offsets:3", "committed:3")
"""Where each life ends: with records read, written, written whole, with the offset, after the commit."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Bundle, ...]]:
    """Two bundles, with where they lie."""
    path = tmp_path_factory.mktemp("bundles")
    return path, bundles(path)


@pytest.fixture(scope="module")
def records(built: tuple[Path, tuple[Bundle, ...]]) -> list[Record]:
    """The history."""
    return story(built[1])


@pytest.fixture
def drifts(
    brokers: str, prefix: str, tmp_path: Path, nursery: Nursery, built: tuple[Path, tuple[Bundle, ...]]
) -> Iterator[Drifts]:
    """Nothing fed yet."""
    made = Drifts(brokers, prefix, tmp_path, nursery=nursery, bundles=built[0])
    yield made
    made.close()


@pytest.fixture(scope="module")
def calm(
    brokers: str,
    tmp_path_factory: pytest.TempPathFactory,
    nursery: Nursery,
    built: tuple[Path, tuple[Bundle, ...]],
    records: list[Record],
) -> list[str]:
    """What is reported, and which alerts are told, when nothing happens."""
    path = tmp_path_factory.mktemp("calm")
    made = Drifts(brokers, f"calm{secrets.token_hex(4)}.", path, nursery=nursery, bundles=built[0])
    made.feed(records)
    child = made.sidecar()
    made.drain()
    assert child.stop() == 0, made.logs()
    found = made.everything()
    assert len(found) > len(made.reports())  # alerts are told as well
    made.close()
    assert len(found) > 8
    return found


def said(child: Child, words: str) -> int:
    """How often a process logged some words."""
    return child.log.read_text(encoding="utf-8").count(words)


def test_killed_five_times_it_reports_what_a_calm_one_does(
    drifts: Drifts, records: list[Record], calm: list[str]
) -> None:
    """Each report once, in the same order; what is no profile is a dead letter, once."""
    drifts.feed([Record(b"garbage", 0)])
    drifts.feed(records[:60])
    for step in LIVES:
        assert drifts.ended(drifts.sidecar(at=step)) == 137, drifts.logs()
    last = drifts.sidecar()
    drifts.feed(records[60:])
    drifts.drain()
    assert last.stop() == 0, drifts.logs()
    assert [plain(one) for one in drifts.everything()] == [plain(one) for one in calm]
    letters = [
        (value, dict(batch.headers(row) or ())["dlq.error.reason"])
        for batch in scan(drifts.brokers, [drifts.topic("profiles.dlq")])
        for row, value in enumerate(batch.values)
    ]
    assert letters == [(b"garbage", b"unreadable")]
    assert not any(said(child, '"event": "rebuild"') for child in drifts.children)


def plain(report: str) -> str:
    """A report without its positions in the log, which has one record more."""
    return report.partition('"profile_from"')[0] + report.partition('"report_id"')[2]


def test_without_its_snapshot_it_reads_the_log_again(drifts: Drifts, records: list[Record], calm: list[str]) -> None:
    """Corrupted: rebuilt, said so. Missing topic: refused by name until it is there; then rebuilt. Nothing twice."""
    drifts.feed(records[:50])
    first = drifts.sidecar()
    drifts.drain()
    first.kill()
    manifest = drifts.state()[b"tiny/manifest"] or b""
    drifts.put("drift-state", b"tiny/manifest", manifest.replace(b'"offset":', b'"offset":9'))
    second = drifts.sidecar()
    drifts.feed(records[50:70])
    drifts.drain()
    assert said(second, "the checksum of its manifest is wrong; the profile log is read again") == 1
    second.kill()
    drifts.admin.delete([drifts.topic("drift-state")])
    third = drifts.sidecar()
    assert drifts.ended(third) == 2
    assert said(third, f"topic {drifts.topic('drift-state')} is missing") == 1
    drifts.make_again("drift-state")
    fourth = drifts.sidecar()
    drifts.feed(records[70:])
    drifts.drain()
    assert fourth.stop() == 0, drifts.logs()
    assert said(fourth, "there is none; the profile log is read again") == 1
    assert drifts.everything() == calm


def test_two_by_mistake_report_once(drifts: Drifts, records: list[Record], calm: list[str]) -> None:
    """By the same slot the first is fenced and says so; without a slot the second waits, and takes over."""
    first = drifts.sidecar()
    drifts.feed(records[:30])
    drifts.drain()
    second = drifts.sidecar()
    drifts.feed(records[30:50])
    assert drifts.ended(first) == 1
    drifts.drain()
    assert second.stop() == 0, drifts.logs()
    third = drifts.sidecar(slot=None)
    drifts.wait(lambda: said(third, '"event": "assigned"') >= 1)
    fourth = drifts.sidecar(slot=None)
    drifts.feed(records[50:70])
    drifts.drain()
    owners = [one for one in (third, fourth) if one.exit_code is None]
    assert owners == [third, fourth], drifts.logs()
    third.kill()
    drifts.feed(records[70:])
    drifts.drain()
    assert fourth.stop() == 0, drifts.logs()
    assert drifts.everything() == calm


def test_a_group_whose_offset_is_gone_goes_on_from_its_snapshot(
    drifts: Drifts, records: list[Record], calm: list[str]
) -> None:
    """Kafka forgets a group that was away for a week; here another group's name has no offset, twice.

    The second time the snapshot is gone as well: the reports say where they end.
    """
    drifts.feed(records[:50])
    first = drifts.sidecar()
    drifts.drain()
    assert first.stop() == 0, drifts.logs()
    drifts.group += ".again"
    second = drifts.sidecar(group=drifts.group, begin="refuse")
    drifts.feed(records[50:70])
    drifts.drain()
    assert second.stop() == 0, drifts.logs()
    drifts.admin.delete([drifts.topic("drift-state")])
    drifts.make_again("drift-state")
    drifts.group += ".again"
    last = drifts.sidecar(group=drifts.group, begin="refuse")
    drifts.feed(records[70:])
    drifts.drain()
    assert last.stop() == 0, drifts.logs()
    assert said(last, "there is none; the profile log is read again") == 1
    assert drifts.everything() == calm
