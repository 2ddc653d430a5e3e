"""A waiting room in which somebody broke a key is wiped and healed by whoever keeps it, whichever key it was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from redis import Redis

from services.labeler.keeping import Keeping, Own
from services.labeler.overlay import Changed
from services.labeler.room.redis_room import RedisRoom
from services.labeler.room.room import Change, Due, State
from services.labeler.words import Words
from stream.faults import Abort
from stream.records import Place, Span, Start

TOPICS = ("predictions", "labels")
BROKEN = ["{shop}:0", "{shop}:0:x1", "{shop}:0:X", "{shop}:0:e"]


class Kept:
    """A keeping of pair 0, at offsets 10 and 5, whose rebuild knows one who waits; `told` is what it said."""

    def __init__(self, room: RedisRoom) -> None:
        self.room, self.healed = room, list[State]()
        self.told: list[str] = []
        self.keeping = Keeping(room, TOPICS, self, lambda _pair, why: self.told.append(why))
        self.keeping.assigned({Place("predictions", 0): Start(10), Place("labels", 0): Start(5)})
        self.keeping.prepare()

    def __call__(self, pair: int, state: State, own: Own) -> Own:
        """Wipe and fold anew where anything is missing."""
        self.healed.append(state)
        if (state.predictions, state.labels) != (own.predictions, own.labels):
            self.room.wipe(pair, own.token)
            whole = Change(own.state(), puts={b"a": b"1"}, adds={(b"x", 1): [b"a"]}, words={7: b'["v1"]'})
            self.room.write({pair: whole})
        return replace(own, is_ready=True)

    def ends(self, pairs: Sequence[int]) -> Mapping[int, int]:
        """Nobody asks before a commit."""
        return dict.fromkeys(pairs, 0)

    def entries(self) -> list[bytes]:
        """What is read."""
        return list(self.keeping.read({0: [b"a"]})[0])

    def due(self) -> list[Due]:
        """Who is due; as a transaction that was aborted is tried again."""
        for _ in range(2):
            try:
                return self.keeping.due(0, b"x", before=9, most=9)
            except Abort:
                self.keeping.prepare()
        raise AssertionError("the index was not healed")


@pytest.fixture
def kept(stored: RedisRoom) -> Kept:
    """In an empty room."""
    return Kept(stored)


@pytest.mark.parametrize("key", BROKEN)
def test_a_broken_key_is_mended_by_a_rebuild(kept: Kept, inside: Redis, key: str) -> None:
    """Whoever stumbles over it first, in a look at the index or at the entry, begins it."""
    assert len(kept.healed) == 1
    inside.delete(key)
    inside.set(key, "not ours")
    assert (kept.entries(), kept.due(), kept.entries()) == ([b"1"], [Due(1, [b"a"])], [b"1"])
    assert len(kept.healed) == 2
    assert len(kept.told) == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_lost_words_are_mended_by_a_rebuild(kept: Kept, inside: Redis, *, is_there: bool) -> None:
    """What entries name must be known: the pairs are folded again, with their words."""
    inside.delete("{shop}:words")
    if is_there:
        inside.set("{shop}:words", "not ours")
    with pytest.raises(Abort, match="00000007"):
        Words(kept.keeping.word).said(7)
    kept.keeping.prepare()
    assert Words(kept.keeping.word).said(7) == ("v1",)
    assert (kept.entries(), len(kept.healed), len(kept.told)) == ([b"1"], 2, 1)


def test_a_write_that_failed_is_heard_of_before_anything_is_read(kept: Kept, inside: Redis) -> None:
    """Its pair is healed first: what was committed is there, whatever became of the key."""
    inside.delete("{shop}:0:e")
    inside.set("{shop}:0:e", "not ours")
    changed = Changed()
    changed.puts[b"a"] = b"2"
    kept.keeping.committed([Span(Place("predictions", 0), 10, 12, 2)], {0: changed}, {}, {})
    assert (kept.told, len(kept.healed)) == ([], 1)
    kept.keeping.prepare()
    assert (len(kept.told), len(kept.healed)) == (1, 2)
    assert all(word in kept.told[0] for word in ("could not be written", "WRONGTYPE"))
    assert kept.entries() == [b"1"]


def test_a_write_that_failed_is_told_of_though_its_pair_is_another_s_by_now(kept: Kept, inside: Redis) -> None:
    """Whoever has the pair now finds it behind and heals it; here nothing is left to distrust."""
    inside.delete("{shop}:0:e")
    inside.set("{shop}:0:e", "not ours")
    changed = Changed()
    changed.puts[b"a"] = b"2"
    kept.keeping.committed([Span(Place("predictions", 0), 10, 12, 2)], {0: changed}, {}, {})
    kept.keeping.assigned({Place("predictions", 1): Start(0), Place("labels", 1): Start(0)})
    assert len(kept.told) == 1
    kept.keeping.prepare()
    assert (len(kept.told), [state.predictions for state in kept.healed]) == (1, [-1, -1])
