"""The scorer's stages: decode, set aside, check, answer, once, encode, account.

READS   features
WRITES  predictions (refused rows and watermark marks among them), dead letters, a profile: one transaction.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from schemas.columns import FAULTS, Columns
from services.scorer.account import Account
from services.scorer.answer import Answer, answered
from services.scorer.aside import Aside
from services.scorer.beside import Beside
from services.scorer.claims.claims import REASON as UNSURE
from services.scorer.core import Verdicts, check
from services.scorer.kit import Kit
from services.scorer.serving.chain import REJECTED, Served
from services.scorer.serving.link import RUN_ROWS
from services.scorer.sight import Sight
from services.scorer.tally import rows_by_use, seen, tell
from services.scorer.wire import predictions
from stream.clocks import Clocks, read_marks
from stream.holding import held_back
from stream.partitioner import partition_of
from stream.records import Batch, Place, Span, Start, Writes, no_headers
from stream.stage import Stage


class Scorer(Stage):
    """One transaction's work: rows in, predictions out, an account kept.

    `successor` is asked after each transaction for a kit to go on with, None for the present one.
    """

    def __init__(self, kit: Kit, sight: Sight, *, successor: Callable[[], Kit | None] = lambda: None) -> None:
        self._kit, self._sight, self._successor = kit, sight, successor
        self._clocks, self._account, self._aside = Clocks(), Account(kit), Aside(kit)
        self._held: Mapping[Place, int] = {}
        self._beside = Beside()

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Take up each partition's watermark where its last commit left it."""
        self._clocks.assigned(self._aside.assigned(starts))
        self._account.forget()

    def committed(self) -> None:
        """What was learnt is now a fact."""
        self._clocks.committed()
        self._aside.committed()
        self._account.forget()
        if (kit := self._successor()) is not None:
            self._kit = kit
            self._account.serve(kit)

    def aborted(self) -> None:
        """Back to what was known before the transaction."""
        self._clocks.aborted()
        self._aside.aborted()
        self._account.forget()

    def metadata(self) -> Mapping[Place, str]:
        """Each partition's watermark and run of dead letters, to travel with its offset."""
        return self._aside.metadata(self._clocks.metadata())

    def held(self) -> Mapping[Place, int]:
        """Partitions that wait, each from the offset whose schema cannot be asked for now."""
        return self._held

    def appetite(self) -> int:
        """How many rows a batch may hold; no more than one run's where those that wait are answered by another."""
        champion = self._kit.chain.champion
        return RUN_ROWS if champion is None or self._kit.sheds else champion.appetite()

    def take(self, batch: Batch) -> Iterable[Writes]:
        """Answer a batch, all but what is to wait for its schema. Raises Stopped when too much cannot be read."""
        began, now_micros = time.perf_counter(), time.time_ns() // 1000
        batch, columns = self._decode(batch)
        self._sight.read(batch)
        self._check_key(batch)
        marks, said = read_marks(batch, now_micros + self._kit.rules.max_ahead_micros)
        self._aside.judge(batch, columns, marks)
        columns.times[marks] = said[marks]
        dead = np.flatnonzero((columns.faults != 0) & ~marks)
        live = np.flatnonzero((columns.faults == 0) & ~marks)
        rows = columns.take(live)
        began = self._lap("decode", began)
        verdicts = self._check(batch, columns.times, rows, live=live, marks=marks, now_micros=now_micros)
        began = self._lap("validate", began)
        good = ~verdicts.rejected
        judged = self._beside.judge(self._kit.bundle.ood, verdicts.raw if good.all() else verdicts.raw[good])
        served = self._serve(batch, live[good], verdicts, now_micros=now_micros)
        answer = answered(self._kit, rows=live, columns=rows, verdicts=verdicts, served=served, judged=judged())
        began = self._lap("infer", began)
        answer = self._once(batch, answer)
        self._use(batch, answer, marks)
        writes = [predictions(self._kit, batch, answer, marks)]
        writes += [self._dead(batch, columns, dead)] if len(dead) else []
        self._lap("encode", began)
        return writes

    def settle(self, spans: Sequence[Span]) -> Iterable[Writes]:
        """The profile of the transaction."""
        ranges = self._account.ranges(spans, self._clocks.marks)
        self._sight.accounted(ranges, self._clocks.marks)
        return [self._account.profile(ranges)]

    def _lap(self, stage: str, began: float) -> float:
        self._sight.took(stage, (now := time.perf_counter()) - began)
        return now

    def _check_key(self, batch: Batch) -> None:
        """One key a batch is checked: Kafka does not tell which partitioner a producer used."""
        key = batch.keys[0] if len(batch) else None
        if key is not None and partition_of(key, self._kit.partitions) != int(batch.partitions[0]):
            self._sight.counted("driftline_misplaced_keys_total", 1)

    def _decode(self, batch: Batch) -> tuple[Batch, Columns]:
        """What of the batch may go on, decoded: nothing of a partition passes a record whose schema nobody can tell."""
        columns = self._kit.reader.read(batch.values, None if batch.headers is no_headers else batch.headers)
        while self._kit.reader.disagreements:
            self._sight.distrusts(self._kit.reader.disagreements.pop())
        self._held, may_go_on = held_back(batch, columns.waiting)
        if not self._held:
            return batch, columns
        self._sight.waits(columns.details[int(columns.waiting.argmax())])
        rows = np.flatnonzero(may_go_on)
        return batch.take(rows), columns.take(rows)

    def _check(
        self,
        batch: Batch,
        times: NDArray[np.int64],
        rows: Columns,
        *,
        live: NDArray[np.int64],
        marks: NDArray[np.bool_],
        now_micros: int,
    ) -> Verdicts:
        """Hold the readable rows, those at `live`, against the contract; watermarks move past those that hold.

        `times` (n,) are the whole batch's, those of the watermark marks among them.
        """

        def follow(hold: NDArray[np.bool_]) -> NDArray[np.int64]:
            events = np.zeros(len(batch), bool)
            events[live] = hold
            return self._clocks.follow(batch, times, events=events, marks=marks)[live]

        return check(rows, self._kit.rules, now_micros=now_micros, follow=follow)

    def _serve(self, batch: Batch, held: NDArray[np.int64], verdicts: Verdicts, *, now_micros: int) -> Served:
        """Have the rows that hold answered, those at `held`; the champion is spared what waited too long."""
        matrix = verdicts.matrix if len(held) == len(verdicts.matrix) else verdicts.matrix[~verdicts.rejected]
        late = None
        if self._kit.sheds:
            waited_millis = now_micros // 1000 - batch.timestamps[held]
            late = (batch.timestamps[held] >= 0) & (waited_millis > self._kit.deadline_millis)
        return self._kit.chain.answer(matrix, late)

    def _once(self, batch: Batch, answer: Answer) -> Answer:
        """The answers without those to events that were answered at another position; where nobody knows, a mark."""
        if self._kit.claims is None or not len(answer.rows):
            return answer
        places = batch.partitions[answer.rows], batch.offsets[answer.rows]
        said = self._kit.claims.claim(answer.ids, *places, refused=answer.modes == REJECTED)
        if said.trouble is not None:
            unsure = int(said.unsure.sum())
            self._sight.counted("driftline_unclaimed_rows_total", unsure, cause=said.trouble)
            answer = replace(answer, reasons=answer.reasons.also(said.unsure.astype(np.int8), ("", UNSURE)))
        self._account.count(batch, answer.rows[said.duplicates], "duplicate")
        return answer.take(np.flatnonzero(~said.duplicates))

    def _use(self, batch: Batch, answer: Answer, marks: NDArray[np.bool_]) -> None:
        """Account for what became of the rows and marks; the profile sees what the champion scored, nothing else."""
        for what, which in rows_by_use(answer).items():
            self._account.count(batch, answer.rows[which], what)
        self._account.count(batch, np.flatnonzero(marks), "marks")
        self._account.reasons(tell(self._sight, answer))
        counting = partial(self._beside.count, self._kit.sizes.count)
        self._account.saw(seen(self._kit.bundle.baseline, answer, self._kit.classes, counting))

    def _dead(self, batch: Batch, columns: Columns, dead: NDArray[np.int64]) -> Writes:
        self._account.count(batch, dead, "dead")
        codes, times = np.unique(columns.faults[dead], return_counts=True)
        counts = dict(zip([FAULTS[code] for code in codes.tolist()], times.tolist(), strict=True))
        self._account.reasons(counts)
        for reason, count in counts.items():
            self._sight.counted("driftline_dead_letters_total", count, reason=reason)
        return self._aside.letters(batch, columns, dead)
