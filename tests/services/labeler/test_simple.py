"""What is worked out at once is, to the byte and in the same order, what row by row comes out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.labeler.arrivals import Events, Labels, Predictions
from services.labeler.caused import Joined
from services.labeler.core import Terms
from services.labeler.entry import NULL_KEY, SEAT
from services.labeler.joining import Joining
from services.labeler.packed import Packed
from services.labeler.room.memory import MemoryRoom
from services.labeler.room.room import Change, State
from services.labeler.simple import Simple, Steps
from services.labeler.slots import EXPIRES, LEAVES
from stream.watermark import NEVER

S = 1_000_000
TERMS = Terms(horizon=100 * S, late=30 * S, revision=50 * S)
FARTHEST = (1 << 63) - 1
MOMENTS = [0, 50 * S, 99 * S, 100 * S, 101 * S, 130 * S, 131 * S, 180 * S, 181 * S, 400 * S, -S, FARTHEST, -FARTHEST]
IDS, KEYS = [b"%d" % number for number in range(12)], [None, b"", b"key", b"k" * 300, b"1"]
NUMBERS = st.sampled_from([0.0, 1.0, float("nan")])


class OneByOne(Simple):
    """Takes no row."""

    def seated(self, rows: Predictions, known: Packed) -> Steps:
        """None."""
        return _none(super().seated(rows, known))

    def heard(self, rows: Labels, known: Packed, clocks: NDArray[np.int64]) -> Steps:
        """None."""
        return _none(super().heard(rows, known, clocks))

    def swept(self, rows: Events, known: Packed, clocks: NDArray[np.int64]) -> Steps:
        """None."""
        return _none(super().swept(rows, known, clocks))


def _none(steps: Steps) -> Steps:
    return replace(steps, taken=np.zeros(len(steps.taken), np.bool_))


class Counting(Simple):
    """Counts the rows it takes, so that the law is not about nothing."""

    taken = 0

    def seated(self, rows: Predictions, known: Packed) -> Steps:
        """As ever."""
        return self._counted(super().seated(rows, known))

    def heard(self, rows: Labels, known: Packed, clocks: NDArray[np.int64]) -> Steps:
        """As ever."""
        return self._counted(super().heard(rows, known, clocks))

    def swept(self, rows: Events, known: Packed, clocks: NDArray[np.int64]) -> Steps:
        """As ever."""
        return self._counted(super().swept(rows, known, clocks))

    def _counted(self, steps: Steps) -> Steps:
        Counting.taken += int(steps.taken.sum())
        return steps


class Way:
    """A room of two partitions, a labeler over it."""

    def __init__(self, simple: type[Simple]) -> None:
        self.room, self.said = MemoryRoom(), list[Any]()
        for partition in (0, 1):
            self.room.claim(partition, 1)
        self.joining = Joining(lambda wanted: self.room.read(wanted).entries, TERMS, simple=simple)

    def go(self, kind: str, rows: Sequence[tuple[Any, ...]], clock: int) -> None:
        """One step; a sweep writes what came before it, and itself."""
        if kind == "predict":
            self._tell(self.joining.predictions(predictions(rows)))
        elif kind == "label":
            joined, results = self.joining.labels(labels(rows), {0: clock})
            self._tell(joined)
            self.said.append(results)
        else:
            self.write()
            for partition in (0, 1):
                due = [
                    self.room.due(partition, one, before=self.joining.due_before(one, clock), most=9)
                    for one in (EXPIRES, LEAVES)
                ]
                joined, orphans = self.joining.sweep({partition: (due[0], due[1])}, {partition: clock})
                self._tell(joined)
                self.said.append(orphans)
            self.write()

    def _tell(self, joined: Joined) -> None:
        self.said += [joined.ids, joined.keys, joined.partitions.tolist()]
        self.said += [column.tobytes() for column in (joined.seats, joined.labels, joined.before)]

    def write(self) -> None:
        """What changed, in its order, is told too."""
        for partition, one in self.joining.changes().items():
            self.said.append((partition, list(one.puts.items()), list(one.adds.items()), list(one.drops.items())))
            self.room.write({partition: Change(State(1, 0, 0, 0, b""), one.puts, one.adds, one.drops)})
        self.joining.forget()


def predictions(rows: Sequence[tuple[Any, ...]]) -> Predictions:
    """(id, key, partition, offset, reached, moment, number) as columns."""
    ids, keys, partitions, offsets, reached, moments, numbers, _ = zip(*rows, strict=True)
    n = len(rows)
    return Predictions(
        ids=list(ids),
        keys=list(keys),
        partitions=np.array(partitions, np.int32),
        offsets=np.array(offsets, np.int64),
        reached=np.array(reached, np.int64),
        times=np.array([0 if abs(moment) < 400 * S else moment for moment in moments], np.int64),
        modes=np.arange(n) % 3,
        scores=np.array(numbers),
        estimates=np.array(numbers[::-1]),
        decisions=np.arange(n) % 3 - 1,
        words=np.array(offsets, np.uint32) % 2,
        segments=np.arange(n, dtype=np.uint32),
        sources=np.array(offsets, np.int64) + 7,
    )


def labels(rows: Sequence[tuple[Any, ...]]) -> Labels:
    """The same as labels."""
    ids, keys, partitions, offsets, reached, moments, numbers, revisions = zip(*rows, strict=True)
    return Labels(
        ids=list(ids),
        keys=list(keys),
        partitions=np.array(partitions, np.int32),
        offsets=np.array(offsets, np.int64),
        reached=np.array(reached, np.int64),
        at=np.array(moments, np.int64),
        values=np.array(numbers),
        revisions=np.array(revisions, np.int32),
    )


ROW = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from(KEYS),
    st.integers(0, 1),
    st.integers(0, 3),
    st.sampled_from([NEVER, NEVER, *MOMENTS]),
    st.sampled_from(MOMENTS[:4] * 3 + MOMENTS),
    NUMBERS,
    st.sampled_from([0, 0, 1]),
)
STEP = st.tuples(
    st.sampled_from(["predict", "label", "sweep"]),
    st.lists(ROW, min_size=1, max_size=8),
    st.sampled_from([NEVER, *MOMENTS[:10]]),
)


@settings(max_examples=600)
@given(st.lists(STEP, min_size=1, max_size=8))
def test_at_once_is_as_one_by_one(steps: list[Any]) -> None:
    """Outcomes, results, entries, indexes; whatever came before, whichever rows are simple."""
    ways = [Way(Counting), Way(OneByOne)]
    for step in steps:
        for way in ways:
            way.go(*step)
    for way in ways:
        way.write()
    assert ways[0].said == ways[1].said


def test_most_rows_are_simple() -> None:
    """New predictions, their labels, their sweeps: none of them is looked at by itself."""
    way, before = Way(Counting), Counting.taken
    rows = [(b"%d" % n, b"%d" % n, 0, n, NEVER, S, 1.0, 0) for n in range(9)]
    way.go("predict", rows, NEVER)
    way.go("label", rows[:5], NEVER)
    way.go("sweep", rows, 102 * S)
    way.go("sweep", rows, 400 * S)
    assert Counting.taken - before == 9 + 5 + 9 + 9
    assert way.room.gauge().waiting[0] == 0


def test_a_broken_entry_is_refused_either_way() -> None:
    """Whatever is wrong with its bytes: a row that is not sound is not simple."""
    simple, clock = Way(Simple).joining._simple, np.zeros(1, np.int64)
    good = b"\x10\0\xff\xff" + np.array([(0,) * 10 + (0, -1)], SEAT)[:1].tobytes()
    row = [(b"1", b"1", 0, 0, NEVER, S, 1.0, 0)]
    event = Events(ids=[b"1"], partitions=np.zeros(1, np.int32))

    def taken(entry: bytes) -> tuple[bool, bool]:
        known = Packed([entry])
        return bool(simple.swept(event, known, clock).taken), bool(simple.heard(labels(row), known, clock).taken)

    assert len(good) == 58
    broken = [good[:-1], good + b"x", b"\x20" + good[1:], good[:-2] + b"\x06\xff", good[:-1] + b"\0"]
    broken += [good[:3], b"\x11" + good[1:], good[:-1] + b"\xfe"]
    broken += [good[:2] + (NULL_KEY - 1).to_bytes(2, "little") + good[4:]]
    assert [taken(entry) for entry in broken] == [(False, False)] * len(broken)
    assert taken(good) == (True, True)
