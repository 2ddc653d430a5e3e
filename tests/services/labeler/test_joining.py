"""The join of one transaction: who is answered at once, what each label is to whom, when time answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from services.labeler.arrivals import Labels, Predictions
from services.labeler.caused import TOO_MANY, Joined
from services.labeler.core import MOST_LABELS, RESULTS, STATUSES, Terms
from services.labeler.joining import Joining
from services.labeler.room.memory import MemoryRoom
from services.labeler.room.room import Change, State
from services.labeler.slots import EXPIRES, LEAVES
from stream.watermark import NEVER

S = 1_000_000
TERMS = Terms(horizon=100 * S, late=30 * S, revision=50 * S)
T = 1_000 * S


def columns(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rows as columns: ids and keys as lists, all else as arrays."""
    found = {name: [one[name] for one in rows] for name in rows[0]}
    return {name: column if name in {"ids", "keys"} else np.array(column) for name, column in found.items()}


def predictions(*said: dict[str, Any]) -> Predictions:
    """Rows like the first prediction of one event, but for what is said."""
    row = {
        "ids": b"e", "keys": b"key", "partitions": 0, "offsets": 0, "reached": NEVER, "times": T, "modes": 0,
        "scores": 0.5, "estimates": 0.9, "decisions": 1, "words": 1, "segments": 2, "sources": 7,
    }  # fmt: skip
    rows = [{**row, **one} for one in said]
    return Predictions(**columns(rows))


def labels(*said: dict[str, Any]) -> Labels:
    """Rows like a label in time, but for what is said."""
    row = {
        "ids": b"e", "keys": b"key", "partitions": 0, "offsets": 0, "reached": NEVER, "at": T + 10 * S, "values": 1.0,
        "revisions": 0,
    }  # fmt: skip
    rows = [{**row, **one} for one in said]
    return Labels(**columns(rows))


class World:
    """A room, a labeler's transaction over it."""

    def __init__(self) -> None:
        self.room = MemoryRoom()
        self.room.claim(0, 1)
        self.asked = 0
        self.joining = Joining(self.read, TERMS)

    def read(self, wanted: Any) -> Any:
        """As the room says; counted."""
        self.asked += 1
        return self.room.read(wanted).entries

    def hear(self, *said: dict[str, Any], clock: int = NEVER) -> tuple[list[str], list[tuple[str, int]]]:
        """What became of labels: their results, the outcomes."""
        joined, results = self.joining.labels(labels(*said), {0: clock})
        return ["too_many" if code == TOO_MANY else RESULTS[code] for code in results], shown(joined)

    def sweep(self, clock: int) -> tuple[list[tuple[str, int]], int]:
        """Commit, then do what is due at `clock`."""
        self.commit()
        due = [
            self.room.due(0, kind, before=self.joining.due_before(kind, clock), most=100) for kind in (EXPIRES, LEAVES)
        ]
        joined, orphans = self.joining.sweep({0: (due[0], due[1])}, {0: clock})
        self.commit()
        return shown(joined), orphans

    def commit(self) -> None:
        """Write what changed."""
        for changed in self.joining.changes().values():
            self.room.write({0: Change(State(1, 0, 0, 0, b""), changed.puts, changed.adds, changed.drops)})
        self.joining.forget()


def shown(joined: Joined) -> list[tuple[str, int]]:
    """Status and seq of each outcome."""
    return [(STATUSES[seat["status"]], int(seat["seq"])) for seat in joined.seats]


def test_a_prediction_waits_and_its_label_answers_it() -> None:
    """One outcome: the seat as predicted, the label beside it, under the event's key."""
    world = World()
    assert len(world.joining.predictions(predictions({"offsets": 4})).ids) == 0
    joined, _ = world.joining.labels(labels({"offsets": 9}), {})
    assert (shown(joined), joined.ids, joined.keys, joined.partitions.tolist()) == (
        [("matched", 0)], [b"e"], [b"key"], [0],
    )  # fmt: skip
    seat, label = joined.seats[0], joined.labels[0]
    assert (seat["offset"], seat["source"], seat["score"], seat["decision"]) == (4, 7, 0.5, 1)
    assert (label["offset"], label["value"], label["at"]) == (9, 1.0, T + 10 * S)
    assert joined.before["revision"].tolist() == [-1]


