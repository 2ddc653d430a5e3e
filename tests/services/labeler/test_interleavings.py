"""However two partitions are read, interrupted, undone and healed, the table of outcomes is the same in the end."""

import os
from collections.abc import Hashable, Sequence
from random import Random

import numpy as np
import pytest

from services.labeler.arrivals import Labels, Predictions
from services.labeler.caused import Joined
from services.labeler.core import STATUSES, Terms
from services.labeler.joining import Joining
from services.labeler.room.memory import MemoryRoom
from services.labeler.room.room import Change, State
from services.labeler.slots import EXPIRES, LEAVES
from tests.services.labeler.reference import Patience, Row, Said, Truth, final_table, with_reached

INTERLEAVINGS = int(os.environ.get("INTERLEAVINGS") or 5_000)
SEED = int(os.environ.get("SEED") or 20261126)
GROUPS = 20
SECOND = 1_000_000
LAST = 10**15
PATIENCE = Patience(horizon=100 * SECOND, late=30 * SECOND, revision=50 * SECOND)
TERMS = Terms(*PATIENCE)
TOKEN = 1


def streams(chance: Random) -> tuple[list[Said], list[Truth]]:
    """A few events' predictions and labels in the order of their partitions, with all that may be wrong with them."""
    ids = [b"e%d" % number for number in range(chance.randrange(1, 6))]
    times = {one: chance.randrange(600) * SECOND for one in ids}
    said, truths = [], []
    for _ in range(chance.randrange(1, 9)):
        one = chance.choice(ids)
        moved = chance.choice([0, 0, 0, SECOND, 10 * SECOND])
        came = times[one] + chance.choice([0, 10, 40, 131, 250, 600]) * SECOND
        said.append((came, Said(one, chance.randrange(2), times[one] + moved)))
    for _ in range(chance.randrange(10)):
        one = chance.choice(ids)
        at = times[one] + chance.choice([-5, 0, 20, 99, 100, 101, 130, 131, 175, 180, 181, 400]) * SECOND
        came = at + chance.choice([0, 0, 10, 90, 400]) * SECOND
        truths.append((came, Truth(one, float(chance.randrange(2)), at, chance.choice([0, 0, 0, 1, 2]))))
    return [row for _, row in sorted(said, key=lambda row: row[0])], [
        row for _, row in sorted(truths, key=lambda r: r[0])
    ]


def predictions(rows: Sequence[tuple[int, Said, int]]) -> Predictions:
    """Rows with their offsets and what was reached before them, as columns."""
    n = len(rows)
    return Predictions(
        ids=[row.id for _, row, _ in rows],
        keys=[b"key" for _ in rows],
        partitions=np.zeros(n, np.int32),
        offsets=np.array([offset for offset, _, _ in rows], np.int64),
        reached=np.array([reached for _, _, reached in rows], np.int64),
        times=np.array([row.time for _, row, _ in rows], np.int64),
        modes=np.zeros(n, np.int8),
        scores=np.full(n, 0.5),
        estimates=np.full(n, np.nan),
        decisions=np.zeros(n, np.int16),
        words=np.array([row.whose for _, row, _ in rows], np.uint32),
        segments=np.zeros(n, np.uint32),
        sources=np.zeros(n, np.int64),
    )


def labels(rows: Sequence[tuple[int, Truth, int]]) -> Labels:
    """Rows with their offsets and what was reached before them, as columns."""
    n = len(rows)
    return Labels(
        ids=[row.id for _, row, _ in rows],
        keys=[b"key" for _ in rows],
        partitions=np.zeros(n, np.int32),
        offsets=np.array([offset for offset, _, _ in rows], np.int64),
        reached=np.array([reached for _, _, reached in rows], np.int64),
        at=np.array([row.at for _, row, _ in rows], np.int64),
        values=np.array([row.value for _, row, _ in rows]),
        revisions=np.array([row.revision for _, row, _ in rows], np.int32),
    )


