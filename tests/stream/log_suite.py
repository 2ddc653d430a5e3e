"""What every transactional log must do; the memory twin runs it without a broker, Kafka with one."""

from abc import abstractmethod
from collections.abc import Callable

from stream.faults import Abort, Disturbed
from stream.log import Log
from stream.records import Batch, Place, Start, Writes

GROUP = "suite"
PARTITIONS = 3


def records(topic: str, values: list[bytes], partition: int = 0) -> Writes:
    """Records with the same key in one partition."""
    return Writes(topic=topic, values=values, keys=[b"k"] * len(values), partitions=[partition] * len(values))


class Bench:
    """One world of topics `source`, `sink`: how to feed it, join it, look at it."""

    source: str
    sink: str

    @abstractmethod
    def member(self, resume: Callable[..., dict[Place, int]] = lambda _places: {}) -> Log:
        """A new member of the group, reading `source`."""

    @abstractmethod
    def feed(self, values: list[bytes], partition: int = 0, *, commit: bool | None = None) -> None:
        """Put records on `source`; in a transaction that is committed or aborted when `commit` says."""

    @abstractmethod
    def visible(self) -> dict[int, list[bytes | None]]:
        """What a read_committed reader sees on `sink`, a partition."""

    @abstractmethod
    def close(self) -> None:
        """Take the world down."""


def settle(log: Log, members: list[Log] | None = None) -> dict[Place, Start]:
    """Poll until the log has an assignment, then give back what was read; `members` keep polling meanwhile."""
    for _ in range(600):
        for member in members or []:
            poll(member)
        poll(log, timeout=0.05)
        starts = log.starts()
        if starts:
            for member in [log, *(members or [])]:
                member.abort()
            return dict(starts)
    raise AssertionError("no assignment came")


def poll(log: Log, timeout: float = 0.0) -> Batch | None:
    """Poll once; a changed assignment undoes what is open, as the loop would."""
    try:
        return log.poll(timeout)
    except Disturbed:
        log.abort()
        return None


def read(log: Log, count: int) -> list[Batch]:
    """Poll until `count` records came."""
    batches: list[Batch] = []
    for _ in range(600):
        batch = poll(log, timeout=0.05)
        batches += [batch] if batch is not None else []
        if sum(map(len, batches)) >= count:
            return batches
    raise AssertionError(f"found {sum(map(len, batches))} records, expected {count}")


def copy(log: Log, sink: str, count: int) -> list[Batch]:
    """Read `count` records, writing each to the same partition of `sink`."""
    batches = read(log, count)
    for batch in batches:
        log.write(Writes(topic=sink, values=batch.values, keys=batch.keys, partitions=batch.partitions.tolist()))
    return batches


