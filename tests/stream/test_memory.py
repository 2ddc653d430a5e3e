"""The memory twin keeps the promises of a transactional log."""

from collections.abc import Callable

import pytest

from stream.log import Log
from stream.memory import MemoryLog
from stream.memory_broker import MemoryBroker
from stream.records import Place
from tests.stream.log_suite import GROUP, PARTITIONS, Bench, LogSuite, records


class MemoryBench(Bench):
    """A world in memory."""

    source, sink = "source", "sink"

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.broker.create(self.source, PARTITIONS)
        self.broker.create(self.sink, PARTITIONS)

    def member(self, resume: Callable[..., dict[Place, int]] = lambda _places: {}) -> Log:
        return MemoryLog(self.broker, GROUP, [self.source], resume=resume)

    def feed(self, values: list[bytes], partition: int = 0, *, commit: bool | None = None) -> None:
        transaction = None if commit is None else self.broker.open()
        self.broker.produce(records(self.source, values, partition), transaction)
        if transaction is not None and commit is not None:
            self.broker.end(transaction, commit=commit)

    def bomb(self, count: int, partition: int = 0) -> None:
        self.feed([b"bomb"] * count, partition)
        for entry in self.broker.partitions[self.source][partition][-count:]:
            entry.broken = "too large"

    def visible(self) -> dict[int, list[bytes | None]]:
        found = {p: self.broker.committed(Place(self.sink, p), 0, 10_000) for p in range(PARTITIONS)}
        return {p: [entry.value for _, entry in entries] for p, entries in found.items() if entries}

    def close(self) -> None:
        """Nothing runs."""


@pytest.fixture
def bench() -> Bench:
    """A fresh world."""
    return MemoryBench()


class TestMemoryLog(LogSuite):
    """The suite, without a broker."""
