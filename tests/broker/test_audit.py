"""The audit on a real broker: balanced where all is well, and each thing that is not so is named."""

import json
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from driftline import audit as module
from driftline.__main__ import command_line
from driftline.audit import audit
from schemas.records import read_record
from stream.faults import Stopped
from stream.kafka.clients import client_config
from stream.kafka.producer import TransactionalProducer
from stream.kafka.scan import edges, scan
from stream.proof import Verdict
from stream.records import Place, Writes
from tests.broker.scored import BAD, PARTITIONS, ScoredTopics

GOOD = 150


@pytest.fixture
def scored(brokers: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScoredTopics:
    """Some hundred events with bad ones among them, all scored; what is broken is not looked at again."""
    monkeypatch.setattr(module, "TRIES", 1)
    topics = ScoredTopics(tmp_path, brokers, prefix)
    topics.feed(GOOD, bad=BAD)
    topics.score(PARTITIONS * (GOOD + len(BAD)))
    return topics


def broken(scored: ScoredTopics) -> str:
    """The first fault of an account that must be broken."""
    verdict = audit(scored.books)
    assert verdict.status == "broken"
    assert verdict.first_fault is not None
    return verdict.first_fault


def place(scored: ScoredTopics, partition: int, start: int, end: int) -> str:
    """How a fault begins."""
    return f"{scored.topics.features}[{partition}] offsets {start} to {end}: "


def sums(verdict: Verdict, name: str) -> int:
    """A count over all partitions."""
    return sum(getattr(account, name) for account in verdict.partitions)


def move_group(scored: ScoredTopics, partition: int, offset: int) -> None:
    """Commit the group's position as if a scorer had."""
    consumer = Consumer({"bootstrap.servers": scored.brokers, "group.id": scored.topics.group})
    consumer.commit(offsets=[TopicPartition(scored.topics.features, partition, offset)], asynchronous=False)
    consumer.close()


def test_what_a_scorer_did_is_balanced(scored: ScoredTopics) -> None:
    """Every record used once: scored or set aside, as the topics really show; nothing was absent."""
    starts = {Place(scored.topics.features, partition): 0 for partition in range(PARTITIONS)}
    verdict = audit(scored.books, begins=starts)
    assert (verdict.status, verdict.first_fault, verdict.reason) == ("balanced", None, None)
    assert (sums(verdict, "scored"), sums(verdict, "dead")) == (PARTITIONS * GOOD, PARTITIONS * len(BAD))
    assert [account.absent for account in verdict.partitions] == [0] * PARTITIONS
    assert [account.predictions.distinct for account in verdict.partitions if account.predictions] == [GOOD] * 2
    assert [account.dead_letters.distinct for account in verdict.partitions if account.dead_letters] == [3, 3]


def test_a_beginning_that_was_skipped_is_named(scored: ScoredTopics) -> None:
    """Where reading ought to have begun is known: nothing before it may be missing."""
    verdict = audit(scored.books, begins={Place(scored.topics.features, 1): -2})
    assert verdict.status == "broken"
    assert str(verdict.first_fault).startswith(place(scored, 1, -2, 0))


def test_a_prediction_too_many_is_named(scored: ScoredTopics) -> None:
    """A second one for an input position that has its answer."""
    batch = next(scan(scored.brokers, [scored.topics.predictions], start={Place(scored.topics.predictions, 1): 0}))
    scored.produce(scored.topics.predictions, [batch.values[7]], 0)
    assert read_record("prediction", batch.values[7] or b"")["source"]["partition"] == 1
    said = broken(scored)
    assert said == place(scored, 1, 0, GOOD + len(BAD)) + (
        "predictions: found 1 more than one a source position, expected none"
    )


def test_a_gap_is_named(scored: ScoredTopics) -> None:
    """The first position without an account, with the profile that shows it."""
    end = scored.ends()[Place(scored.topics.features, 0)]
    scored.claim(0, end + 10, end + 20, scored=10)
    said = broken(scored)
    assert said.startswith(place(scored, 0, end, end + 10))
    assert "10 positions without an account" in said
    assert "in the profile log at offset" in said


def test_an_overlap_is_named(scored: ScoredTopics) -> None:
    """Positions that two profiles account for."""
    end = scored.ends()[Place(scored.topics.features, 1)]
    scored.claim(1, end - 5, end, scored=5)
    assert broken(scored).startswith(place(scored, 1, end - 5, end))
    assert "5 positions accounted for twice" in broken(scored)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"dead": 1}, "dead letters: found 3 source positions, expected 4 by the account"),
        ({"scored": 1}, f"predictions: found {GOOD} source positions, expected {GOOD + 1} by the account"),
        ({"absent": 1}, f"found {GOOD + len(BAD) + 1} records on reading again, expected {GOOD + len(BAD)} (1 absent)"),
    ],
)
def test_an_output_that_is_not_there_is_named(scored: ScoredTopics, counts: dict[str, int], words: str) -> None:
    """An account that tiles, of a record that nobody answered, set aside, or was right to call absent."""
    end = scored.ends()[Place(scored.topics.features, 0)]
    scored.produce(scored.topics.features, [b"one more"], 0)
    scored.claim(0, end, end + 1, **counts)
    move_group(scored, 0, end + 1)
    assert broken(scored) == place(scored, 0, 0, end + 1) + words


