"""What is seen of a drain, also of one that was over before anybody looked."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import pytest
from confluent_kafka import Consumer, TopicPartition

from load.bench.draining.watching import Watched
from stream.kafka.admin import Admin, WantedTopic
from stream.kafka.clients import open_producer

RECORDS = 10


@dataclass(frozen=True)
class Topics:
    """Two topics of one partition, the first with `RECORDS` records in it."""

    brokers: str
    name: str

    @property
    def inputs(self) -> tuple[str]:
        """The one that is read."""
        return (f"{self.name}.in",)

    def read(self, offset: int) -> None:
        """A group of the same name commits where it stands."""
        reader = Consumer({"bootstrap.servers": self.brokers, "group.id": self.name, "enable.auto.commit": False})
        try:
            reader.commit(offsets=[TopicPartition(self.inputs[0], 0, offset)], asynchronous=False)
        finally:
            reader.close()

    def watched(self, lives: Callable[[], bool]) -> Watched:
        """It is this process, as if it were the one that reads."""
        return Watched(
            brokers=self.brokers,
            group=self.name,
            inputs=self.inputs,
            output=f"{self.name}.out",
            pids={"this": os.getpid()},
            lives=lives,
        )


@pytest.fixture
def topics(brokers: str, request: pytest.FixtureRequest) -> Topics:
    """Topics of this test alone."""
    made = Topics(brokers, f"watched.{request.node.name}")
    Admin(brokers).create([WantedTopic(name, 1) for name in (*made.inputs, f"{made.name}.out")])
    producer = open_producer(brokers)
    for number in range(RECORDS):
        producer.produce(made.inputs[0], b"%d" % number)
    assert producer.flush(60) == 0
    return made


@pytest.mark.broker
def test_what_was_read_before_the_first_look_counts_whole(topics: Topics) -> None:
    """A quick machine reads few records between two looks; no figure may be of nothing."""
    topics.read(RECORDS)
    drained = topics.watched(lambda: True).drain()
    assert drained.records == RECORDS
    assert min(drained.rate, *drained.cpu_a_million.values()) > 0


@pytest.mark.broker
def test_what_was_read_while_starting_counts_for_nobody(topics: Topics) -> None:
    """The first records committed are where measuring begins."""
    topics.read(RECORDS // 2)
    looks = count()

    def lives() -> bool:
        if next(looks) == 2:
            topics.read(RECORDS)
        return True

    assert topics.watched(lives).drain().records == RECORDS - RECORDS // 2


@pytest.mark.broker
def test_who_dies_is_told_of(topics: Topics) -> None:
    """Nobody waits for the dead."""
    with pytest.raises(SystemExit, match="died"):
        topics.watched(lambda: False).drain()