def test_a_repeated_prediction_is_a_duplicate_and_one_read_again_is_nothing() -> None:
    """The second stands elsewhere; it is answered itself and supersedes nothing."""
    world = World()
    joined = world.joining.predictions(predictions({}, {"offsets": 3}, {}))
    assert shown(joined) == [("duplicate", -1)]
    assert joined.seats["offset"].tolist() == [3]


def test_versions_and_arms_are_seated_apart() -> None:
    """Each is answered by the same label; a bundle built again for the same version is nobody else."""
    world = World()
    world.joining = Joining(world.read, TERMS, whose=lambda name: name // 10)
    assert shown(world.joining.predictions(predictions({"words": 10}, {"words": 20, "offsets": 1}))) == []
    assert shown(world.joining.predictions(predictions({"words": 11, "offsets": 2}))) == [("duplicate", -1)]
    assert world.hear({}) == (["matched"], [("matched", 0), ("matched", 0)])


@pytest.mark.parametrize(
    ("said", "result", "outcomes"),
    [
        ({"at": T - 1}, "premature", []),
        ({"at": T}, "matched", [("matched", 0)]),
        ({"at": T + 100 * S}, "matched", [("matched", 0)]),
        ({"at": T + 100 * S + 1}, "late", [("matched_late", 0)]),
        ({"at": T + 130 * S}, "late", [("matched_late", 0)]),
        ({"at": T + 130 * S + 1}, "orphan", []),
        ({"reached": T + 180 * S}, "matched", [("matched", 0)]),
        ({"reached": T + 180 * S + 1}, "too_late", []),
    ],
)
def test_the_first_label_of_a_seat(said: dict[str, Any], result: str, outcomes: list[tuple[str, int]]) -> None:
    """In time or late by when it was known, to the microsecond; never by when it came, but beyond all windows."""
    world = World()
    world.joining.predictions(predictions({}))
    assert world.hear(said) == ([result], outcomes)


@pytest.mark.parametrize(
    ("said", "result", "outcomes"),
    [
        ({}, "duplicate", []),
        ({"at": T + 11 * S}, "duplicate", []),
        ({"values": 0.0}, "conflict", []),
        ({"revisions": 4, "values": 0.0}, "outdated", []),
        ({"revisions": 6, "values": 0.0}, "revised", [("revised", 1)]),
        ({"revisions": 6, "at": T + 180 * S}, "revised", [("revised", 1)]),
        ({"revisions": 6, "at": T + 180 * S + 1}, "too_late", []),
    ],
)
def test_another_label_of_a_seat(said: dict[str, Any], result: str, outcomes: list[tuple[str, int]]) -> None:
    """A higher revision replaces what stood; whatever else comes changes nothing."""
    world = World()
    world.joining.predictions(predictions({}))
    world.hear({"revisions": 5})
    assert world.hear({"revisions": 5, **said}) == ([result], outcomes)


def test_a_revision_says_what_it_takes_back() -> None:
    """So that figures can be corrected by what is added and what is retracted."""
    world = World()
    world.joining.predictions(predictions({}))
    world.hear({})
    joined, _ = world.joining.labels(labels({"revisions": 1, "values": 0.0, "offsets": 8}), {})
    assert (joined.before["value"].tolist(), joined.labels["value"].tolist()) == ([1.0], [0.0])


def test_labels_that_come_first_are_heard_in_order() -> None:
    """The prediction is answered once, by where they lead."""
    world = World()
    said: list[dict[str, Any]] = [{"at": T - 1}, {}, {"revisions": 1, "values": 0.0}, {}, {"revisions": 1}]
    assert world.hear(*said) == (["early", "early", "early", "duplicate", "early"], [])
    world.commit()
    joined = world.joining.predictions(predictions({}))
    assert shown(joined) == [("revised", 0)]
    assert (joined.labels["value"].tolist(), joined.before["revision"].tolist()) == ([0.0], [-1])


def test_an_event_has_room_for_so_many_labels() -> None:
    """What comes beyond is told, not dropped in silence."""
    world = World()
    results, _ = world.hear(*({"at": T + n, "offsets": n} for n in range(MOST_LABELS + 1)))
    assert results == ["early"] * MOST_LABELS + ["too_many"]
    assert world.hear({"at": T})[0] == ["duplicate"]


@pytest.mark.parametrize(("past", "result"), [(0, "early"), (1, "orphan")])
def test_a_label_nobody_can_come_for_is_an_orphan_at_once(past: int, result: str) -> None:
    """Once time has passed its own horizon and late window."""
    world = World()
    clock = T + 10 * S + 130 * S + past
    assert world.hear({}, clock=clock)[0] == [result]
    assert bool(world.joining.changes()) == (result == "early")


def test_who_waits_in_vain_expires_after_the_deadline_and_may_be_answered_late() -> None:
    """A label known exactly at the deadline is in time, so nobody expires before that has passed."""
    world = World()
    world.joining.predictions(predictions({}))
    slot = TERMS.horizon // 64 + 1
    assert world.sweep(T + 100 * S) == ([], 0)
    assert world.sweep(T + 100 * S + slot) == ([("expired", 0)], 0)
    assert world.sweep(T + 100 * S + 2 * slot) == ([], 0)
    assert world.hear({"at": T + 120 * S}) == (["late"], [("matched_late", 1)])


def test_an_expired_outcome_is_written_under_the_event_s_own_key() -> None:
    """Nobody but the entry knows it then; a null key stays one."""
    world = World()
    rows = ({"ids": b"a", "keys": b"a"}, {"ids": b"b", "keys": b"other"}, {"ids": b"c", "keys": None})
    world.joining.predictions(predictions(*rows))
    world.commit()
    due = world.room.due(0, EXPIRES, before=world.joining.due_before(EXPIRES, T + 200 * S), most=9)
    joined, _ = world.joining.sweep({0: (due, [])}, {0: T + 200 * S})
    assert list(zip(joined.ids, joined.keys, strict=True)) == [(b"a", b"a"), (b"b", b"other"), (b"c", None)]


def test_an_entry_leaves_when_nothing_can_be_heard_any_more() -> None:
    """Answered or not; how many labels left without anybody having come is told."""
    world = World()
    world.joining.predictions(predictions({}, {"ids": b"answered"}))
    world.hear({"ids": b"answered"}, {"ids": b"alone"}, {"ids": b"alone", "revisions": 1})
    world.sweep(T + 120 * S)
    assert world.room.gauge().waiting == {0: 3}
    assert world.sweep(T + 145 * S)[1] == 2
    assert world.room.gauge().waiting == {0: 2}
    for clock in range(T + 150 * S, T + 190 * S, S):
        world.sweep(clock)
    assert world.room.gauge().waiting == {0: 0}
    assert world.room.due(0, LEAVES, before=T, most=9) == world.room.due(0, EXPIRES, before=T, most=9) == []


def test_a_prediction_beyond_all_patience_is_answered_at_once() -> None:
    """Its labels may have left: it takes no seat and supersedes nothing."""
    world = World()
    late = T + 130 * S
    assert shown(world.joining.predictions(predictions({"reached": late}))) == []
    other = World()
    assert shown(other.joining.predictions(predictions({"reached": late + 1}))) == [("expired", -1)]
    assert not other.joining.changes()


def test_a_batch_asks_the_room_once_and_not_again_for_what_it_knows() -> None:
    """One round trip for all the ids it does not know yet."""
    world = World()
    world.joining.predictions(predictions(*({"ids": b"e%d" % n, "offsets": n} for n in range(50))))
    assert world.asked == 1
    world.hear(*({"ids": b"e%d" % n} for n in range(50)))
    assert world.asked == 1
    world.joining.forget()
    world.hear({})
    assert world.asked == 2
