"""The labeler's transactions: outcomes and account commit as one, the room follows, whatever is lost heals."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from services.labeler.healing import Healing
from services.labeler.keeping import Keeping
from services.labeler.room.memory import MemoryRoom
from services.labeler.room.room import Change, Due, Found, Gauge, State
from stream.faults import Stopped
from stream.partitioner import partition_of
from stream.records import Place, Start
from stream.store import StoreUnavailable
from tests.services.labeler.records import HOUR
from tests.services.labeler.world import START, World


class Fickle(MemoryRoom):
    """A room that does not answer the calls of one kind that are counted in `fails`."""

    def __init__(self, kind: str, fails: set[int]) -> None:
        super().__init__()
        self.kind, self.fails, self.calls = kind, fails, 0

    def _maybe(self, kind: str) -> None:
        if kind == self.kind:
            self.calls += 1
            if self.calls in self.fails:
                raise StoreUnavailable("nobody answers")

    def read(self, wanted: Mapping[int, Sequence[bytes]]) -> Found:
        """As the twin, or not at all."""
        self._maybe("read")
        return super().read(wanted)

    def write(self, changes: Mapping[int, Change]) -> dict[int, int | None]:
        """As the twin, or not at all."""
        self._maybe("write")
        return super().write(changes)


class Crowded(MemoryRoom):
    """A room so full."""

    used = 0

    def gauge(self) -> Gauge:
        """Of a hundred."""
        return Gauge(self.used, 100, {})


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One partition."""
    return World(tmp_path)


def state(world: World) -> State:
    """What the room says of partition 0."""
    found = world.room.read({0: []}).states[0]
    assert found is not None
    return found


def test_a_pair_leaves_an_outcome_with_its_account(world: World) -> None:
    """The outcome says all of it; ranges, results and slices stand in the profile of the same transaction."""
    world.predict({})
    world.tell({})
    world.run()
    (outcome,) = world.decoded(world.topics.outcomes, "outcome")
    assert {name: outcome[name] for name in ("status", "seq", "label", "revision", "correct", "delay_micros")} == {
        "status": "matched", "seq": 0, "label": True, "revision": 0, "correct": True, "delay_micros": HOUR // 2,
    }  # fmt: skip
    assert outcome["prediction"] == {"topic": world.topics.predictions, "partition": 0, "offset": 0}
    assert outcome["label_source"] == {"topic": world.topics.labels, "partition": 0, "offset": 0}
    assert outcome["source"] == {"topic": "f", "partition": 0, "offset": 0}
    assert world.sums("taken", "dead", "marks") == {"taken": 2, "dead": 0, "marks": 0}
    said = [profile for profile in world.profiles() if profile["slices"]]
    assert [one["segment"] for one in said[0]["slices"]] == ["", "carrier=AA"]
    assert said[0]["slices"][0]["added"]["rows"] == 1
    assert said[0]["slices"][0]["statuses"] == {"matched": 1, "closed": 1}
    assert [profile["results"] for profile in world.profiles() if profile["results"]] == [{"early": 1}]


def test_what_nobody_answered_never_enters_and_what_was_degraded_is_in_no_figure(world: World) -> None:
    """A refused row has no outcome; a fallback's has one, marked, and counts by status alone."""
    world.predict(
        {"event_id": "refused", "mode": "rejected", "score": None, "decision": None, "estimate": None},
        {"event_id": "degraded", "mode": "fallback"},
    )
    world.tell({"event_id": "refused"}, {"event_id": "degraded"})
    world.run()
    assert world.outcomes() == [("degraded", "matched", 0, True)]
    slices = [one for profile in world.profiles() for one in profile["slices"] if not one["segment"]]
    assert [(one["rows"], one["added"], one["excluded"]) for one in slices] == [(0, None, 1)]
    assert world.sums("taken") == {"taken": 4}


@pytest.mark.parametrize("step", ["polled", "produced", "flushed", "offsets", "committed"])
@pytest.mark.parametrize("at", [2, 3, 4])
@pytest.mark.parametrize("lost", [False, True])
def test_a_death_at_any_step_changes_no_outcome(tmp_path: Path, step: str, at: int, *, lost: bool) -> None:
    """With the room as it was, or lost besides: the same records, seqs without gap, positions accounted for once."""
    world, calm = World(tmp_path / "a"), World(tmp_path / "b")
    for one in (world, calm):
        one.predict(*({"event_id": f"e{n}"} for n in range(4)))
        one.tell({"event_id": "e0"}, {"event_id": "e1"})
    world.run(dies=step, at=at)
    if lost:
        world.room.lose()
    calm.run()
    for one in (world, calm):
        one.tell({"event_id": "e1", "revision": 1, "label": False}, {"event_id": "e2"})
        one.mark(9)
        one.run()
    assert world.last() == calm.last() == {
        "e0": ("matched", True), "e1": ("revised", False), "e2": ("matched", True), "e3": ("expired", None),
    }  # fmt: skip
    assert world.sums("taken", "marks") == {"taken": 8, "marks": 2}
    assert world.room.gauge().waiting == {0: 0}


