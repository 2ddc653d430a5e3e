"""The audit of a labeler's account on a real broker, of records that a labeler might have written."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from driftline import audit as module
from driftline.__main__ import command_line
from driftline.audit import audit
from driftline.books import Books
from driftline.demo_outcomes import SoFar, is_drained
from driftline.local.topics import create_topics
from driftline.output import Refusal
from schemas.framing import frame
from schemas.records import write_record
from stream.kafka.admin import Admin
from stream.kafka.clients import client_config
from stream.kafka.producer import TransactionalProducer
from stream.records import Headers, Writes
from tests.driftline.why.records import HOUR, label, outcome

COUNT = 6
CONTRACTS = {"labels": "label", "outcomes": "outcome", "profiles": "profile"}


class Labeled:
    """Six predictions and labels of one partition, with what a labeler wrote of them."""

    def __init__(self, brokers: str, prefix: str) -> None:
        self.brokers, self.prefix = brokers, prefix
        self.books = Books(brokers=brokers, model="m", prefix=prefix, role="labeler")
        create_topics(Admin(brokers), "m", partitions=1, prefix=prefix)
        self.put("predictions", [b"p%d" % number for number in range(COUNT)])
        self.put("labels", [self.truth(number) for number in range(COUNT)])
        self.put("outcomes", [self.joined(number) for number in range(COUNT - 2)])

    def truth(self, number: int) -> dict[str, Any]:
        """The label of an event."""
        return label(f"e{number}", True, at=HOUR)  # noqa: FBT003 - a label

    def joined(self, number: int, *, seq: int = 0, at: int | None = None) -> dict[str, Any]:
        """The outcome of prediction and label `number`; `at` another label's offset."""
        source = {"topic": self.books.topic("features"), "partition": 0, "offset": number}
        said = outcome(f"e{number}", source, "matched", seq, self.truth(number))
        where = {"topic": self.books.topic("labels"), "partition": 0, "offset": number if at is None else at}
        return {**said, "prediction": {**source, "topic": self.books.topic("predictions")}, "label_source": where}

    def put(
        self, kind: str, records: Sequence[Mapping[str, Any] | bytes], headers: Sequence[Headers] | None = None
    ) -> None:
        """Write records to a topic of the model."""
        values = [one if isinstance(one, bytes) else write_record(CONTRACTS[kind], one, frame(9)) for one in records]
        topic, n, deadline = self.books.topic(kind), len(records), time.monotonic() + 20
        producer = TransactionalProducer(client_config(self.brokers))
        keys: list[bytes | None] = [b"k"] * n
        wrote = Writes(topic=topic, values=values, keys=keys, partitions=[0] * n, headers=headers)
        producer.write(wrote, deadline, time.monotonic)
        producer.flush(deadline, time.monotonic)

    def account(self, **labels: int) -> None:
        """A profile that says all of it was taken, or what became of the labels; the group stands at its end."""
        ranges = [self._range("predictions", taken=COUNT), self._range("labels", **(labels or {"taken": COUNT}))]
        record = {
            "role": "labeler", "group": self.books.reader, "arm": "", "writer": "w", "session": "s",
            "sequence": 0, "part": 0, "parts": 1, "model": "m", "bucket_micros": 1, "written_at": 0,
            "ranges": ranges, "reasons": {}, "slices": [],
        }  # fmt: skip
        self.put("profiles", [record])
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": self.books.reader})
        places = [TopicPartition(self.books.topic(kind), 0, COUNT) for kind in ("predictions", "labels")]
        consumer.commit(offsets=places, asynchronous=False)
        consumer.close()

    def _range(self, kind: str, **counts: int) -> dict[str, Any]:
        said = {"topic": self.books.topic(kind), "partition": 0, "from": 0, "to": COUNT, "absent": 0, **counts}
        return {**said, "watermark": None}

    def fault(self) -> str:
        """The first fault of an account that must be broken."""
        verdict = audit(self.books)
        assert verdict.status == "broken", verdict
        return str(verdict.first_fault).replace(self.prefix, "")


