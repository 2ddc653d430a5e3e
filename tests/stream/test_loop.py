"""The loop when Kafka misbehaves: it undoes, waits, asks again, gives up with a reason, hears a stop."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pytest

from stream.faults import Abort, Disturbed, Indefinite, Stopped
from stream.holding import held_back
from stream.loop import Loop
from stream.memory import MemoryLog
from stream.memory_broker import MemoryBroker
from stream.pace import Pace
from stream.records import Batch, Place, Span, Start, Writes
from stream.stage import Stage
from tests.stream.log_suite import records

Fault = Callable[[], None]
HEARTBEAT_SECONDS = Pace().heartbeat_seconds


class Copy(Stage):
    """A stage that copies its input to `sink`, but for records that `waits` names and what is behind them."""

    def __init__(self, waits: Callable[[bytes | None], bool] = lambda _value: False) -> None:
        self.places: dict[Place, str] = {}
        self.told: list[str] = []
        self.spans: list[Span] = []
        self.waits = waits
        self.left = 0
        self.asks: Callable[[], bool] = lambda: False

    def is_due(self) -> bool:
        return self.asks()

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        self.places = dict.fromkeys(starts, "")

    def take(self, batch: Batch) -> Iterable[Writes]:
        self.holding, may_go_on = held_back(batch, np.array([self.waits(value) for value in batch.values]))
        some = batch.take(np.flatnonzero(may_go_on))
        yield Writes(topic="sink", values=some.values, keys=some.keys, partitions=some.partitions.tolist())

    def held(self) -> Mapping[Place, int]:
        return self.holding

    def settle(self, spans: Sequence[Span]) -> Iterable[Writes]:
        self.spans += spans
        self.left = max(0, self.left - 1)
        return ()

    def has_more(self) -> bool:
        return self.left > 0

    def metadata(self) -> Mapping[Place, str]:
        return self.places

    def committed(self) -> None:
        self.told.append("committed")

    def aborted(self) -> None:
        self.told.append("aborted")


class Eye:
    """Keeps what the loop reports."""

    def __init__(self) -> None:
        self.results: list[str] = []
        self.held_partitions: list[list[int]] = []
        self.beats = 0

    def beat(self) -> None:
        self.beats += 1

    def disturbed(self, changes: Sequence[str]) -> None:
        self.results.append("/".join(changes))

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        self.results.append(f"assigned {len(starts)}")

    def ended(self, result: str, why: str = "") -> None:
        del why
        self.results.append(result)

    def held(self, places: Collection[Place]) -> None:
        self.held_partitions.append(sorted(place.partition for place in places))

    def settled(self, produce_seconds: float, commit_seconds: float) -> None:
        """Timings are not looked at."""


class Rough(MemoryLog):
    """A log whose calls fail as told: each name with the faults it raises, one a call."""

    def __init__(
        self, broker: MemoryBroker, faults: dict[str, list[BaseException | bool]], wait: Callable[[float], None]
    ) -> None:
        super().__init__(broker, "g", ["source"])
        self.faults, self.wait = faults, wait
        self.before: list[BaseException | None] = []
        self.polls = 0

    def _fails(self, name: str) -> bool | None:
        left = self.faults.get(name)
        fault = left.pop(0) if left else None
        if isinstance(fault, BaseException):
            raise fault
        return fault

    def poll(self, timeout_seconds: float) -> Batch | None:
        self.polls += 1
        fault = self.before.pop(0) if self.before else None
        if fault is not None:
            self.pending = [Place("source", 0)]
            self._positions.assigned({})
            raise fault
        batch = super().poll(timeout_seconds)
        if batch is None:
            self.wait(timeout_seconds)
        return batch

    def commit(self, metadata: Mapping[Place, str]) -> None:
        self._fails("commit")
        super().commit(metadata)
        self._fails("answer")

    def abort(self) -> None:
        self._fails("abort")
        super().abort()

    def restart(self) -> bool:
        done = self._fails("restart")
        return done or super().restart()


class World:
    """Two topics, a rough log, a clock that only sleeping moves."""

    def __init__(self, partitions: int = 1, **faults: list[BaseException | bool]) -> None:
        self.broker = MemoryBroker()
        self.broker.create("source", partitions)
        self.broker.create("sink", partitions)
        self.broker.produce(records("source", [b"1", b"2", b"3"]))
        self.log, self.stage, self.eye = Rough(self.broker, faults, self.sleep), Copy(), Eye()
        self.now = 0.0
        self.loop = Loop(self.log, self.stage, self.eye, clock=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds + 1e-6  # as a real clock, never a rounding error too little

    def run(self, until: Callable[[], bool] | None = None) -> None:
        self.loop.run(until or (lambda: self.now > 1000 or (bool(self.sunk()) and not self.log.spans())))

    def sunk(self, partition: int = 0) -> list[bytes | None]:
        return [entry.value for _, entry in self.broker.committed(Place("sink", partition), 0, 10_000)]


def test_a_new_assignment_is_committed_before_anything_is_read() -> None:
    """The first transaction is an empty one: the starting positions are the group's own from then on."""
    world = World()
    world.run()
    assert world.eye.results == ["assigned", "assigned 1", "committed", "committed"]
    assert world.sunk() == [b"1", b"2", b"3"]


