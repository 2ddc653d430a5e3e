"""The loop when Kafka misbehaves: it undoes, waits, asks again, gives up with a reason, hears a stop."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import pytest

from stream.faults import Abort, Disturbed, Indefinite, Stopped
from stream.loop import Loop, Pace
from stream.memory import MemoryLog
from stream.memory_broker import MemoryBroker
from stream.records import Batch, Place, Span, Start, Writes
from tests.stream.log_suite import records

Fault = Callable[[], None]


class Copy:
    """A stage that copies its input to `sink`."""

    def __init__(self) -> None:
        self.places: dict[Place, str] = {}
        self.told: list[str] = []

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        self.places = dict.fromkeys(starts, "")

    def take(self, batch: Batch) -> Iterable[Writes]:
        yield Writes(topic="sink", values=batch.values, keys=batch.keys, partitions=batch.partitions.tolist())

    def settle(self, spans: Sequence[Span]) -> Iterable[Writes]:
        del spans
        return ()

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

    def _fails(self, name: str) -> bool | None:
        left = self.faults.get(name)
        fault = left.pop(0) if left else None
        if isinstance(fault, BaseException):
            raise fault
        return fault

    def poll(self, timeout_seconds: float) -> Batch | None:
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

    def __init__(self, **faults: list[BaseException | bool]) -> None:
        self.broker = MemoryBroker()
        self.broker.create("source", 1)
        self.broker.create("sink", 1)
        self.broker.produce(records("source", [b"1", b"2", b"3"]))
        self.log, self.stage, self.eye = Rough(self.broker, faults, self.sleep), Copy(), Eye()
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds + 1e-6  # as a real clock, never a rounding error too little

    def run(self, until: Callable[[], bool] | None = None) -> None:
        loop = Loop(self.log, self.stage, self.eye, pace=Pace(), clock=lambda: self.now, sleep=self.sleep)
        loop.run(until or (lambda: self.now > 1000 or (bool(self.sunk()) and not self.log.spans())))

    def sunk(self) -> list[bytes | None]:
        return [entry.value for _, entry in self.broker.committed(Place("sink", 0), 0, 100)]


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
