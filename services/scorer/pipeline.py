"""The scorer's stages: decode, set aside, check, score, encode, account.

READS   features
WRITES  predictions (refused rows and watermark marks among them), dead letters, a profile: one transaction.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.decide import decide, headline
from models.session import ModelFault
from schemas.columns import FAULTS, Columns
from services.scorer.account import Account
from services.scorer.answer import Answer, answered, predictions
from services.scorer.clocks import Clocks, by_place, read_marks
from services.scorer.core import Verdicts, check
from services.scorer.kit import Kit
from services.scorer.profile import Seen
from stream.faults import Abort, Stopped
from stream.partitioner import partition_of
from stream.records import Batch, Place, Span, Start, Writes
from stream.telemetry.catalogue import CounterName
from stream.watermark import Watermark


class Sight(Protocol):
    """Who is told what happens inside a batch: timings and counts."""

    def took(self, stage: str, seconds: float) -> None:
        """A stage of one batch took so long."""

    def counted(self, name: CounterName, amount: int, **labels: str) -> None:
        """Something happened `amount` times; it counts once the transaction is committed."""

    def read(self, batch: Batch) -> None:
        """A batch was read."""

    def accounted(self, ranges: Sequence[Mapping[str, Any]], marks: Mapping[Place, Watermark | None]) -> None:
        """The ranges that the transaction about to be committed accounts for."""


class Scorer:
    """One transaction's work: rows in, predictions out, an account kept."""

    def __init__(self, kit: Kit, sight: Sight) -> None:
        self._kit, self._sight = kit, sight
        self._clocks, self._account = Clocks(), Account(kit)

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Take up each partition's watermark where its last commit left it."""
        self._clocks.assigned(starts)
        self._account.forget()

    def committed(self) -> None:
        """What was learnt is now a fact."""
        self._clocks.committed()
        self._account.forget()

    def aborted(self) -> None:
        """Back to what was known before the transaction."""
        self._clocks.aborted()
        self._account.forget()

    def metadata(self) -> Mapping[Place, str]:
        """Each partition's watermark, to travel with its offset."""
        return self._clocks.metadata()

    def take(self, batch: Batch) -> Iterable[Writes]:
        """Score a batch. Raises Abort when a schema cannot be asked for, Stopped when the model is at fault."""
        self._sight.read(batch)
        self._check_key(batch)
        began, now_micros = time.perf_counter(), time.time_ns() // 1000
        marks, said = read_marks(batch, now_micros + self._kit.rules.max_ahead_micros)
        columns = self._decode(batch)
        columns.times[marks] = said[marks]
        dead = np.flatnonzero((columns.faults != 0) & ~marks)
        live = np.flatnonzero((columns.faults == 0) & ~marks)
        rows = columns.take(live)
        began = self._lap("decode", began)
        verdicts = self._check(batch, columns.times, rows, live=live, marks=marks, now_micros=now_micros)
        began = self._lap("validate", began)
        answer = self._score(rows, live, verdicts)
        began = self._lap("infer", began)
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
        now = time.perf_counter()
        self._sight.took(stage, now - began)
        return now

    def _check_key(self, batch: Batch) -> None:
        """One key a batch is checked: Kafka does not tell which partitioner a producer used."""
        key = batch.keys[0]
        if key is not None and partition_of(key, self._kit.partitions) != int(batch.partitions[0]):
            self._sight.counted("driftline_misplaced_keys_total", 1)

    def _decode(self, batch: Batch) -> Columns:
        try:
            return self._kit.reader.read(batch.values, batch.headers)
        except ConnectionError as error:
            raise Abort(f"a schema cannot be asked for: {error}") from error

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

        verdicts = check(rows, self._kit.rules, now_micros=now_micros, follow=follow)
        for place, which in by_place(batch, live):
            self._account.count(place, "rejected", int((which & verdicts.rejected).sum()))
            self._account.count(place, "scored", int((which & ~verdicts.rejected).sum()))
        for place, which in by_place(batch, np.flatnonzero(marks)):
            self._account.count(place, "marks", int(which.sum()))
        self._tell("driftline_rejects_total", verdicts.counts(verdicts.rejected))
        self._tell("driftline_marks_total", verdicts.counts(~verdicts.rejected))
        return verdicts

    def _tell(self, name: CounterName, counts: Mapping[str, int]) -> None:
        for reason, count in counts.items():
            self._account.reason(reason, count)
            self._sight.counted(name, count, reason=reason)

    def _score(self, rows: Columns, live: NDArray[np.int64], verdicts: Verdicts) -> Answer:
        """One run of the model over the rows that hold."""
        kit = self._kit
        good = ~verdicts.rejected
        try:
            scores = kit.session.score(verdicts.matrix if good.all() else verdicts.matrix[good])
        except ModelFault as fault:
            raise Stopped(str(fault), cause="the bundle is faulty", fix="serve the previous bundle") from fault
        decisions = decide(scores, kit.contract)
        calibrator = kit.bundle.calibrator
        nothing = np.full(len(scores), np.nan)
        answer = answered(
            rows=live,
            columns=rows,
            buckets=rows.times - rows.times % kit.contract.bucket_micros,
            verdicts=verdicts,
            segments=kit.segment_codes(verdicts.matrix),
            scores=scores,
            decisions=decisions,
            estimates=nothing if calibrator is None else calibrator.estimate(scores, decisions),
        )
        self._account.saw(self._seen(rows.matrix[good], answer, good, headline(scores)))
        return answer

    def _seen(
        self, raw: NDArray[np.float32], answer: Answer, good: NDArray[np.bool_], scores: NDArray[np.float64]
    ) -> Seen:
        """What the profile needs of the scored rows; features as they came, before anything was imputed."""
        baseline = self._kit.bundle.baseline
        return Seen(
            buckets=answer.buckets[good],
            bins=baseline.bins(raw),
            standardised=baseline.standardised(raw),
            score_bins=baseline.score_bins(scores),
            scores=scores,
            decisions=answer.decisions[good],
            estimates=answer.estimates[good],
            marked=answer.verdicts.reasons[good] != 0,
            segments=answer.segments[good],
        )

    def _dead(self, batch: Batch, columns: Columns, dead: NDArray[np.int64]) -> Writes:
        rows = dead.tolist()
        why = {row: (FAULTS[columns.faults[row]], columns.details.get(row, "")) for row in rows}
        for place, which in by_place(batch, dead):
            self._account.count(place, "dead", int(which.sum()))
        codes, counts = np.unique(columns.faults[dead], return_counts=True)
        reasons = [FAULTS[code] for code in codes.tolist()]
        self._tell("driftline_dead_letters_total", dict(zip(reasons, counts.tolist(), strict=True)))
        return self._kit.desk.letters(batch, rows, stage="decode", why=why)