def test_a_group_that_stands_elsewhere_is_named(scored: ScoredTopics) -> None:
    """Somebody moved the group's offset: what lies between was never accounted for."""
    end = scored.ends()[Place(scored.topics.features, 0)]
    move_group(scored, 0, end - 4)
    assert broken(scored).startswith(place(scored, 0, end - 4, end) + f"found the account's end at {end}")


def test_a_profile_log_with_something_else_in_it_is_refused(scored: ScoredTopics) -> None:
    """Its offset is named."""
    scored.produce(scored.topics.profiles, [b"no profile"], 0)
    with pytest.raises(Stopped, match=r"profiles offset \d+ is no profile"):
        audit(scored.books)


def test_hostile_headers_do_not_upset_it(scored: ScoredTopics) -> None:
    """An event may bring headers of the dead letter's own names, with any bytes."""
    forged = [[("dlq.error.offset", b"\xff\xfe"), ("dlq.error.mine", b"\xff"), ("dlq.error.group", None)]]
    scored.produce(scored.topics.features, [b"no avro"], 0, headers=forged)
    scored.score(1)
    verdict = audit(scored.books)
    assert (verdict.status, sums(verdict, "dead")) == ("balanced", PARTITIONS * len(BAD) + 1)


def test_aborted_records_are_absent_and_proven_so(brokers: str, prefix: str, tmp_path: Path) -> None:
    """Input from transactions: markers and aborted records hold positions that nobody may read."""
    topics = ScoredTopics(tmp_path, brokers, prefix)
    topics.feed(20, commit=True)
    topics.feed(30, commit=False)
    topics.feed(20, commit=True)
    topics.score(PARTITIONS * 40)
    verdict = audit(topics.books)
    assert verdict.status == "balanced"
    assert (sums(verdict, "scored"), sums(verdict, "read")) == (PARTITIONS * 40, PARTITIONS * 40)
    assert [account.absent >= 30 + 2 for account in verdict.partitions] == [True] * PARTITIONS


def test_an_open_transaction_hides_but_breaks_nothing(scored: ScoredTopics) -> None:
    """Predictions behind a writer that died with a transaction open cannot be seen: that is said, not "lost"."""
    producer = TransactionalProducer(client_config(scored.brokers) | {"transactional.id": f"{scored.prefix}hanging"})
    deadline, clock = time.monotonic() + 10, time.monotonic
    producer.init(deadline, clock)
    producer.begin(deadline, clock)
    junk = Writes(topic=scored.topics.predictions, values=[b"x"], keys=[None], partitions=[1])
    producer.write(junk, deadline, clock)
    producer.flush(deadline, clock)
    stands = edges(scored.brokers, [scored.topics.predictions])[Place(scored.topics.predictions, 1)][1]
    scored.feed(5)
    scored.score(PARTITIONS * 5)
    hidden = audit(scored.books)
    assert hidden.status == "unprovable"
    where = f"open on {scored.topics.predictions}[1] since offset {stands}"
    assert where in (hidden.reason or "")
    producer.abort(time.monotonic() + 10, clock)
    assert audit(scored.books).status == "balanced"


def test_a_log_that_lost_its_beginning_proves_nothing(scored: ScoredTopics, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, with the reason; what is kept still adds up."""
    admin = AdminClient({"bootstrap.servers": scored.brokers})
    asked = admin.delete_records([TopicPartition(scored.topics.profiles, 0, 1)])
    next(iter(asked.values())).result(10)
    options = ["--brokers", scored.brokers, "--model", "tiny", "--prefix", scored.prefix]
    with pytest.raises(SystemExit) as ended:
        command_line("ledger")(["ledger", *options, "--json"])
    said = json.loads(capsys.readouterr().out)
    assert (ended.value.code, said["verdict"], said["first_fault"]) == (1, "unprovable", None)
    assert said["reason"] == "the profile log begins at offset 1: retention has taken what came before"
    with pytest.raises(SystemExit) as ended:
        command_line("ledger")(["ledger", *options])
    assert ended.value.code == 1
    assert "ledger: unprovable\nthe profile log begins at offset 1" in capsys.readouterr().out


def test_nothing_accounted_for_proves_nothing(brokers: str, prefix: str, tmp_path: Path) -> None:
    """Records that wait for a first scorer are nobody's fault."""
    topics = ScoredTopics(tmp_path, brokers, prefix)
    topics.feed(1)
    verdict = audit(topics.books)
    assert (verdict.status, verdict.reason) == ("unprovable", "the profile log holds no account yet")