@pytest.fixture
def labeled(brokers: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Labeled:
    """Four of six joined; what is broken is not looked at again."""
    monkeypatch.setattr(module, "TRIES", 1)
    return Labeled(brokers, prefix)


def test_what_a_labeler_did_is_balanced(labeled: Labeled) -> None:
    """Both topics' positions taken once; four of each joined, two still wait; a revision joins a prediction again."""
    labeled.account()
    labeled.put("outcomes", [labeled.joined(0, seq=1, at=4)])
    verdict = audit(labeled.books)
    assert (verdict.status, verdict.first_fault, verdict.reason) == ("balanced", None, None)
    labels, predictions = verdict.partitions
    assert (labels.topic, labels.taken, predictions.taken) == (labeled.books.topic("labels"), COUNT, COUNT)
    assert (labels.outcomes and labels.outcomes.distinct, predictions.outcomes and predictions.outcomes.distinct) == (
        5,
        4,
    )


def test_a_label_that_was_set_aside_is_counted_by_its_letter(labeled: Labeled) -> None:
    """As a scorer's: the account says one was dead, the topic must hold one."""
    labeled.account(taken=COUNT - 1, dead=1)
    assert labeled.fault() == (
        "m.labels[0] offsets 0 to 6: dead letters: found 0 source positions, expected 1 by the account"
    )
    note = {"group": labeled.books.reader, "topic": labeled.books.topic("labels"), "partition": "0", "offset": "5"}
    headers = [[(f"dlq.error.{name}", text.encode()) for name, text in note.items()]]
    labeled.put("labels.dlq", [b"garbage"], headers)
    assert audit(labeled.books).status == "balanced"


@pytest.mark.parametrize("seq", [0, -1])
def test_a_prediction_with_two_first_outcomes_is_named(labeled: Labeled, seq: int) -> None:
    """Answered twice, or joined and called a duplicate as well."""
    labeled.account()
    labeled.put("outcomes", [labeled.joined(1, seq=seq)])
    assert labeled.fault().startswith("m.predictions[0] offsets 0 to 6: outcomes: found 1 more than one")


def test_a_later_outcome_that_comes_twice_is_named(labeled: Labeled) -> None:
    """The same seq of the same prediction."""
    labeled.account()
    labeled.put("outcomes", [labeled.joined(1, seq=1), labeled.joined(1, seq=1)])
    assert labeled.fault().startswith("m.predictions[0] offsets 0 to 6: outcomes: found 1 more than one")


def test_what_was_joined_so_far_is_read_on(labeled: Labeled) -> None:
    """Each look takes what came since; a group that has read all there is is drained, one that has not is not."""
    so_far = SoFar(labeled.books)
    assert not is_drained(labeled.books)
    assert (so_far.look(), so_far.answered) == (COUNT - 2, COUNT - 2)
    assert (so_far.look(), so_far.answered) == (0, COUNT - 2)
    labeled.put("outcomes", [labeled.joined(COUNT - 2)])
    assert (so_far.look(), so_far.answered) == (1, COUNT - 1)
    labeled.account()
    assert is_drained(labeled.books)
    labeled.put("labels", [labeled.truth(9)])
    assert not is_drained(labeled.books)


def test_both_accounts_are_told_in_one_run(labeled: Labeled, capsys: pytest.CaptureFixture[str]) -> None:
    """The scorer has none here, so the whole is not proven; for people, a table each."""
    labeled.account()
    options = ["--brokers", labeled.brokers, "--model", "m", "--prefix", labeled.prefix]
    for words, code in ((["--role", "labeler"], 0), (["--role", "all", "--json"], 1), (["--role", "all"], 1)):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            command_line("ledger")(["ledger", *words, *options])
        out = capsys.readouterr().out
        assert ended.value.code == code
        if words == ["--role", "labeler"]:
            assert f"{labeled.prefix}m.labels[0]" in out
            assert "labeler's ledger: balanced" in out
        elif "--json" in words:
            said = json.loads(out)["accounts"]
            assert [(one["role"], one["verdict"]) for one in said] == [
                ("scorer", "unprovable"),
                ("labeler", "balanced"),
            ]
            assert sum(row["outcomes"] for row in said[1]["partitions"]) == 2 * (COUNT - 2)
        else:
            assert out.index("\nledger: unprovable") < out.index("labeler's ledger: balanced")


@pytest.mark.parametrize("words", [["--role", "drift"], ["--role", "all", "--group", "g"]])
def test_roles_that_make_no_sense_are_refused(words: list[str]) -> None:
    """One that nobody has; one group for all."""
    with pytest.raises(Refusal, match="found --"):
        command_line("ledger")(["ledger", *words, "--brokers", "x:1", "--model", "m"], standalone_mode=False)
