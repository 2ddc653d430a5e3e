"""The log on Kafka without transactions: what is written is there at once, and may come again."""

from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import Producer

from stream.faults import Abort
from stream.kafka.clients import Config, made
from stream.kafka.log import KafkaLog
from stream.kafka.producer import TransactionalProducer
from stream.records import Place, Start


class PlainProducer(TransactionalProducer):
    """Answers as a transactional producer does; positions are committed by whoever reads, once `flush` returned."""

    def __init__(self, config: Config) -> None:
        self._lost: str | None = None
        told = {**config, "error_cb": lambda _error: None, "on_delivery": self._told}
        self._producer = made(Producer, told)
        self._shared = False

    def _told(self, error: Any, _message: Any) -> None:
        """Only failures are told, see the settings."""
        if error is not None:
            self._lost = str(error.str())

    def begin(self, deadline: float, clock: Callable[[], float]) -> None:
        """Nothing is opened."""

    def init(self, deadline: float, clock: Callable[[], float]) -> None:
        """Nobody is fenced."""

    def flush(self, deadline: float, clock: Callable[[], float]) -> None:
        """Wait until the broker has every record. Raises Abort when it has not in time, or will never have."""
        super().flush(deadline, clock)
        if self._lost is not None:
            raise Abort(f"a record was not taken by the broker: {self._lost}")

    def offsets(self, ends: Mapping[Place, Start], group: Any, deadline: float, clock: Callable[[], float]) -> None:
        """Nothing: the positions are the reader's to commit."""

    def commit(self, deadline: float, clock: Callable[[], float]) -> None:
        """Nothing is open."""

    def abort(self, deadline: float, clock: Callable[[], float]) -> None:
        """What was sent cannot be undone."""


class PlainLog(KafkaLog):
    """A log that writes at least once: records, then their account, then the positions, each safe before the next.

    What was written cannot be undone: after an abort or a crash it is written again, from the last committed position.
    """

    def _new_producer(self) -> TransactionalProducer:
        return PlainProducer(self._settings.producer())

    def secure(self) -> None:
        """What was written so far is there before an account of it is. Raises Abort, Indefinite."""
        if self._open:
            self._producer.flush(self._clock() + self._call_seconds, self._clock)

    def _commit_positions(self, ends: Mapping[Place, Start], deadline: float) -> None:
        self._consumer.commit(ends, max(0.1, deadline - self._clock()))

    def _drop_transaction(self) -> None:
        if self._open:
            # What is still queued would come before what is written in its place.
            self._producer.drop()
            self._producer = self._new_producer()
        self._close_transaction()
