"""The replay through librdkafka: a real producer on the mock brokers it brings along."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError

from load.flights.bad import Bad
from load.flights.replay import Listener, Replay, Sent, Teller, story, summary
from load.flights.story import Lines
from schemas.source import DirectorySource
from stream.faults import Stopped
from stream.kafka.clients import open_producer
from stream.kafka.reading import assign_reader, open_reader, partitions_of
from stream.partitioner import partition_of

PARTITIONS = 4
WINDOWS = (36 + 24 + 7 * 24) * 3600 * 1_000_000
FEATURES, LABELS = "flights.features", "flights.labels"


@pytest.fixture
def producer() -> Any:
    """A producer with a broker of its own; it answers with 4 partitions a topic."""
    return open_producer("mock", test_mock_num_brokers=1, linger_ms=1)


def asked(directory: Path, **changes: Any) -> Replay:
    """A replay of the first 300 flights of March."""
    return Replay(brokers="mock", schemas=directory, **{"limit": 300, "bad": True, **changes})


def told(producer: Any, replay: Replay) -> tuple[Lines, Lines, Sent]:
    """The story of `replay`, and what was sent of it."""
    said, truth = story(replay)
    return said, truth, Teller(producer, replay).tell(said, truth)


def kept(producer: Any, topic: str) -> dict[int, list[Any]]:
    """Every message that the brokers hold of `topic`, by partition in offset order."""
    address = next(iter(producer.list_topics(topic, 10).brokers.values()))
    reader = open_reader(f"{address.host}:{address.port}")
    places = partitions_of(reader, topic)
    assign_reader(reader, dict.fromkeys(places, 0))
    found: dict[int, list[Any]] = {place.partition: [] for place in places}
    ended: set[int] = set()
    while len(ended) < len(places):
        for message in reader.consume(500, 0.1):
            if message.error() is None:
                found[message.partition()].append(message)
            else:
                ended.add(message.partition())
    reader.close()
    return found


def test_every_message_arrives_in_the_partition_of_its_key(producer: Any, tmp_path: Path) -> None:
    """Each partition holds its messages in the story's order, the bad ones too, where Java would put them."""
    said, truth, sent = told(producer, asked(tmp_path))
    for topic, lines in ((FEATURES, said), (LABELS, truth)):
        for partition, messages in kept(producer, topic).items():
            here = [
                (key, value)
                for key, value in zip(lines.keys, lines.values, strict=True)
                if partition_of(key, PARTITIONS) == partition
            ]
            assert [(message.key(), message.value()) for message in messages[:-1]] == here
    assert (sent.events, sent.labels, sent.undelivered) == (300, len(truth), 0)
    assert sent.bad == Counter(fault.value for fault in Bad)


def test_every_partition_ends_with_a_mark_past_all_that_is_waited_for(producer: Any, tmp_path: Path) -> None:
    """Horizon, late and revision windows behind the last event; a null value, and Kafka's timestamps stay today's."""
    said, _, sent = told(producer, asked(tmp_path))
    for topic in (FEATURES, LABELS):
        for messages in kept(producer, topic).values():
            last = messages[-1]
            assert (last.key(), last.value()) == (None, None)
            assert last.headers() == [("driftline-watermark", str(said.times[-1] + WINDOWS + WINDOWS // 16).encode())]
            assert all(message.timestamp()[1] > 1_700_000_000_000 for message in messages)
    assert sent.marks == 2 * PARTITIONS


def test_without_labels_their_topic_is_left_alone(producer: Any, tmp_path: Path) -> None:
    """Not even a mark is written there."""
    _, truth, sent = told(producer, asked(tmp_path, labels=False))
    assert (len(truth), sent.labels, sent.marks) == (0, 0, PARTITIONS)
    assert not any(kept(producer, LABELS).values())


def test_a_full_queue_is_waited_for(tmp_path: Path) -> None:
    """A producer that holds ten messages at a time still gets all of them out, in order."""
    narrow = open_producer("mock", test_mock_num_brokers=1, linger_ms=0, queue_buffering_max_messages=10)
    _, truth, sent = told(narrow, asked(tmp_path, bad=False))
    assert (sent.events, sent.labels, sent.undelivered) == (300, len(truth), 0)


def test_an_interrupted_replay_flushes_what_it_sent_and_marks_nothing(producer: Any, tmp_path: Path) -> None:
    """The count is what the brokers hold."""
    replay = asked(tmp_path, limit=2000, bad=False)
    teller = Teller(producer, replay, Listener(stop=lambda: teller.sent.events == 700))
    sent = teller.tell(*story(replay))
    assert sent.interrupted
    assert (sent.events, sent.marks, sent.undelivered) == (700, 0, 0)
    assert sum(map(len, kept(producer, FEATURES).values())) == 700


class Unanswered:
    """A producer whose brokers are there and acknowledge nothing: each message fails once nobody waits any longer."""

    def __init__(self, brokers: Any) -> None:
        self._brokers, self._waiting = brokers, list[Any]()

    def list_topics(self, *asked: Any) -> Any:
        """As the brokers say."""
        return self._brokers.list_topics(*asked)

    def produce(self, _topic: str, *, on_delivery: Any, **_message: Any) -> None:
        """Taken in."""
        self._waiting.append(on_delivery)

    def poll(self, _seconds: float) -> int:
        """Nothing has come back yet."""
        return 0

    def flush(self, _seconds: float) -> int:
        """Everything has waited too long."""
        for tell in self._waiting:
            tell(KafkaError(KafkaError._MSG_TIMED_OUT), None)
        self._waiting.clear()
        return 0


def test_what_brokers_do_not_acknowledge_is_counted(producer: Any, tmp_path: Path) -> None:
    """Events and marks alike."""
    _, _, sent = told(Unanswered(producer), asked(tmp_path, limit=20, bad=False, labels=False))
    assert (sent.events, sent.marks) == (20, PARTITIONS)
    assert sent.undelivered == 20 + PARTITIONS


def test_the_story_is_told_at_the_speed_asked_for(producer: Any, tmp_path: Path) -> None:
    """At no time is an event sent before its turn: the clock of the story never runs ahead of its share."""
    replay = asked(tmp_path, limit=5, bad=False, labels=False, speed=3600.0)
    said, _, sent = told(producer, replay)
    assert sent.seconds >= (said.times[-1] - said.times[0]) / 1e6 / 3600.0
    assert sent.reached_micros == said.times[-1]


def test_both_schemas_are_registered_once(tmp_path: Path) -> None:
    """A second replay uses the ids of the first."""
    story(asked(tmp_path))
    story(asked(tmp_path))
    assert DirectorySource(tmp_path).ids() == (1, 2)


def test_days_without_a_flight_are_refused(tmp_path: Path) -> None:
    """The message says which days, and what to do."""
    with pytest.raises(Stopped, match="no flight from 2014-01-01") as refused:
        story(asked(tmp_path, first=date(2014, 1, 1), last=date(2014, 1, 2)))
    assert "2013" in refused.value.fix


def test_the_summary_is_json() -> None:
    """Faults in alphabetical order."""
    said = json.loads(json.dumps(summary(Sent(events=3, bad=Counter({"null": 1, "empty": 2})))))
    assert (said["events"], list(said["bad"])) == (3, ["empty", "null"])
