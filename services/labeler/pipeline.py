"""The labeler's stages: claim, decode, set aside, join, sweep, encode, account, then write the waiting room.

READS   predictions, labels
WRITES  outcomes, dead letters of both, a profile: one transaction; after it the waiting room.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from schemas.columns import fault
from schemas.profile import Slice
from services.labeler.account import Account
from services.labeler.aside import Aside
from services.labeler.caused import TOO_MANY, Joined, together
from services.labeler.core import RESULTS, STATUSES
from services.labeler.healing import Healing
from services.labeler.intake import Intake, Read
from services.labeler.joining import Joining
from services.labeler.keeping import Keeping
from services.labeler.kit import Kit
from services.labeler.notes import without_token
from services.labeler.pairs import Outside, Pairs
from services.labeler.room.room import Room
from services.labeler.sight import Sight
from services.labeler.sweeping import Sweeping
from services.labeler.threads import Threads
from services.labeler.words import Words
from stream.holding import held_back
from stream.records import Batch, Place, Span, Start, Writes
from stream.stage import Stage

CROWDED = fault("too_many_labels")


class Labeler(Stage):
    """One transaction's work: predictions and labels in, outcomes out, an account kept, the room written after it."""

    def __init__(
        self,
        kit: Kit,
        room: Room,
        healing: Healing,
        sight: Sight,
        *,
        at_end: Callable[[], Collection[Place]],
        outside: Outside,
        threads: Threads | None = None,
    ) -> None:
        self._kit, self._sight, self._threads = kit, sight, threads
        topics = kit.topics.predictions, kit.topics.labels
        self._keeping = Keeping(room, topics, healing, self._heals)
        self._words = Words(self._keeping.word)
        self._intake, self._account = Intake(kit, self._words), Account(kit, self._words)
        idle, full = kit.idle_seconds, kit.settings.batch_rows
        self._pairs = Pairs(topics, idle_seconds=idle, full=full, outside=outside, at_end=at_end)
        self._joining = Joining(self._keeping.read, kit.terms, whose=self._words.whose)
        self._sweeping = Sweeping(self._keeping, self._joining, kit.settings.sweep_rows)
        self._aside = Aside(kit)
        self._crowding = kit.crowding(room.gauge, sight.crowded)
        self._held: Mapping[Place, int] = {}
        self._spans: Sequence[Span] = ()
        self._slices: list[Slice] = []

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Take up each pair where its last commit left it. Raises Stopped where a pair is parted."""
        plain = self._aside.assigned(starts)
        self._keeping.assigned(plain)
        bare = {place: replace(start, metadata=without_token(start.metadata)) for place, start in plain.items()}
        self._pairs.assigned(bare)
        self._sweeping.forget()
        self._drop()

    def _drop(self) -> None:
        self._joining.forget()
        self._account.forget()
        self._words.forget()
        self._spans, self._slices = (), []

    def held(self) -> Mapping[Place, int]:
        """Partitions that wait, each from the offset whose schema cannot be asked for now."""
        return self._held

    def has_more(self) -> bool:
        """Whether more has fallen due than one transaction looks at."""
        return self._sweeping.has_more

    def take(self, batch: Batch) -> Iterable[Writes]:
        """Join a batch, all but what is to wait for its schema. Raises Stopped when too much cannot be read."""
        latest = self._kit.latest()
        self._pairs.read(batch)
        read = self._intake.read(batch, latest)
        self._keeping.prepare()
        self._held, may_go_on = held_back(batch, read.waiting | self._crowding.waiting(batch))
        if self._held:
            self._sight.waits(self._crowding.why or read.details[int(read.waiting.argmax())])
            batch = batch.take(np.flatnonzero(may_go_on))
            read = self._intake.read(batch, latest)
        self._sight.read(batch)
        self._aside.judge(read)
        writes = self._join(read, latest)
        dead = np.flatnonzero((read.faults != 0) & ~read.marks)
        self._account.count(batch, dead, "dead")
        self._account.count(batch, np.flatnonzero(read.marks), "marks")
        self._account.count(batch, np.flatnonzero((read.faults == 0) & ~read.marks), "taken")
        letters, counts = self._aside.letters(read, dead)
        self._account.reasons(counts)
        for reason, count in counts.items():
            self._sight.counted("driftline_dead_letters_total", count, reason=reason)
        return [*writes, *letters]

    def _join(self, read: Read, latest: int) -> list[Writes]:
        # One clock that is wrong, first in its partition, would expire whoever comes after it: it moves no other.
        good = (read.faults == 0) & ~read.marks & (read.times <= latest)
        reached = self._pairs.clocks.follow(read.batch, read.times, events=good, marks=read.marks)
        predictions = self._intake.predictions(read, reached)
        self._crowding.taken(predictions.ids, predictions.times)
        seated = self._joining.predictions(predictions)
        labels, rows = self._intake.labels(read, reached)
        heard, results = self._joining.labels(labels, self._pairs.sweep(np.unique(labels.partitions).tolist()))
        self._results(read, rows, results)
        if self._threads is not None:
            self._threads.heard(self._kit.topics.predictions, predictions)
            self._threads.heard(self._kit.topics.labels, labels)
        return self._outcomes(seated, heard)

    def _results(self, read: Read, rows: NDArray[np.int64], results: list[int]) -> None:
        found = Counter(results)
        if found.pop(TOO_MANY, 0):
            read.faults[rows[np.array(results) == TOO_MANY]] = CROWDED
        counts: dict[str, int] = {RESULTS[code]: count for code, count in sorted(found.items())}
        self._account.results(counts)
        for result, count in counts.items():
            self._sight.counted("driftline_labels_total", count, result=result)

    def _outcomes(self, *every: Joined) -> list[Writes]:
        joined = together(every)
        if not joined.ids:
            return []
        codes, times = np.unique(joined.seats["status"], return_counts=True)
        for code, count in zip(codes.tolist(), times.tolist(), strict=True):
            self._sight.counted("driftline_outcomes_total", count, status=STATUSES[code])
        known = joined.labels["revision"] >= 0
        self._sight.delays((joined.labels["at"] - joined.seats["time"])[known])
        outcomes = self._account.outcomes(joined, self._kit.outcome_frame)
        if self._threads is not None:
            outcomes = self._threads.onto(outcomes, joined.ids, self._kit.topics.predictions)
        return [outcomes]

    def settle(self, spans: Sequence[Span]) -> Iterable[Writes]:
        """What time brings, then the profile of the transaction."""
        self._keeping.prepare()
        writes = self._outcomes(self._sweep())
        ranges = self._account.ranges(spans, self._pairs.clocks.marks)
        self._sight.accounted(ranges, self._pairs.clocks.marks)
        profile, self._slices = self._account.profile(ranges, self._kit.profile_frame)
        self._spans = spans
        return [*writes, profile]

    def _sweep(self) -> Joined:
        joined, orphans = self._sweeping.sweep(self._pairs.sweep())
        if orphans:
            self._account.results({"orphan": orphans})
            self._sight.counted("driftline_labels_total", orphans, result="orphan")
        return joined

    def _heals(self, pair: int, why: str) -> None:
        self._sweeping.doubt(pair)
        self._sight.heals(pair, why)

    def metadata(self) -> Mapping[Place, str]:
        """Each place's time, its pair's token and its run of dead letters, to travel with its offset."""
        said, signed = self._pairs.clocks.metadata().items(), self._keeping.signed
        return self._aside.metadata({place: signed(place.partition, text) for place, text in said})

    def committed(self) -> None:
        """What was joined is now a fact: the room is told."""
        self._pairs.clocks.committed()
        self._aside.committed()
        self._sweeping.committed(self._joining.changes())
        self._keeping.committed(self._spans, self._joining.changes(), self._pairs.notes(), self._words.used())
        self._sight.joined(self._slices, self._pairs.sweep())
        self._drop()

    def aborted(self) -> None:
        """Back to what was known before the transaction."""
        self._pairs.clocks.aborted()
        self._aside.aborted()
        self._sweeping.forget()
        self._drop()