def test_an_abort_is_read_again() -> None:
    """A commit that Kafka refuses is undone; the same records go through the next time."""
    world = World(commit=[False, Abort("illegal generation")])
    world.run()
    assert world.sunk() == [b"1", b"2", b"3"]
    assert world.eye.results[-2:] == ["aborted", "committed"]


def test_an_abort_that_fails_makes_a_new_producer() -> None:
    """Whatever the abort raises, the loop goes on."""
    world = World(commit=[False, Abort("first")], abort=[Abort("the abort is refused too")])
    world.run()
    assert world.sunk() == [b"1", b"2", b"3"]
    assert "restarted" in world.eye.results


def test_a_lost_answer_is_asked_for() -> None:
    """When the group says that the transaction was committed, the stage hears so, and nothing is done twice."""
    world = World(answer=[False, Indefinite("no answer")], restart=[True])
    world.run()
    assert world.sunk() == [b"1", b"2", b"3"]
    assert world.stage.told[-1] == "committed"
    assert world.eye.results[-2:] == ["restarted", "committed"]


def test_a_stop_is_heard_while_kafka_does_not_answer() -> None:
    """The loop ends between two tries, instead of trying for minutes."""
    world = World(commit=[False, Indefinite("down")], restart=[Indefinite("still down")] * 1000)
    world.run(until=lambda: world.now > 3)
    assert world.now < 10
    assert world.sunk() == []
    assert world.stage.told[-1] == "aborted"


def test_an_outage_is_told_while_it_lasts() -> None:
    """Who looks on hears of each try: not ready is said during an outage, not when it is over."""
    world = World(commit=[False, Indefinite("down")], restart=[Indefinite("still down")] * 1000)
    world.run(until=lambda: world.now > 20)
    assert world.eye.results.count("restarted") >= 4
    assert world.eye.results[2] == "committed"
    assert world.eye.results[3] == "restarted"


def test_it_gives_up_in_the_end() -> None:
    """After too long without any commit the process stops with the reason; it neither spins nor stays for ever."""
    world = World(commit=[False] + [Indefinite("refused")] * 10_000, restart=[False] * 10_000)
    with pytest.raises(Stopped, match="no transaction could be committed for 240 s"):
        world.run(until=lambda: False)
    assert world.eye.results.count("restarted") < 200
    assert 240 < world.now < 260


def test_a_beat_is_heard_all_the_while() -> None:
    """Waiting is not hanging: who looks on sees the loop turn at least every second."""
    world = World(commit=[False, Indefinite("down")], restart=[Indefinite("still down")] * 40)
    world.run()
    assert world.eye.beats > world.now


def test_what_is_open_when_the_assignment_changes_never_was() -> None:
    """A change in the midst of a transaction undoes it; the records come again."""
    world = World()
    world.log.before = [None, None, None, Disturbed("revoked", "assigned")]
    world.run()
    assert world.sunk() == [b"1", b"2", b"3"]
    assert "revoked/assigned" in world.eye.results
    assert "aborted" in world.eye.results


def waiting_world(seconds: float, **faults: list[BaseException | bool]) -> World:
    """Partition 0 cannot go on past `2` for so long; partition 1 holds nothing that waits."""
    world = World(partitions=2, **faults)
    world.stage.waits = lambda value: value == b"2" and world.now < seconds
    world.broker.produce(records("source", [b"a", b"b"], 1))
    return world


def test_what_must_wait_holds_up_its_own_partition_only() -> None:
    """Nothing passes the record that waits; the other partition goes on; once it can, each comes once, in order."""
    world = waiting_world(3)
    world.run(until=lambda: world.now > 2)
    assert (world.sunk(0), world.sunk(1)) == ([b"1"], [b"a", b"b"])
    assert world.eye.held_partitions == [[0]]
    world.broker.produce(records("source", [b"4"]))
    world.broker.produce(records("source", [b"c"], 1))
    world.run(until=lambda: world.now > 6)
    assert (world.sunk(0), world.sunk(1)) == ([b"1", b"2", b"3", b"4"], [b"a", b"b", b"c"])
    assert world.eye.held_partitions[-1] == []
    for place in world.stage.places:
        spans = [span for span in world.stage.spans if span.place == place]
        assert all(one.end == other.start for one, other in pairwise(spans))
        assert sum(span.read for span in spans) == len(world.sunk(place.partition))


