"""What every transactional log must do; the memory twin runs it without a broker, Kafka with one."""

from abc import abstractmethod
from collections.abc import Callable

import numpy as np
import pytest

from stream.faults import Abort, Disturbed
from stream.holding import held_back
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
    def bomb(self, count: int, partition: int = 0) -> None:
        """Put so many records on `source` in one compressed batch that no reader can open."""

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


def shows(bench: Bench, expected: dict[int, list[bytes | None]]) -> None:
    """A reader sees what is expected, soon: a commit is answered before its markers are written."""
    found = {}
    for _ in range(100):
        found = bench.visible()
        if found == expected:
            break
    assert found == expected


def ends(log: Log, places: set[Place]) -> None:
    """The log says, soon, that it has read all of `places`; nothing comes meanwhile."""
    for _ in range(600):
        assert poll(log, timeout=0.05) is None
        if set(log.at_end()) == places:
            return
    raise AssertionError(f"found {set(log.at_end())} at their end, expected {places}")


def pass_on(log: Log, sink: str, count: int, *, waits: tuple[bytes, ...] = ()) -> list[bytes | None]:
    """Copy to partition 0 of `sink` until `count` records went and no more come; those in `waits` are given back."""
    passed: list[bytes | None] = []
    for _ in range(600):
        batch = poll(log, timeout=0.05)
        if batch is None and len(passed) >= count:
            assert len(passed) == count
            return passed
        if batch is not None:
            held, may_go_on = held_back(batch, np.array([value in waits for value in batch.values]))
            values = [batch.values[row] for row in np.flatnonzero(may_go_on).tolist()]
            log.write(records(sink, [value or b"" for value in values]))
            log.hold(held)
            passed += values
    raise AssertionError(f"found {passed}, expected {count}")


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
        shows(bench, {0: [b"1", b"2", b"3"]})
        log.close()

    def test_an_end_is_told_once_everything_was_read(self, bench: Bench) -> None:
        """At its end is a place in which nothing is left, but for aborted records; an abort of ours changes that."""
        log = bench.member()
        starts = settle(log)
        ends(log, set(starts))
        bench.feed([b"1", b"2"])
        bench.feed([b"never"], commit=False)
        read(log, 2)
        ends(log, set(starts))
        log.abort()
        assert Place(bench.source, 0) not in log.at_end()
        read(log, 2)
        ends(log, set(starts))
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
        shows(bench, {0: [b"1", b"2"]})
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
        shows(bench, {p: [b"%d-%d" % (p, i) for i in range(4)] for p in range(PARTITIONS)})
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
        shows(bench, {0: [b"1"]})
        log.close()

    def test_what_is_held_lets_the_others_go_on(self, bench: Bench) -> None:
        """Records given back stay away until released, then come once and in order; other places never notice."""
        bench.feed([b"1", b"wait", b"2", b"3"])
        bench.feed([b"a", b"b"], 1)
        held, free = Place(bench.source, 0), Place(bench.source, 1)
        log = bench.member()
        starts = settle(log)
        assert set(pass_on(log, bench.sink, 3, waits=(b"wait",))) == {b"1", b"a", b"b"}
        bench.feed([b"4"])
        bench.feed([b"c"], 1)
        assert pass_on(log, bench.sink, 1) == [b"c"]
        assert {(s.place, s.start, s.end, s.read) for s in log.spans()} == {(held, 0, 1, 1), (free, 0, 3, 3)}
        log.commit(dict.fromkeys(starts, ""))
        log.release([held, free])
        assert pass_on(log, bench.sink, 4) == [b"wait", b"2", b"3", b"4"]
        assert [(s.place, s.start, s.end, s.read) for s in log.spans()] == [(held, 1, 5, 4)]
        log.commit(dict.fromkeys(starts, ""))
        log.close()

    def test_a_place_may_be_held_again_and_again(self, bench: Bench) -> None:
        """Each time in the same transaction: it counts once what went, and stands at what waits."""
        bench.feed([b"1", b"2", b"3"])
        log = bench.member()
        starts = settle(log)
        first = Place(bench.source, 0)
        for waits in ((b"1", b"2"), (b"2",), (b"3", b"2"), (b"3",)):
            log.release([first])
            pass_on(log, bench.sink, int(b"1" not in waits and b"2" in waits[:1]) + int(waits == (b"3",)), waits=waits)
        assert [(s.start, s.end, s.read) for s in log.spans()] == [(0, 2, 2)]
        log.commit(dict.fromkeys(starts, "held"))
        assert {s.place: s.start for s in log.still()}[first] == 2
        shows(bench, {0: [b"1", b"2"]})
        log.close()
        after = bench.member()
        assert settle(after)[first] == Start(2, "held")
        assert pass_on(after, bench.sink, 1) == [b"3"]
        after.close()

    def test_an_abort_forgets_what_was_held(self, bench: Bench) -> None:
        """The whole transaction comes again, the records that waited with it."""
        bench.feed([b"1", b"wait", b"2"])
        log = bench.member()
        settle(log)
        pass_on(log, bench.sink, 1, waits=(b"wait",))
        log.abort()
        assert pass_on(log, bench.sink, 3) == [b"1", b"wait", b"2"]
        log.close()

    def test_a_new_assignment_forgets_what_was_held(self, bench: Bench) -> None:
        """A place held when it went to another member, or stayed here, is read by whoever has it, also once back."""
        for partition in range(PARTITIONS):
            bench.feed([b"wait", b"%d" % partition], partition)
        first = bench.member()
        settle(first)
        pass_on(first, bench.sink, 0, waits=(b"wait",))
        second = bench.member()
        theirs = settle(second, [first])
        ours = dict(first.starts() or settle(first, [second]))
        assert len(pass_on(first, bench.sink, 2 * len(ours))) + len(pass_on(second, bench.sink, 2 * len(theirs))) == 6
        second.close()
        starts = settle(first)
        assert len(starts) == PARTITIONS
        assert len(pass_on(first, bench.sink, 2 * PARTITIONS)) == 6
        first.close()

    def test_only_what_was_read_just_now_can_be_given_back(self, bench: Bench) -> None:
        """Any other position is a fault of ours."""
        bench.feed([b"1", b"2"])
        log = bench.member()
        settle(log)
        read(log, 2)
        with pytest.raises(ValueError, match="was not read just now"):
            log.hold({Place(bench.source, 0): 2})
        with pytest.raises(ValueError, match="was not read just now"):
            log.hold({Place(bench.source, 1): 0})
        log.close()

    def test_a_batch_that_nobody_can_open_is_passed_by(self, bench: Bench) -> None:
        """Its positions are told as broken rows, each once, in order; an abort tells them again; then it goes on."""
        bench.feed([b"1", b"2"])
        bench.bomb(2)
        bench.feed([b"3"])
        bench.bomb(3)
        bench.feed([b"other"], 1)
        log = bench.member()
        starts = settle(log)
        for _ in range(2):
            batches = read(log, 9)
            rows = [row for batch in batches for row in told(batch)]
            assert [row[1:] for row in rows if row[0] == 0] == [
                (0, b"1", False),
                (1, b"2", False),
                *[(offset, None, True) for offset in (2, 3)],
                (4, b"3", False),
                *[(offset, None, True) for offset in (5, 6, 7)],
            ]
            assert [row[1:] for row in rows if row[0] == 1] == [(0, b"other", False)]
            assert [span.read for span in log.spans()] == [8, 1]
            log.abort()
        read(log, 9)
        log.commit(dict.fromkeys(starts, ""))
        bench.feed([b"4"])
        assert [row[1:] for batch in read(log, 1) for row in told(batch)] == [(8, b"4", False)]
        log.close()


def told(batch: Batch) -> list[tuple[int, int, bytes | None, bool]]:
    """Partition, offset, value of each record, with whether nobody could read it."""
    rows = zip(batch.partitions.tolist(), batch.offsets.tolist(), batch.values, strict=True)
    return [(*row, number in batch.broken) for number, row in enumerate(rows)]