class LogSuite:
    """The promises, each as a test that takes a `bench`."""

    def test_what_is_committed_is_seen_once(self, bench: Bench) -> None:
        """Records written in a committed transaction are visible, in order."""
        bench.feed([b"1", b"2", b"3"])
        log = bench.member()
        starts = settle(log)
        copy(log, bench.sink, 3)
        assert bench.visible() == {}
        log.commit(dict.fromkeys(starts, "m"))
        assert bench.visible() == {0: [b"1", b"2", b"3"]}
        log.close()

    def test_an_aborted_transaction_is_read_again(self, bench: Bench) -> None:
        """After an abort nothing is visible, and the same records come again."""
        bench.feed([b"1", b"2"])
        log = bench.member()
        starts = settle(log)
        copy(log, bench.sink, 2)
        log.abort()
        again = copy(log, bench.sink, 2)
        assert [v for batch in again for v in batch.values] == [b"1", b"2"]
        log.commit(dict.fromkeys(starts, ""))
        assert bench.visible() == {0: [b"1", b"2"]}
        log.close()

    def test_spans_tile_the_input(self, bench: Bench) -> None:
        """Each transaction's span begins where the last one ended; markers and aborted records are absent."""
        bench.feed([b"1", b"2"], commit=True)
        bench.feed([b"x"], commit=False)
        bench.feed([b"3"])
        log = bench.member()
        starts = settle(log)
        copy(log, bench.sink, 3)
        (span,) = log.spans()
        assert (span.start, span.end, span.read, span.absent) == (0, 6, 3, 3)
        log.commit(dict.fromkeys(starts, ""))
        bench.feed([b"4"])
        copy(log, bench.sink, 1)
        (span,) = log.spans()
        assert (span.start, span.end, span.read) == (6, 7, 1)
        log.abort()
        assert log.spans() == []
        log.close()

    def test_metadata_comes_back_with_the_offset(self, bench: Bench) -> None:
        """The next member starts where the last committed, and is told what it left."""
        bench.feed([b"1"])
        log = bench.member()
        starts = settle(log)
        copy(log, bench.sink, 1)
        log.commit(dict.fromkeys(starts, "w1:5"))
        log.close()
        after = bench.member()
        found = settle(after)
        assert found[Place(bench.source, 0)] == Start(1, "w1:5")
        after.close()

    def test_an_abort_keeps_the_old_metadata(self, bench: Bench) -> None:
        """A transaction that never was leaves offset and metadata as they were."""
        bench.feed([b"1"])
        log = bench.member()
        starts = settle(log)
        copy(log, bench.sink, 1)
        log.commit(dict.fromkeys(starts, "old"))
        bench.feed([b"2"])
        copy(log, bench.sink, 1)
        log.abort()
        log.close()
        after = bench.member()
        assert settle(after)[Place(bench.source, 0)] == Start(1, "old")
        after.close()

    def test_a_rebalance_undoes_the_open_transaction(self, bench: Bench) -> None:
        """A member that joins meanwhile takes its share; nothing is lost, nothing seen twice."""
        for partition in range(PARTITIONS):
            bench.feed([b"%d-%d" % (partition, i) for i in range(4)], partition)
        first = bench.member()
        settle(first)
        copy(first, bench.sink, 4)
        second = bench.member()
        theirs = settle(second, [first])
        ours = settle(first, [second]) if not (told := first.starts()) else dict(told)
        assert set(theirs) | set(ours) == {Place(bench.source, p) for p in range(PARTITIONS)}
        assert not set(theirs) & set(ours)
        for log, mine in ((first, ours), (second, theirs)):
            copy(log, bench.sink, 4 * len(mine))
            log.commit(dict.fromkeys(mine, ""))
        assert bench.visible() == {p: [b"%d-%d" % (p, i) for i in range(4)] for p in range(PARTITIONS)}
        first.close()
        second.close()

    def test_an_older_account_says_where_to_go_on(self, bench: Bench) -> None:
        """A place without an offset starts where `resume` says."""
        bench.feed([b"1", b"2", b"3"])
        log = bench.member(lambda _places: {Place(bench.source, 0): 2})
        assert settle(log)[Place(bench.source, 0)].offset == 2
        assert [v for batch in read(log, 1) for v in batch.values] == [b"3"]
        log.close()

    def test_a_heartbeat_keeps_offset_with_metadata(self, bench: Bench) -> None:
        """A transaction without input commits the same positions with what it is given."""
        log = bench.member()
        starts = settle(log)
        assert [(span.start, span.end) for span in log.still()] == [(0, 0)] * PARTITIONS
        log.write(records(bench.sink, [b"alive"]))
        log.commit(dict.fromkeys(starts, "beat"))
        log.close()
        after = bench.member()
        assert set(settle(after).values()) == {Start(0, "beat")}
        after.close()

    def test_a_missing_topic_aborts(self, bench: Bench) -> None:
        """Writing where nothing is undoes the transaction, never drops the record."""
        bench.feed([b"1"])
        log = bench.member()
        starts = settle(log)
        read(log, 1)
        failed = False
        try:
            log.write(records(bench.sink + ".nowhere", [b"1"]))
            log.commit(dict.fromkeys(starts, ""))
        except Abort:
            failed = True
            log.abort()
        assert failed
        assert len(copy(log, bench.sink, 1)) == 1
        log.commit(dict.fromkeys(starts, ""))
        assert bench.visible() == {0: [b"1"]}
        log.close()