def test_what_was_published_guides_a_rebuild(world: World) -> None:
    """A prediction that expired before the room was lost is not answered so again; its late label is its second."""
    world.predict({})
    world.mark(1.5)
    world.run()
    assert world.outcomes() == [("e0", "expired", 0, None)]
    world.room.lose()
    world.tell({"labelled_at": START + HOUR + HOUR // 4})
    world.run()
    assert world.outcomes() == [("e0", "expired", 0, None), ("e0", "matched_late", 1, True)]


def test_a_room_that_is_lost_while_it_runs_is_noticed_before_it_is_used(world: World) -> None:
    """Whoever waited is found again; nobody is answered as if there had been no prediction."""
    world.predict({}, {"event_id": "e1"})

    def between(turn: int) -> None:
        if turn == 20:
            world.room.lose()
            world.tell({}, {"event_id": "e1"})

    seeing = world.run(between=between)
    assert world.outcomes() == [("e0", "matched", 0, True), ("e1", "matched", 0, True)]
    assert seeing.healed
    assert state(world).predictions == 2


def test_an_owner_s_token_is_higher_than_any_before(world: World) -> None:
    """By the room, or where that is lost by what was committed: a zombie's write is refused in either case."""
    world.predict({})
    tokens = []
    for lost in (False, False, True, True):
        if lost:
            world.room.lose()
        world.run()
        tokens.append(state(world).token)
        world.predict({"event_id": f"more{len(tokens)}"})
    assert tokens == [1, 2, 3, 4]
    zombie = Change(State(3, 99, 99, 0, b""), puts={b"e0": b""})
    assert world.room.write({0: zombie}) == {0: 4}


def test_a_restart_with_nothing_lost_reads_nothing_again(world: World) -> None:
    """The room is where the group is."""
    world.predict({}, {"event_id": "e1"})
    world.tell({})
    world.run()
    world.kept.stretches.clear()
    world.tell({"event_id": "e1"})
    world.run()
    assert world.kept.stretches == []
    assert len(world.outcomes()) == 2


def test_exactly_the_gap_is_read_again(world: World) -> None:
    """Dead between commit and write: the next one folds that transaction's records, no others."""
    world.predict({}, {"event_id": "e1"})
    world.run()
    before = state(world).predictions
    world.predict({"event_id": "e2"}, {"event_id": "e3"})
    world.run(dies="committed", at=2)
    assert state(world).predictions == before
    world.kept.stretches.clear()
    world.run()
    gaps = [(start, end) for place, start, end in world.kept.stretches if place.topic == world.topics.predictions]
    assert gaps == [(before, 4)]
    assert state(world).predictions == 4


def test_a_gap_s_outcomes_are_looked_for_above_the_floor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not from the first outcome on: a crash after months reads again what is new."""
    monkeypatch.setattr("services.labeler.keeping.FLOOR_SECONDS", 0.0)
    world.predict({}, {"event_id": "e1"})
    world.tell({})
    world.run()
    floor = state(world).floor
    assert len(world.outcomes()) == 1
    assert floor == world.kept.edges([Place(world.topics.outcomes, 0)])[Place(world.topics.outcomes, 0)][1] > 0
    world.tell({"event_id": "e1"})
    world.run(dies="committed", at=2)
    world.kept.stretches.clear()
    world.run()
    read = [start for place, start, _ in world.kept.stretches if place.topic == world.topics.outcomes]
    assert read == [floor]
    assert world.outcomes() == [("e0", "matched", 0, True), ("e1", "matched", 0, True)]
    world.tell({"revision": 1, "label": False}, {"event_id": "e1", "revision": 1})
    world.run()
    assert [(status, seq) for _, status, seq, _ in world.outcomes()[2:]] == [("revised", 1), ("revised", 1)]


def test_a_room_that_is_ahead_of_what_is_committed_is_not_believed(world: World) -> None:
    """Of another cluster, or of a topic made anew: it is emptied, then filled from what Kafka keeps."""
    world.room.claim(0, 5)
    nonsense = {b"e0": b"nonsense", b"e9": b"nonsense"}
    world.room.write({0: Change(State(5, 99, 0, 0, b""), nonsense, {(b"x", 0): [b"e9"]})})
    world.predict({})
    world.tell({})
    world.run()
    assert world.outcomes() == [("e0", "matched", 0, True)]
    assert world.room.read({0: [b"e9"]}).entries == {0: [b""]}
    assert state(world).token == 6


def test_what_an_aborted_transaction_reached_was_never_reached(world: World) -> None:
    """Read again, an early prediction does not come after the late one behind it: it still finds its label."""
    world.room = Fickle("read", {2})
    world.predict({}, {"event_id": "later", "event_time": START + 5 * HOUR})
    assert "aborted" in world.run().results
    world.tell({})
    world.run()
    assert world.outcomes() == [("e0", "matched", 0, True)]


@pytest.mark.parametrize(("kind", "fails"), [("read", {2, 3, 5}), ("write", {2})])
def test_a_store_that_does_not_answer_holds_up_and_loses_nothing(world: World, kind: str, fails: set[int]) -> None:
    """A read ends the transaction, which is tried again; a write that failed is made good before the next one."""
    world.room = Fickle(kind, fails)
    world.predict(*({"event_id": f"e{n}"} for n in range(3)))
    world.tell(*({"event_id": f"e{n}"} for n in range(3)))
    seeing = world.run(80)
    assert world.outcomes() == [(f"e{n}", "matched", 0, True) for n in range(3)]
    assert ("aborted" in seeing.results) == (kind == "read")
    assert bool(seeing.healed) == (kind == "write")
    assert (state(world).predictions, state(world).labels) == (3, 3)


def test_a_label_that_lies_elsewhere_is_set_aside_with_the_fix(tmp_path: Path) -> None:
    """No prediction of its key can be there; one that lies where it belongs is joined."""
    world = World(tmp_path, partitions=3)
    world.predict({})
    world.run()
    world.tell({})
    value = world.broker.partitions[world.topics.labels][partition_of(b"e0", 3)][0].value
    for key, partition in ((b"e0", (partition_of(b"e0", 3) + 1) % 3), (None, 0)):
        world.put(world.topics.labels, value, key, partition)
    world.run()
    assert world.outcomes() == [("e0", "matched", 0, True)]
    assert world.dead(world.topics.labels) == ["misrouted", "misrouted"]
    assert world.sums("dead") == {"dead": 2}


def test_the_share_that_is_joined_is_the_same_of_predictions_and_labels(tmp_path: Path) -> None:
    """Half of the events have all their outcomes, the others none; every record is accounted for."""
    world = World(tmp_path, join_share=0.5)
    names = [f"e{n}" for n in range(200)]
    world.predict(*({"event_id": name} for name in names))
    world.tell(*({"event_id": name} for name in names))
    world.run()
    assert 70 < len(world.outcomes()) < 130
    assert {status for _, status, _, _ in world.outcomes()} == {"matched"}
    assert world.sums("taken") == {"taken": 400}


def test_a_pair_that_was_parted_is_refused(world: World) -> None:
    """A prediction without its labels' partition could never be joined."""
    healing = Healing(world.kit, world.room, world.kept, beat=lambda _pair, _share: None)
    keeping = Keeping(world.room, ("p", "l"), healing, lambda _pair, _why: None)
    with pytest.raises(Stopped, match=r"partitions \[1\] of p and l"):
        keeping.assigned({Place("p", 0): Start(0), Place("l", 0): Start(0), Place("p", 1): Start(0)})


def test_what_falls_due_at_once_is_looked_at_in_portions(tmp_path: Path) -> None:
    """More than one transaction may look at: the next follow at once, until nobody is left."""
    world = World(tmp_path, sweep_rows=10)
    for first in range(0, 60, 10):
        world.predict(*({"event_id": f"e{n}"} for n in range(first, first + 10)))
        world.run()
    world.mark(9)
    world.run(60, heartbeat_seconds=1e9)
    assert sorted(world.outcomes()) == sorted((f"e{n}", "expired", 0, None) for n in range(60))
    assert world.room.gauge().waiting == {0: 0}
    slices = [[one for one in profile["slices"] if not one["segment"]] for profile in world.profiles()]
    assert max(sum(one["statuses"].get("expired", 0) for one in some) for some in slices) <= 20


def test_records_wait_outside_of_a_full_store_and_go_on_when_it_has_room(world: World) -> None:
    """At 85 of a hundred predictions wait, at 95 labels too; nothing is lost, nothing is set aside."""
    world.room = room = Crowded()
    room.used = 85
    world.predict({})
    world.tell({"event_id": "early"}, {})
    seeing = world.run()
    assert seeing.full[-1] == (True, "")
    assert world.outcomes() == []
    assert room.read({0: [b"early"]}).entries[0] != [b""]
    room.used = 95
    world.tell({"event_id": "later"})
    world.run()
    assert room.read({0: [b"later"]}).entries[0] == [b""]
    room.used = 50
    seeing = world.run()
    assert seeing.full[-1] == (False, "")
    assert world.outcomes() == [("e0", "matched", 0, True)]
    assert world.sums("taken", "dead") == {"taken": 4, "dead": 0}


class Losing(MemoryRoom):
    """Is lost once, right after it has said who is due."""

    is_lost = False

    def due(self, partition: int, kind: bytes, *, before: int, most: int) -> list[Due]:
        """As ever, then everything is gone."""
        found = super().due(partition, kind, before=before, most=most)
        if found and not self.is_lost:
            self.is_lost = True
            self.lose()
        return found


def test_a_room_that_is_lost_between_being_asked_and_read_gives_up_the_sweep(world: World) -> None:
    """What was taken from its slots is not what they hold once it is healed; everybody is answered all the same."""
    world.room = Losing()
    world.predict(*({"event_id": f"e{n}"} for n in range(60)))
    world.mark(9)
    seeing = world.run(60)
    assert seeing.results.count("aborted") == 1
    assert sorted(world.outcomes()) == sorted((f"e{n}", "expired", 0, None) for n in range(60))
    assert world.room.gauge().waiting == {0: 0}