def test_waiting_is_no_outage() -> None:
    """When nothing can go on, the loop neither stops, nor spins, nor falls silent; it goes on by itself."""
    world = waiting_world(1_000)
    world.stage.waits = lambda _value: world.now < 1_000
    world.run(until=lambda: world.now > 999)
    assert (world.sunk(0), world.sunk(1)) == ([], [])
    assert world.eye.held_partitions[-1] == [0, 1]
    assert world.log.polls < 20 * world.now
    assert world.eye.beats > world.now
    assert {result for result in world.eye.results if "assigned" not in result} == {"committed"}
    world.run(until=lambda: world.now > 1_003)
    assert (world.sunk(0), world.sunk(1)) == ([b"1", b"2", b"3"], [b"a", b"b"])


@pytest.mark.parametrize("fault", [Abort("refused"), Indefinite("no answer"), Disturbed("revoked", "assigned")])
def test_what_waited_comes_again_after_a_failure(fault: BaseException) -> None:
    """An abort, a new producer, a new assignment in its midst: what was held is read, and held, anew."""
    world = waiting_world(3, commit=[False, False, fault])
    world.run(until=lambda: world.now > 6)
    assert (world.sunk(0), world.sunk(1)) == ([b"1", b"2", b"3"], [b"a", b"b"])
    assert world.eye.held_partitions[-1] == []


def test_a_new_assignment_forgets_what_was_held() -> None:
    """Also between transactions: the places are told afresh, and one that is still ours is read at once."""
    world = waiting_world(3)
    world.run(until=lambda: world.now > 1.5)
    world.log.before = [Disturbed("revoked", "assigned")]
    read = len(world.stage.spans)
    world.run(until=lambda: len(world.stage.spans) > read + 1)
    assert world.now < 2
    assert world.eye.held_partitions == [[0], [], [0]]


def test_work_without_a_record_waits_for_no_heartbeat() -> None:
    """While the stage has more to do, transactions follow each other; after that only heartbeats do."""
    world = World()
    world.run()
    before, began = len(world.eye.results), world.now
    world.stage.left = 20
    world.run(lambda: not world.stage.has_more())
    assert world.eye.results[before:] == ["committed"] * 20
    assert world.now - began < HEARTBEAT_SECONDS
    world.run(lambda: world.now - began > 2 * HEARTBEAT_SECONDS)
    assert len(world.eye.results) - before - 20 in {1, 2}


def test_who_gives_up_says_what_failed_last() -> None:
    """Whoever is paged learns which of its surroundings does not answer."""
    world = World(commit=[False, *[Abort("Redis does not answer")] * 10_000])
    with pytest.raises(Stopped) as stopped:
        world.run(lambda: False)
    assert stopped.value.cause == "the last one: Redis does not answer"


def test_a_stage_that_asks_is_committed_at_once() -> None:
    """Of a pace of half a minute nothing is left, and a stop is heard meanwhile; without being asked it waits."""
    for asks, least, most in ((True, 0.0, 1.0), (False, 30.0, 31.0)):
        world = World()
        pace = Pace(quiet_seconds=30, longest_seconds=30, heartbeat_seconds=30)
        world.loop = Loop(world.log, world.stage, world.eye, pace=pace, clock=lambda w=world: w.now, sleep=world.sleep)  # type: ignore[misc]  # bound now
        world.stage.asks = lambda asked=asks: asked  # type: ignore[misc]  # as above
        world.run(until=lambda w=world: bool(w.sunk()))  # type: ignore[misc]  # as above
        assert least <= world.now <= most
        assert world.log.polls >= 10 * least


def test_what_a_slow_pace_holds_is_committed_at_the_stop() -> None:
    """Whoever is asked to stop leaves nothing open, and hears it within an idle look."""
    world = World()
    pace = Pace(quiet_seconds=30, longest_seconds=30, heartbeat_seconds=30)
    world.loop = Loop(world.log, world.stage, world.eye, pace=pace, clock=lambda: world.now, sleep=world.sleep)
    world.run(until=lambda: world.now > 1)
    assert world.now < 2
    assert world.sunk() == [b"1", b"2", b"3"]