class Run:
    """One way to read two partitions to their ends."""

    def __init__(self, chance: Random, said: Sequence[Said], truths: Sequence[Truth]) -> None:
        self.chance, self.room = chance, MemoryRoom()
        self.said = [(n, row, at) for n, (row, at) in enumerate(with_reached(said, lambda row: row.time))]
        self.truths = [(n, row, at) for n, (row, at) in enumerate(with_reached(truths, lambda row: row.at))]
        self.read, self.published = [0, 0], list[tuple[bytes, np.void, np.void]]()
        self.room.claim(0, TOKEN)
        self.joining = self.anew()

    def anew(self) -> Joining:
        """A labeler that has just been started."""
        return Joining(lambda wanted: self.room.read(wanted).entries, TERMS)

    def clock(self, at: Sequence[int]) -> int:
        """The lesser of what both topics have reached; one at its end takes the other's time."""
        first = max((row.time for _, row, _ in self.said[: at[0]]), default=-LAST)
        second = max((row.at for _, row, _ in self.truths[: at[1]]), default=-LAST)
        ends = at[0] == len(self.said), at[1] == len(self.truths)
        if ends[0] != ends[1]:
            return second if ends[0] else first
        return max(first, second) if all(ends) else min(first, second)

    def transaction(self) -> None:
        """Some of each topic, in any order, then what time brings; committed, undone, or its labeler gone."""
        upto, caused = list(self.read), list[Joined]()
        for topic in self.chance.sample([0, 1], 2):
            more = min(self.chance.randrange(4), len((self.said, self.truths)[topic]) - upto[topic])
            caused += self.step(topic, upto[topic], upto[topic] + more, self.clock(upto))
            upto[topic] += more
        if self.chance.random() < 0.7:
            caused += [self.sweep(self.clock(upto))]
        fate = self.chance.random()
        if fate < 0.15:
            self.joining.forget()
            return
        if fate < 0.3:
            self.joining = self.anew()
            return
        self.commit(caused, upto)
        if self.chance.random() < 0.1:
            self.heal()

    def step(self, topic: int, start: int, end: int, clock: int) -> list[Joined]:
        """Read a stretch of one topic."""
        if topic == 0:
            return [self.joining.predictions(predictions(self.said[start:end]))]
        return [self.joining.labels(labels(self.truths[start:end]), {0: clock})[0]]

    def sweep(self, clock: int) -> Joined:
        """What is due."""
        due = [
            self.room.due(0, kind, before=self.joining.due_before(kind, clock), most=self.chance.randrange(1, 9))
            for kind in (EXPIRES, LEAVES)
        ]
        return self.joining.sweep({0: (due[0], due[1])}, {0: clock})[0]

    def commit(self, caused: Sequence[Joined], upto: list[int]) -> None:
        """Publish; then the room is written, or the labeler dies before that and the next one heals."""
        for one in caused:
            self.published += zip(one.ids, one.seats, one.labels, strict=True)
        self.read = upto
        if self.chance.random() < 0.1:
            self.joining = self.anew()
            self.heal(lost=self.chance.random() < 0.5)
            return
        self.write()

    def write(self) -> None:
        """What the transaction changed."""
        state = State(TOKEN, self.read[0], self.read[1], 0, b"")
        for changed in self.joining.changes().values():
            self.room.write({0: Change(state, changed.puts, changed.adds, changed.drops)})
        self.joining.forget()

    def heal(self, *, lost: bool = True) -> None:
        """Fold again what the room has not seen, or everything where it was lost, guided by what was published."""
        applied = self.room.read({0: []}).states[0]
        start = (max(0, applied.predictions), max(0, applied.labels)) if applied is not None else (0, 0)
        if lost:
            self.room.lose()
            self.room.claim(0, TOKEN)
            start = 0, 0
        for topic in self.chance.sample([0, 1], 2):
            self.step(topic, start[topic], self.read[topic], -LAST)
        guide: dict[bytes, dict[Hashable, tuple[int, bool]]] = {}
        for one, seat, _ in self.published:
            known = guide.setdefault(one, {})
            if seat["seq"] > known.get(int(seat["words"]), (-1, False))[0]:
                known[int(seat["words"])] = int(seat["seq"]), STATUSES[seat["status"]] == "expired"
        self.joining.guide(0, guide)
        self.write()

    def finish(self) -> None:
        """To both ends, then until nobody waits."""
        while self.read != [len(self.said), len(self.truths)]:
            self.transaction()
        for _ in range(100):
            caused = self.sweep(LAST)
            self.published += zip(caused.ids, caused.seats, caused.labels, strict=True)
            self.write()
        assert self.room.gauge().waiting == {0: 0}

    def table(self) -> dict[tuple[bytes, int], Row]:
        """The record with the highest seq, the first of them; its label as the stream told it."""
        best: dict[tuple[bytes, int], tuple[int, Row]] = {}
        for one, seat, label in self.published:
            status = STATUSES[seat["status"]]
            truth = None if label["revision"] < 0 else self.truths[int(label["offset"])][1]
            key, seq = (one, int(seat["words"])), int(seat["seq"])
            if status != "duplicate" and (key not in best or seq > best[key][0]):
                best[key] = seq, (status, truth)
        return {key: row for key, (_, row) in best.items()}


def check(seed: str) -> None:
    """One interleaving of one world against the reference."""
    chance = Random(seed)
    said, truths = streams(chance)
    run = Run(chance, said, truths)
    run.finish()
    assert run.table() == final_table(said, truths, PATIENCE), f"SEED={seed}: {said} {truths}"
    seqs: dict[tuple[bytes, int], list[int]] = {}
    for one, seat, _ in run.published:
        if seat["seq"] >= 0:
            seqs.setdefault((one, int(seat["words"])), []).append(int(seat["seq"]))
    assert all(found == list(range(len(found))) for found in seqs.values()), f"SEED={seed}: {seqs}"
    answered = {(one, int(seat["offset"])) for one, seat, _ in run.published}
    assert answered == {(row.id, offset) for offset, row, _ in run.said}, f"SEED={seed}"


@pytest.mark.parametrize("group", range(GROUPS))
def test_the_table_is_the_same_whatever_the_interleaving(group: int) -> None:
    """INTERLEAVINGS=n SEED=n run more, or others."""
    for number in range(group, INTERLEAVINGS, GROUPS):
        check(f"{SEED} {number}")


@pytest.mark.parametrize("seed", ["20261126 115557"])
def test_interleavings_that_were_wrong_once(seed: str) -> None:
    """115557: a label that was nobody's came again after another had matched, and was heard."""
    check(seed)
