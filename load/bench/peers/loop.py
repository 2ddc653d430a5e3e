"""The loop of the peers on confluent-kafka: consume some, say what becomes of them, produce, commit by time."""

import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from load.bench.peers.told import Told

TIMEOUT_SECONDS = 30.0


class Loop:
    """Consumes up to `told.rows` at once; in a transaction where exactly-once is asked for."""

    def __init__(self, told: Told, answer: Callable[[Sequence[bytes]], Sequence[bytes]]) -> None:
        self._told, self._answer = told, answer
        self._consumer, self._producer = Consumer(told.reading()), Producer(told.writing())
        self._done: dict[int, int] = {}
        self._begun: float | None = None
        self._stops = False

    def run(self) -> None:
        """Until a signal says stop."""
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "_stops", True))
        if self._told.exactly_once:
            self._producer.init_transactions(TIMEOUT_SECONDS)
        self._consumer.subscribe([self._told.input])
        while not self._stops:
            # Whoever comes alone is not kept waiting for others.
            first = self._consumer.poll(self._left())
            if first is not None:
                self._take([first, *self._consumer.consume(self._told.rows - 1, 0)])
            if self._begun is not None and self._left() <= 0:
                self._commit()
        if self._begun is not None:
            self._commit()
        self._consumer.close()

    def _left(self) -> float:
        return 0.1 if self._begun is None else max(0.0, self._begun + self._told.commit_seconds - time.monotonic())

    def _take(self, found: Sequence[Any]) -> None:
        records = [one for one in found if one.error() is None]
        if self._begun is None:
            self._begun = time.monotonic()
            if self._told.exactly_once:
                self._producer.begin_transaction()
        values = self._answer([one.value() for one in records])
        for one, value in zip(records, values, strict=True):
            self._put(value, one)
            self._done[one.partition()] = one.offset() + 1
        self._producer.poll(0)

    def _put(self, value: bytes, one: Any) -> None:
        while True:
            try:
                self._producer.produce(self._told.output, value, one.key(), one.partition())
                break
            except BufferError:
                self._producer.poll(0.1)

    def _commit(self) -> None:
        self._producer.flush(TIMEOUT_SECONDS)
        places = [TopicPartition(self._told.input, partition, offset) for partition, offset in self._done.items()]
        if self._told.exactly_once:
            member = self._consumer.consumer_group_metadata()
            self._producer.send_offsets_to_transaction(places, member, TIMEOUT_SECONDS)
            self._producer.commit_transaction(TIMEOUT_SECONDS)
        elif places:
            self._consumer.commit(offsets=places, asynchronous=False)
        self._done.clear()
        self._begun = None