class Timed(Rough):
    """A log in which a record comes every 10 ms, and a commit takes so long."""

    def __init__(self, world: "Steady") -> None:
        super().__init__(world.broker, {}, world.sleep)
        self.world, self.due = world, 0.0

    def poll(self, timeout_seconds: float) -> Batch | None:
        if self.world.now < self.due < self.world.ends:
            self.wait(min(timeout_seconds, self.due - self.world.now))
        while self.due <= self.world.now < self.world.ends:
            self.broker.produce(records("source", [b"%.3f" % self.due]))
            self.due += 0.010
        batch = super().poll(timeout_seconds)
        if batch is not None:
            self.world.rows.append(len(batch))
            self.world.read_at.append(self.world.now)
        return batch

    def commit(self, metadata: Mapping[Place, str]) -> None:
        self.wait(self.world.commit_seconds)
        super().commit(metadata)
        self.world.commits.append(self.world.now)


class Steady(World):
    """A loop that commits every 20 ms or seldomer, at most every half second."""

    def __init__(self, commit_seconds: float, *, few_rows: int = 250, gather_rows: int = 1) -> None:
        super().__init__()
        self.commit_seconds, self.ends = commit_seconds, 3.0
        self.rows, self.read_at, self.commits = list[int](), list[float](), list[float]()
        self.log.close()
        self.log = Timed(self)
        pace = Pace(
            quiet_seconds=0.02, longest_seconds=0.5, commit_share=0.2, few_rows=few_rows, gather_rows=gather_rows
        )
        self.loop = Loop(self.log, self.stage, self.eye, pace=pace, clock=lambda: self.now, sleep=self.sleep)

    def lasts(self) -> None:
        self.run(lambda: self.now > self.ends + 1)


@pytest.mark.parametrize(
    ("commit_seconds", "least", "most"), [(0.001, 0.02, 0.04), (0.05, 0.2, 0.27), (0.3, 0.5, 0.85)]
)
def test_who_commits_slowly_commits_seldom(commit_seconds: float, least: float, most: float) -> None:
    """A commit takes a fifth of the time at most; never is one put off for longer than may be."""
    world = Steady(commit_seconds)
    world.lasts()
    steady = [after - before for before, after in pairwise(world.commits) if before > 1 and after < 3]
    assert steady
    assert all(least <= one <= most for one in steady)


def test_what_comes_before_a_commit_is_read_in_few_batches() -> None:
    """Of a stream that nobody is behind; who shows each record at once, or reads few of them, reads each at once."""
    world, eager, trickle = Steady(0.05), Steady(0.05, few_rows=0), Steady(0.05, gather_rows=100)
    for one in (world, eager, trickle):
        one.lasts()
        assert sum(one.rows) == len(one.sunk()) > 250
    assert len(world.rows) <= 5 * len(world.commits)
    assert len(eager.rows) > 2 * len(world.rows)
    assert len(trickle.rows) > 2 * len(world.rows)


def test_a_lone_record_waits_for_nobody() -> None:
    """The first after a silence is read and committed when it comes."""
    world = Steady(0.05)
    world.ends = 0.0
    world.run(lambda: world.now > 2)
    world.broker.produce(records("source", [b"alone"]))
    began = world.now
    world.run(lambda: b"alone" in world.sunk())
    assert world.now - began < 0.06


def test_who_is_behind_does_not_wait() -> None:
    """Full batches follow each other without a rest."""
    world = Steady(0.05)
    world.ends = 0.0
    world.broker.produce(records("source", [b"%d" % number for number in range(5_000)]))
    world.run(lambda: len(world.sunk()) >= 5_003)
    assert world.rows[:10] == [500] * 10
    assert len(set(world.read_at[:10])) == 1


class Busy(Timed):
    """A log whose full batches take a tenth of a second each."""

    def poll(self, timeout_seconds: float) -> Batch | None:
        batch = super().poll(timeout_seconds)
        self.wait(0.1 if batch is not None and len(batch) == 500 else 0.0)
        return batch


@pytest.mark.parametrize(("far_rows", "longest"), [(2_000, 1.5), (100_000, 0.5)])
def test_who_is_far_behind_leaves_commits_out(far_rows: int, longest: float) -> None:
    """While more waits than `far_rows`, and no longer than that; nothing is lost or doubled by it."""
    world = Steady(0.05)
    world.ends = 0.0
    world.log.close()
    world.log = Busy(world)
    pace = Pace(longest_seconds=0.5, few_rows=250, far_rows=far_rows, far_seconds=1.5)
    world.loop = Loop(world.log, world.stage, world.eye, pace=pace, clock=lambda: world.now, sleep=world.sleep)
    world.run(lambda: bool(world.commits))
    values = [b"%d" % number for number in range(9_000)]
    world.broker.produce(records("source", values))
    began = world.now
    world.run(lambda: len(world.sunk()) == 9_003)
    held = [after - before - 0.05 for before, after in pairwise([began, *world.commits[1:]])]
    assert longest - 0.01 <= max(held) <= longest + 0.2
    assert held[-1] <= 0.7
    assert world.sunk()[3:] == values
