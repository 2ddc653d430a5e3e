"""The waiting room is asked who is due only where there may be somebody, and nobody is missed for that."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from services.labeler.caused import Joined
from services.labeler.joining import Joining
from services.labeler.keeping import Keeping, Own
from services.labeler.room.memory import MemoryRoom
from services.labeler.room.room import Change, Due, State
from services.labeler.slots import EXPIRES
from services.labeler.sweeping import Sweeping
from stream.watermark import NEVER
from tests.services.labeler.test_joining import TERMS, S, T, predictions, shown
from tests.services.labeler.world import World as Labeled

LATER = T + 120 * S


class Asked(MemoryRoom):
    """Remembers who was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, bytes]] = []

    def due(self, partition: int, kind: bytes, *, before: int, most: int) -> list[Due]:
        """As ever."""
        self.asked.append((partition, kind))
        return super().due(partition, kind, before=before, most=most)


class Whole:
    """Nothing is to be healed."""

    def __call__(self, pair: int, state: State, own: Own) -> Own:  # noqa: ARG002 - a healer's words
        """As it is."""
        return own

    def ends(self, pairs: Sequence[int]) -> Mapping[int, int]:
        """Nobody can tell."""
        return dict.fromkeys(pairs[:0], 0)


class World:
    """Two pairs, their sweeps, each a transaction."""

    def __init__(self, most: int = 100) -> None:
        self.room = Asked()
        for pair in (0, 1):
            self.room.claim(pair, 1)
        keeping = Keeping(self.room, ("p", "l"), Whole(), lambda _pair, _why: None)
        self.joining = Joining(lambda wanted: self.room.read(wanted).entries, TERMS)
        self.sweeping = Sweeping(keeping, self.joining, most)

    def predict(self, *ids: bytes) -> None:
        """Predictions of time T."""
        self.joining.predictions(predictions(*({"ids": one, "offsets": n} for n, one in enumerate(ids))))
        self.commit()

    def sweep(self, clocks: Mapping[int, int]) -> Joined:
        """What time brings."""
        joined, _ = self.sweeping.sweep(clocks)
        self.commit()
        return joined

    def commit(self) -> None:
        """Committed and written."""
        changes = self.joining.changes()
        self.sweeping.committed(changes)
        for pair, changed in changes.items():
            self.room.write({pair: Change(State(1, 0, 0, 0, b""), changed.puts, changed.adds, changed.drops)})
        self.joining.forget()

    def asked(self) -> int:
        """How often the room was asked since the last time."""
        count = len(self.room.asked)
        self.room.asked.clear()
        return count


def test_no_slot_passed_no_request() -> None:
    """The same time again, or a little later; of the pair alone whose slot has passed."""
    world = World()
    world.predict(b"a")
    assert [world.sweep({0: T, 1: T}).ids, world.asked()] == [[], 4]
    assert [world.sweep({0: T, 1: T}).ids, world.asked()] == [[], 0]
    assert [world.sweep({0: T + S - 1, 1: T}).ids, world.asked()] == [[], 0]
    assert [world.sweep({0: T + S, 1: T}).ids, world.asked()] == [[], 1]
    assert [world.sweep({0: T + 2 * S, 1: T}).ids, world.asked()] == [[], 2]
    assert [world.sweep({0: LATER, 1: T}).ids, world.asked()] == [[b"a"], 2]


def test_who_is_added_to_a_slot_that_has_passed_is_found() -> None:
    """A prediction that comes late waits where nobody would look again."""
    world = World()
    world.sweep({0: LATER, 1: NEVER})
    world.predict(b"a", b"b")
    assert shown(world.sweep({0: LATER})) == [("expired", 0), ("expired", 0)]
    assert world.sweep({0: LATER}).ids == []
    world.asked()
    assert [world.sweep({0: LATER}).ids, world.asked()] == [[], 0]


def test_who_was_not_looked_at_for_want_of_time_is_found_next() -> None:
    """A slot that holds more than is looked at is not empty."""
    world = World(most=2)
    for some in ((b"a", b"b"), (b"c", b"d"), (b"e",)):
        world.predict(*some)
    found = [world.sweep({0: LATER}).ids for _ in range(3)]
    assert found[0] == [b"a", b"b"]
    assert [one for some in found for one in some] == [b"a", b"b", b"c", b"d", b"e"]
    assert not [one for one in found if len(one) > 2]


@pytest.mark.parametrize("how", ["aborted", "healed"])
def test_after_doubt_the_room_is_asked_again(how: str) -> None:
    """Of an assignment, an abort, a pair that was folded anew nothing is remembered."""
    world = World()
    world.sweep({0: LATER, 1: LATER})
    world.sweeping.sweep({0: LATER + 60 * S, 1: LATER})
    if how == "aborted":
        world.sweeping.forget()
    else:
        world.sweeping.doubt(0)
    world.joining.forget()
    world.sweeping.committed({})
    world.asked()
    world.sweep({0: LATER, 1: LATER})
    assert world.asked() == (4 if how == "aborted" else 2)


def test_a_room_that_was_lost_is_asked_again(tmp_path: Path) -> None:
    """What is folded anew lies in slots that had passed: it is found, though no new slot passes."""
    world = Labeled(tmp_path)
    world.predict({"event_id": "e0"}, {"event_id": "e1"})
    world.mark(1.5)
    turns = {10: world.room.lose}
    world.run(between=lambda turn: turns.get(turn, lambda: None)())
    assert sorted(world.outcomes()) == [("e0", "expired", 0, None), ("e1", "expired", 0, None)]
    assert world.room.gauge().waiting == {0: 2}
    assert world.room.due(0, EXPIRES, before=10**9, most=9) == []
    world.mark(9)
    world.run()
    assert world.room.gauge().waiting == {0: 0}
