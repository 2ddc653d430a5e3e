"""The story of one event, found on a real broker: by its key, by its id alone, by a time."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from driftline.__main__ import command_line
from driftline.local.topics import create_topics
from driftline.output import Refusal
from schemas.framing import frame
from schemas.records import write_record
from schemas.source import DirectorySource
from stream.kafka.admin import Admin
from stream.kafka.clients import client_config
from stream.kafka.producer import TransactionalProducer
from stream.partitioner import partition_of
from stream.records import Headers, Writes
from tests.driftline.why.records import HOUR, label, outcome, position, prediction
from tests.services.scorer.world import EVENT, event, write_event

PARTITIONS = 4
CONTRACTS = {"predictions": "prediction", "labels": "label", "outcomes": "outcome"}


class Told:
    """A model's topics with an event's story on them, in the partition of its key."""

    def __init__(self, brokers: str, prefix: str, path: Path) -> None:
        self.brokers, self.prefix, self.path = brokers, prefix, path
        create_topics(Admin(brokers), "m", partitions=PARTITIONS, prefix=prefix)
        self.framed = frame(DirectorySource(path / "schemas").add(EVENT))
        self.offsets: dict[tuple[str, int], int] = {}

    def put(self, kind: str, value: bytes | Mapping[str, Any] | None, key: bytes, **other: Any) -> dict[str, Any]:
        """Write one record where its key belongs, unless `partition` says otherwise; where it stands."""
        partition = other.get("partition", partition_of(key, PARTITIONS))
        headers: Headers | None = other.get("headers")
        whole = write_record(CONTRACTS[kind], value, frame(9)) if isinstance(value, Mapping) else value
        producer = TransactionalProducer(client_config(self.brokers))
        topic, deadline = f"{self.prefix}m.{kind}", time.monotonic() + 20
        wrote = Writes(topic=topic, values=[whole], keys=[key], partitions=[partition], headers=[headers])
        producer.write(wrote, deadline, time.monotonic)
        producer.flush(deadline, time.monotonic)
        offset = self.offsets[topic, partition] = self.offsets.get((topic, partition), -1) + 1
        return {"topic": topic, "partition": partition, "offset": offset}

    def put_story(self, name: str, key: bytes) -> dict[str, Any]:
        """An event, its prediction, its label, its outcome; where the event stands."""
        number = int(name[1:])
        source = self.put("features", write_event(event(number), self.framed), key)
        truth = label(name, True, at=HOUR)  # noqa: FBT003 - a label
        self.put("predictions", prediction(name, source), key)
        self.put("labels", truth, key)
        self.put("outcomes", outcome(name, source, "matched", 0, truth), key)
        return source

    def why(self, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
        """What `driftline why --json` says; a refusal is raised."""
        options = ["--brokers", self.brokers, "--model", "m", "--prefix", self.prefix, "--state", str(self.path)]
        capsys.readouterr()
        command_line("why")(["why", *words, *options, "--json"], standalone_mode=False)
        return dict(json.loads(capsys.readouterr().out))


@pytest.fixture
def told(brokers: str, prefix: str, tmp_path: Path) -> Told:
    """Two stories, of e1 and of e10, whose id begins with the other's; keys of their own, both in partition order."""
    made = Told(brokers, prefix, tmp_path)
    made.put_story("e1", b"k1")
    made.put_story("e10", b"k10")
    return made


def counts(said: dict[str, Any]) -> dict[str, int]:
    """How many records of each part."""
    parts = ("events", "predictions", "labels", "outcomes", "dead_letters")
    return {part: len(said[part]) for part in parts if said[part]}


WHOLE = {"events": 1, "predictions": 1, "labels": 1, "outcomes": 1}


