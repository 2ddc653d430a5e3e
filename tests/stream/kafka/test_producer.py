"""What a transactional producer does about a client that does not keep its word."""

import threading
import time
from collections.abc import Sequence
from typing import Any, overload

import pytest
from confluent_kafka import KafkaError, KafkaException
from hypothesis import given
from hypothesis import strategies as st

from stream.faults import FENCED, Abort, Indefinite, Stopped
from stream.kafka.overdue import within
from stream.kafka.producer import TransactionalProducer, claimed
from stream.records import Place, Start, Writes

ENDS = {Place("t", 0): Start(5)}


class Client:
    """A client whose calls do what they are told."""

    def __init__(self, call: Any) -> None:
        self.send_offsets_to_transaction = self.poll = call


def producer(call: Any, *, shared: bool = True) -> TransactionalProducer:
    """A producer on top of such a client."""
    config = {"bootstrap.servers": "127.0.0.1:1", "transactional.id": "x", "log_level": 0}
    made = TransactionalProducer(config, shared=shared)
    made._producer = Client(call)
    return made


def test_offsets_that_are_never_taken_leave_the_outcome_unknown() -> None:
    """A call of librdkafka 2.16 blocks past its own time-out (its issue 5456): the caller gets on all the same."""
    never = threading.Event()
    try:
        with pytest.raises(Indefinite, match="coordinator"):
            producer(lambda *_given: never.wait()).offsets(ENDS, None, time.monotonic(), time.monotonic)
    finally:
        never.set()


def test_what_the_client_says_of_offsets_is_judged_as_before() -> None:
    """An error raised in the other thread is one raised here; an answer is an answer."""

    def refuse(*_given: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._STATE))

    producer(lambda *_given: None).offsets(ENDS, None, time.monotonic(), time.monotonic)
    with pytest.raises(Indefinite):
        producer(refuse).offsets(ENDS, None, time.monotonic(), time.monotonic)


@pytest.mark.parametrize(("shared", "fault"), [(True, Stopped), (False, Indefinite)])
def test_a_producer_fenced_between_two_calls_is_told_when_it_is_served(shared: bool, fault: type[Exception]) -> None:  # noqa: FBT001 - a parameter
    """The client raises that from poll(): an explained end where the id is shared, a new producer where it is not."""

    def fenced(_seconds: float) -> None:
        raise KafkaException(KafkaError(FENCED, "fenced by a newer instance", True))  # noqa: FBT003 - fatal

    with pytest.raises(fault, match="fenced"):
        producer(fenced, shared=shared).serve()


class Coordinator:
    """Who answers the first claims with what `said` holds, in turn, then with success."""

    def __init__(self, *said: KafkaError) -> None:
        self.said = list(said)

    def made(self) -> TransactionalProducer:
        """A producer that asks it."""
        made = producer(lambda *_given: None)
        made._producer.init_transactions = self.answer
        made._producer.purge = lambda: None
        return made

    def answer(self, _seconds: float) -> None:
        """Refuse or accept."""
        if self.said:
            raise KafkaException(self.said.pop(0))


def test_a_coordinator_that_has_just_moved_is_asked_again() -> None:
    """A broker that comes up refuses the first who ask; a scorer that starts then waits for it."""
    moved = Coordinator(*[KafkaError(KafkaError.NOT_COORDINATOR)] * 2)
    claimed(moved.made, "b:1", time.monotonic() + 60, time.monotonic)
    assert moved.said == []


def test_a_coordinator_that_never_answers_stops_the_start() -> None:
    """With the address, what was found and what to do."""
    never = Coordinator(*[KafkaError(KafkaError.NOT_COORDINATOR)] * 1_000)
    with pytest.raises(Stopped, match=r"no transaction coordinator answers at b:1: .*[Nn]ot coordinator"):
        claimed(never.made, "b:1", time.monotonic() + 0.5, time.monotonic)
    assert len(never.said) < 999


def test_a_call_in_time_answers_or_raises() -> None:
    """Whatever it answers, whatever it raises."""
    assert within(5, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


class Narrow:
    """A client that takes only so many records until it is served, and refuses the one called `bad`."""

    def __init__(self, room: int, bad: bytes = b"") -> None:
        self.taken: list[tuple[Any, ...]] = []
        self._room, self._left, self._bad = room, room, bad

    def produce(self, topic: str, value: bytes, key: bytes, partition: int, *more: Any) -> None:
        """Take a record."""
        if value == self._bad:
            raise KafkaException(KafkaError(KafkaError._UNKNOWN_PARTITION))
        if not self._left:
            raise BufferError
        self._left -= 1
        self.taken.append((topic, value, key, partition, more[-1] if more else None))

    def poll(self, _seconds: float) -> None:
        """Send what was taken."""
        self._left = self._room


@given(count=st.integers(0, 40), room=st.integers(1, 12), headed=st.booleans())
def test_a_queue_that_is_full_keeps_order_and_loses_nothing(count: int, room: int, headed: bool) -> None:  # noqa: FBT001 - a parameter
    """However often it is full, each record goes in once, with what belongs to it."""
    numbers = range(count)
    headers = [[("n", b"%d" % n)] if n % 3 else None for n in numbers] if headed else None
    made, client = producer(None), Narrow(room)
    made._producer = client
    writes = Writes(
        topic="t",
        values=[b"%d" % n if n % 5 else None for n in numbers],
        keys=[b"k%d" % n for n in numbers],
        partitions=[n % 4 for n in numbers],
        headers=headers,
    )
    made.write(writes, time.monotonic() + 10, time.monotonic)
    heads = headers or [None] * count
    assert client.taken == [
        ("t", *row) for row in zip(writes.values, writes.keys, writes.partitions, heads, strict=True)
    ]


class Lazy(Sequence[bytes]):
    """Values that are made when they are asked for: nobody can tell how many an iterator over them still has."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> list[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | list[bytes]:
        rows = range(self._count)[at]
        return [b"%d" % row for row in rows] if isinstance(rows, range) else b"%d" % rows


def test_any_sequence_goes_on_where_the_queue_was_full() -> None:
    """Also one whose iterator cannot say how many are left."""
    made, client = producer(None), Narrow(3)
    made._producer = client
    made.write(
        Writes(topic="t", values=Lazy(8), keys=[b"k"] * 8, partitions=[0] * 8), time.monotonic() + 60, time.monotonic
    )
    assert [taken[1] for taken in client.taken] == list(Lazy(8))


def test_a_record_that_is_refused_ends_the_transaction_behind_those_before_it() -> None:
    """Nothing after it is queued: the transaction is undone as a whole."""
    made, client = producer(None), Narrow(100, bad=b"2")
    made._producer = client
    values = [b"0", b"1", b"2", b"3"]
    writes = Writes(topic="t", values=values, keys=values, partitions=[0] * 4)
    with pytest.raises(Abort, match="t:"):
        made.write(writes, time.monotonic() + 10, time.monotonic)
    assert [taken[1] for taken in client.taken] == [b"0", b"1"]
