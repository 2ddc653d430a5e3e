"""The log on a real Kafka keeps the promises that its memory twin keeps."""

import gc
import threading
import time
from collections.abc import Callable

import pytest

from stream.faults import Disturbed, Stopped
from stream.kafka.admin import Admin, WantedTopic
from stream.kafka.clients import client_config, open_producer
from stream.kafka.log import KafkaLog
from stream.kafka.producer import TransactionalProducer
from stream.kafka.scan import edges, scan
from stream.kafka.settings import LogSettings
from stream.log import Log
from stream.partitioner import partition_of
from stream.records import Place
from tests.broker.bombs import bomb
from tests.stream.log_suite import GROUP, PARTITIONS, Bench, LogSuite, copy, poll, read, records, settle, shows


class KafkaBench(Bench):
    """A world on the embedded broker."""

    def __init__(self, brokers: str, prefix: str) -> None:
        self.brokers, self.prefix = brokers, prefix
        self.source, self.sink = f"{prefix}source", f"{prefix}sink"
        Admin(brokers).create([WantedTopic(self.source, PARTITIONS), WantedTopic(self.sink, PARTITIONS)])
        self.members = 0

    def settings(self, **other: object) -> LogSettings:
        self.members += 1
        session = f"{self.prefix}{self.members}"
        said = {"slot": None, "begin": "earliest", "tells_ends": True, "session": session, **other}
        return LogSettings(brokers=self.brokers, group=self.prefix + GROUP, topics=(self.source,), **said)  # type: ignore[arg-type]  # a test's words

    def member(self, resume: Callable[..., dict[Place, int]] = lambda _places: {}) -> Log:
        return KafkaLog(self.settings(), resume=resume)

    def feed(self, values: list[bytes], partition: int = 0, *, commit: bool | None = None) -> None:
        transaction = {} if commit is None else {"transactional.id": f"{self.prefix}feeder"}
        producer = TransactionalProducer(client_config(self.brokers) | transaction)
        deadline, clock = time.monotonic() + 10, time.monotonic
        if commit is not None:
            producer.init(deadline, clock)
            producer.begin(deadline, clock)
        producer.write(records(self.source, values, partition), deadline, clock)
        producer.flush(deadline, clock)
        if commit is not None:
            (producer.commit if commit else producer.abort)(deadline, clock)

    def bomb(self, count: int, partition: int = 0) -> None:
        bomb(self.brokers, self.source, count=count, megabytes=40, partition=partition)

    def visible(self) -> dict[int, list[bytes | None]]:
        found: dict[int, list[bytes | None]] = {}
        for batch in scan(self.brokers, [self.sink]):
            for partition, value in zip(batch.partitions.tolist(), batch.values, strict=True):
                found.setdefault(partition, []).append(value)
        return found

    def close(self) -> None:
        """The broker is shared; the topics are nobody else's."""


def producers() -> int:
    """How many producers are alive in this process."""
    gc.collect()
    return sum(type(one).__name__ == "Producer" for one in gc.get_objects())


@pytest.fixture
def bench(brokers: str, prefix: str) -> KafkaBench:
    """Fresh topics, a fresh group."""
    return KafkaBench(brokers, prefix)