@pytest.mark.parametrize("words", [("e1", "--key", "k1"), ("e1",), ("e1", "--since", "1h")])
def test_the_whole_story_is_found(told: Told, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    """By key; by id alone, in every partition; since a time. Nothing of the other event's."""
    said = told.why(capsys, *words)
    assert counts(said) == WHOLE
    (one,) = said["events"]
    assert (one["topic"], one["partition"], one["offset"]) == (f"{told.prefix}m.features", partition_of(b"k1", 4), 0)
    assert (one["key"], one["record"]["event_id"]) == ("k1", "e1")
    assert said["outcomes"][0]["record"]["status"] == "matched"


def test_the_id_is_tried_as_the_key_first(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """Found there, nowhere else is searched: another record of that id, elsewhere, is not met."""
    told.put_story("e7", b"e7")
    told.put("labels", label("e7", False, at=HOUR), b"x", partition=(partition_of(b"e7", PARTITIONS) + 1) % PARTITIONS)  # noqa: FBT003 - a label
    assert counts(told.why(capsys, "e7")) == WHOLE


def test_dead_letters_are_told_wherever_they_lie(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """One of its key, one that was misrouted under another key; what says that it was sent again; nobody else's."""
    note: Headers = [("dlq.error.reason", b"misrouted"), ("dlq.error.topic", b"m.labels")]
    truth = write_record("label", label("e1", True, at=HOUR), frame(9))  # noqa: FBT003 - a label
    elsewhere = (partition_of(b"k1", PARTITIONS) + 1) % PARTITIONS
    told.put("labels.dlq", truth, b"other", partition=elsewhere, headers=note)
    told.put("features.dlq", b"garbage", b"k1", headers=[("dlq.error.reason", b"bad_magic")])
    told.put("features.dlq", None, b"k1", headers=[("dlq.redriven", b"0/0")])
    told.put("labels.dlq", b"garbage", b"k10", headers=note)
    for words in (("e1", "--key", "k1"), ("e1",)):
        said = told.why(capsys, *words)
        assert counts(said) == {**WHOLE, "dead_letters": 3}
        notes = [one["note"] for one in said["dead_letters"]]
        assert [one.get("reason", one.get("redriven")) for one in notes] == ["bad_magic", "0/0", "misrouted"]


def test_an_event_whose_id_is_not_in_its_record_is_found_by_its_answer(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id may be a number there; the prediction says where the event stands."""
    source = told.put("features", b'{"id": 7}', b"k7")
    told.put("predictions", prediction("seven", source), b"k7")
    said = told.why(capsys, "seven", "--key", "k7")
    assert [one["record"] for one in said["events"]] == [{"id": 7}]


def test_an_event_that_is_no_longer_kept_is_said_to_be_gone(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """Features are kept for a shorter time than predictions."""
    place = (f"{told.prefix}m.features", partition_of(b"k1", PARTITIONS))
    admin = AdminClient({"bootstrap.servers": told.brokers})
    asked = admin.delete_records([TopicPartition(*place, 1)])
    next(iter(asked.values())).result(10)
    said = told.why(capsys, "e1", "--key", "k1")
    assert counts(said) == {name: 1 for name in WHOLE if name != "events"}
    assert said["gone"] == [f"{place[0]}[{place[1]}] offset 0"]


@pytest.mark.parametrize(
    ("words", "searched", "fix"),
    [
        (("nobody",), "m.features[0-3], ", "check the id"),
        (("e1", "--key", "k3"), f"m.features[{partition_of(b'k3', PARTITIONS)}], ", "leave out --key"),
        (("e1", "--since", "2126-01-01"), "searched 0 positions", "an earlier --since"),
    ],
)
def test_what_nobody_knows_is_refused_with_what_was_searched(
    told: Told, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], searched: str, fix: str
) -> None:
    """Exit code 1; a machine is told so as well."""
    assert partition_of(b"k1", PARTITIONS) != partition_of(b"k3", PARTITIONS)
    with pytest.raises(Refusal, match="nothing is known") as refusal:
        told.why(capsys, *words)
    assert refusal.value.code == 1
    assert searched in refusal.value.cause.replace(told.prefix, "")
    assert fix in refusal.value.fix
    assert json.loads(capsys.readouterr().out)["found"] is False


def test_people_read_it_as_a_story(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """Headings in a column, a line between the parts."""
    options = ["--brokers", told.brokers, "--model", "m", "--prefix", told.prefix, "--state", str(told.path)]
    command_line("why")(["why", "e1", "--key", "k1", *options], standalone_mode=False)
    out = capsys.readouterr().out
    assert out.startswith(f"event       {told.prefix}m.features[{partition_of(b'k1', PARTITIONS)}] offset 0, 2")
    assert "\n\nprediction  " in out
    assert "\nstands      matched (version 1, champion); label true, which was right\n" in out
    assert position("features", 0)["topic"] not in out.splitlines()[1]
