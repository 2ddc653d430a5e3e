"""Whatever is asked in whatever order, the memory twin answers as a real Valkey does."""

from collections.abc import Callable
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.local.valkey import Valkey
from services.labeler.room.memory import MemoryRoom
from services.labeler.room.room import Change, Room, State
from tests.services.labeler.room.suite import room_in

Step = Callable[[Room], object]
FRESH = count()
"""Every example has a model of its own in the shared store."""

partitions, tokens, numbers = st.integers(0, 1), st.integers(1, 3), st.integers(0, 2**62)
ids = st.sampled_from([b"", b"\0", b"a", b"b", b"\xff" * 300])
kinds, slots = st.sampled_from([b"x", b"z"]), st.integers(-1, 3)
places = st.tuples(kinds, slots)
values = st.sampled_from([b"", b"1", b"2\0" * 40])


@st.composite
def states(draw: st.DrawFn) -> State:
    """Any state a labeler may write."""
    applied = st.integers(-1, 2**62)
    return State(draw(tokens), draw(applied), draw(applied), draw(numbers), draw(st.binary(max_size=9)))


changes = st.builds(
    Change,
    states(),
    puts=st.dictionaries(ids, values, max_size=4),
    adds=st.dictionaries(places, st.lists(ids, min_size=1, max_size=3), max_size=2),
    drops=st.dictionaries(places, st.integers(1, 4), max_size=2),
    words=st.dictionaries(st.integers(0, 2**32 - 1), st.binary(max_size=5), max_size=2),
)


def wiped(partition: int, token: int) -> Step:
    """The step that wipes."""
    return lambda room: room.wipe(partition, token)


def claimed(partition: int, token: int) -> Step:
    """The step that claims."""
    return lambda room: room.claim(partition, token)


def written(said: dict[int, Change]) -> Step:
    """The step that writes."""
    return lambda room: (room.write(said), [room.word(name) for one in said.values() for name in one.words])


def looked(partition: int, kind: bytes, before: int, most: int) -> Step:
    """The step that looks for what is due."""
    return lambda room: room.due(partition, kind, before=before, most=most)


steps = st.one_of(
    st.builds(claimed, partitions, tokens),
    st.builds(written, st.dictionaries(partitions, changes, min_size=1)),
    st.builds(written, st.dictionaries(partitions, changes, min_size=1)),
    st.builds(looked, partitions, kinds, slots, st.integers(1, 6)),
    st.builds(wiped, partitions, tokens),
)


@settings(max_examples=150, deadline=None)
@given(asked=st.lists(steps, min_size=1, max_size=25))
def test_the_twin_answers_as_the_store_does(valkey: Valkey, asked: list[Step]) -> None:
    """Claims, writes of owners and of others, wipes, and all that is kept after each."""
    stored, twin = room_in(valkey, tag=f"law{next(FRESH)}"), MemoryRoom()
    every = {partition: [b"", b"\0", b"a", b"b", b"\xff" * 300] for partition in (0, 1)}
    for step in [claimed(0, 1), claimed(1, 1), *asked]:
        assert step(stored) == step(twin)
        assert stored.read(every) == twin.read(every)
        for partition, kind in ((0, b"x"), (0, b"z"), (1, b"x"), (1, b"z")):
            look = looked(partition, kind, 9, 99)
            assert look(stored) == look(twin)
        assert stored.gauge().waiting == twin.gauge().waiting
    stored.close()