class TestKafkaLog(LogSuite):
    """The suite, on a real broker."""

    def test_a_rebalance_inside_a_broken_batch_loses_nothing(self, bench: KafkaBench) -> None:
        """Half of its positions were told: whoever has the partition then is told all of them again."""
        bench.bomb(6)
        first = KafkaLog(bench.settings(rows=2), resume=lambda _places: {})
        settle(first)
        read(first, 2)
        second = KafkaLog(bench.settings(rows=2), resume=lambda _places: {})
        settle(second, [first])
        offsets = [offset for _ in range(600) for offset in self._broken_rows(first, second)]
        assert offsets == list(range(6))
        first.close()
        second.close()

    @pytest.mark.parametrize(("asked", "most"), [(3, 3), (1_000_000, 5)])
    def test_a_batch_is_no_larger_than_who_takes_it_asks(self, bench: KafkaBench, asked: int, most: int) -> None:
        """The settings' rows stay the most."""
        bench.feed([b"%d" % number for number in range(20)])
        log = KafkaLog(bench.settings(rows=5), resume=lambda _places: {}, appetite=lambda: asked)
        settle(log)
        sizes: list[int] = []
        for _ in range(600):
            batch = poll(log, timeout=0.05)
            sizes += [] if batch is None else [len(batch)]
            if sum(sizes) >= 20:
                break
        log.close()
        assert (max(sizes), sum(sizes)) == (most, 20)

    def test_what_is_no_longer_ours_is_not_told_on(self, bench: KafkaBench) -> None:
        """Half of a broken batch was told and committed when the partition is taken away: the rest is another's."""
        bench.bomb(6)
        log = KafkaLog(bench.settings(rows=2), resume=lambda _places: {})
        starts = settle(log)
        read(log, 2)
        log.commit(dict.fromkeys(starts, ""))
        log._consumer._on_revoke(None, ())  # what the client calls, at a moment of our choice
        with pytest.raises(Disturbed):
            log.poll(0)
        assert log.poll(0) is None
        log.close()

    @staticmethod
    def _broken_rows(*members: Log) -> list[int]:
        found = [batch for member in members if (batch := poll(member, timeout=0.005)) is not None]
        return [int(batch.offsets[row]) for batch in found for row in batch.broken]

    def test_a_place_nobody_read_needs_a_beginning(self, bench: KafkaBench) -> None:
        """Under `refuse` a partition without an offset stops the process, with the fix."""
        log = KafkaLog(bench.settings(begin="refuse"), resume=lambda _places: {})
        with pytest.raises(Stopped, match="was never read by group") as stopped:
            settle(log)
        assert stopped.value.configuration
        log.close()

    def test_latest_begins_at_the_end(self, bench: KafkaBench) -> None:
        """Under `latest` what is already there is left alone."""
        bench.feed([b"old"])
        log = KafkaLog(bench.settings(begin="latest"), resume=lambda _places: {})
        starts = settle(log)
        assert starts[Place(bench.source, 0)].offset == 1
        bench.feed([b"new"])
        copy(log, bench.sink, 1)
        log.commit(dict.fromkeys(starts, ""))
        shows(bench, {0: [b"new"]})
        log.close()

    def test_a_second_owner_of_a_slot_fences_the_first(self, bench: KafkaBench) -> None:
        """Two processes with one slot: the older one stops with the reason; nothing is doubled."""
        bench.feed([b"1"])
        first = KafkaLog(bench.settings(slot="one"), resume=lambda _places: {})
        starts = settle(first)
        copy(first, bench.sink, 1)
        second = KafkaLog(bench.settings(slot="one"), resume=lambda _places: {})
        with pytest.raises(Stopped, match="fenced"):
            first.commit(dict.fromkeys(starts, ""))
        theirs = settle(second)
        copy(second, bench.sink, 1)
        second.commit(dict.fromkeys(theirs, ""))
        shows(bench, {0: [b"1"]})
        second.close()
        first.close()

    def test_a_fenced_writer_stops_whatever_it_calls(self, bench: KafkaBench) -> None:
        """Also when it is told by a write and not by the commit: it never takes the slot back."""
        bench.feed([b"1"])
        before = producers()
        first = KafkaLog(bench.settings(slot="one"), resume=lambda _places: {})
        settle(first)
        copy(first, bench.sink, 1)
        second = KafkaLog(bench.settings(slot="one"), resume=lambda _places: {})
        with pytest.raises(Stopped, match="fenced"):
            self._write_until_told(first, bench.sink)
        theirs = settle(second)
        copy(second, bench.sink, 1)
        second.commit(dict.fromkeys(theirs, ""))
        shows(bench, {0: [b"1"]})
        second.close()
        first.close()
        assert producers() == before

    @staticmethod
    def _write_until_told(log: KafkaLog, topic: str) -> None:
        for _ in range(200):
            log.write(records(topic, [b"x"]))
            time.sleep(0.02)

    def test_no_transaction_hangs(self, bench: KafkaBench) -> None:
        """While one is open the committed end stays behind the end; after commits and aborts nothing is left open."""

        def ends(level: str) -> dict[Place, tuple[int, int]]:
            return edges(bench.brokers, [bench.sink], isolation=level)

        bench.feed([b"1", b"2"])
        log = bench.member()
        starts = settle(log)
        copy(log, bench.sink, 2)
        for _ in range(100):
            if ends("read_uncommitted") != ends("read_committed"):
                break
        assert ends("read_uncommitted") != ends("read_committed")
        log.abort()
        copy(log, bench.sink, 2)
        log.commit(dict.fromkeys(starts, ""))
        log.close()
        assert ends("read_uncommitted") == ends("read_committed")

    def test_a_look_ends_while_others_write(self, bench: KafkaBench) -> None:
        """Reading to the end as it stands now needs no quiet moment, and shows nothing that came later."""
        bench.feed([b"before"] * 50)
        writing = threading.Event()
        thread = threading.Thread(target=self._write_on, args=(bench, writing))
        thread.start()
        try:
            found = [v for batch in scan(bench.brokers, [bench.source]) for v in batch.values]
            first = Place(bench.source, 0)
            some = list(scan(bench.brokers, [bench.source], start={first: 10}, end={first: 40}))
        finally:
            writing.set()
            thread.join()
        assert found[:50] == [b"before"] * 50
        assert [offset for batch in some for offset in batch.offsets.tolist()] == list(range(10, 40))

    @staticmethod
    def _write_on(bench: KafkaBench, stop: threading.Event) -> None:
        producer = open_producer(bench.brokers, linger_ms=1)
        while not stop.is_set():
            producer.produce(bench.source, b"later", b"k", 0)
            producer.flush(1)

    def test_keys_go_where_java_clients_put_them(self, bench: KafkaBench) -> None:
        """Librdkafka's murmur2_random agrees with our murmur2 on a thousand keys."""
        producer = open_producer(bench.brokers)
        for number in range(1000):
            producer.produce(bench.source, b"", b"key-%d" % number)
        assert producer.flush(10) == 0
        seen = 0
        for batch in scan(bench.brokers, [bench.source]):
            for key, partition in zip(batch.keys, batch.partitions.tolist(), strict=True):
                assert partition == partition_of(key or b"", PARTITIONS)
                seen += 1
        assert seen == 1000
