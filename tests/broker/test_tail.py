"""The end of a partition, followed outside of any group on a real broker."""

import time
from collections.abc import Callable

import pytest

from stream.kafka.admin import Admin, WantedTopic
from stream.kafka.clients import open_producer
from stream.kafka.tail import STALE_SECONDS, Tail
from stream.records import Place

PATIENCE_SECONDS = 30.0


@pytest.fixture
def write(brokers: str, prefix: str) -> Callable[[int, int], None]:
    """Put numbered records into partition 0 of a topic of its own."""
    Admin(brokers).create([WantedTopic(f"{prefix}log", 1)])
    producer = open_producer(brokers)

    def run(first: int, last: int) -> None:
        for number in range(first, last):
            producer.produce(f"{prefix}log", b"%d" % number, partition=0)
        assert producer.flush(PATIENCE_SECONDS) == 0

    return run


def upto(tail: Tail, last: int) -> list[int]:
    """What is told until the record `last` is."""
    said: list[int] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while last not in said:
        assert time.monotonic() < deadline, said
        for batch in tail():
            assert (batch.timestamps > 0).all()
            said += [int(value or b"") for value in batch.values]
        time.sleep(0.02)
    return said


def test_it_begins_before_the_end_and_tells_everything_once(
    brokers: str, prefix: str, write: Callable[[int, int], None]
) -> None:
    """Ten before the end at first, then whatever comes."""
    write(0, 50)
    tail = Tail(brokers, Place(f"{prefix}log", 0), back=10)
    assert upto(tail, 49) == list(range(40, 50))
    write(50, 80)
    assert upto(tail, 79) == list(range(50, 80))
    tail.close()


def test_it_begins_with_what_there_is(brokers: str, prefix: str, write: Callable[[int, int], None]) -> None:
    """Where the log is shorter than asked, or empty."""
    tail = Tail(brokers, Place(f"{prefix}log", 0), back=500)
    assert list(tail()) == []
    write(0, 5)
    assert upto(tail, 4)[-1] == 4
    tail.close()


def test_whoever_looks_seldom_misses_what_lies_between(
    brokers: str, prefix: str, write: Callable[[int, int], None]
) -> None:
    """Old news is not worth its reading."""
    now = 0.0
    write(0, 20)
    tail = Tail(brokers, Place(f"{prefix}log", 0), back=5, clock=lambda: now)
    assert upto(tail, 19) == [15, 16, 17, 18, 19]
    write(20, 60)
    now += STALE_SECONDS + 1
    assert upto(tail, 59) == [55, 56, 57, 58, 59]
    tail.close()


def test_a_tail_never_looked_at_is_closed_without_ado(brokers: str) -> None:
    """It has no reader."""
    Tail(brokers, Place("nothing", 0), back=5).close()
