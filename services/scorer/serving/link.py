"""One model of the chain: its worker behind its breaker, its poison rows set apart."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, score_columns
from models.decide import decide
from models.session import ModelFault
from services.scorer.serving.breaker import Breaker
from services.scorer.serving.causes import BREAKER_OPEN, MODEL_ERROR, MODEL_OUTPUT, MODEL_TIMEOUT
from services.scorer.serving.salvage import most_runs, salvage
from services.scorer.serving.worker import Hung, TooSlow, Worker

TRIAL_ROWS, TRIAL_SECONDS = 8, 0.5
RUN_ROWS = 2_000
"""Most rows in one run: a deadline is not to be missed because a batch is large."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a model said of n rows: scores (n, k), decisions, estimates (n,); `causes` (n,), 0 where it answered."""

    scores: NDArray[np.float64]
    decisions: NDArray[np.int64]
    estimates: NDArray[np.float64]
    causes: NDArray[np.int8]


class Link:
    """Asks a bundle's model for answers; `places` (F,) are the columns of the matrix that are its features.

    `deadline_seconds` is for a run over at most RUN_ROWS; finding the rows that made one fail takes at most as long
    again.
    """

    def __init__(
        self,
        bundle: Bundle,
        worker: Worker,
        breaker: Breaker,
        *,
        places: NDArray[np.int64],
        deadline_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bundle, self.breaker = bundle, breaker
        self._worker, self._deadline, self._clock = worker, deadline_seconds, clock
        self._columns = score_columns(bundle.contract)
        self._places, self._in_order = places, np.array_equal(places, np.arange(len(places)))

    def ask(self, matrix: NDArray[np.float32]) -> Said:
        """Answers to every row of `matrix` (n, F of the served contract) that the model has one for."""
        is_all = self._in_order and len(self._places) == matrix.shape[1]
        mine = matrix if is_all else np.ascontiguousarray(matrix[:, self._places])
        scores, causes = self._scores(mine)
        if not causes.any():
            decisions, estimates = self._judged(scores)
        else:
            good = causes == 0
            decisions, estimates = np.full(len(mine), -1, np.int64), np.full(len(mine), np.nan)
            decisions[good], estimates[good] = self._judged(scores[good])
        return Said(scores=scores, decisions=decisions, estimates=estimates, causes=causes)

    def _judged(self, scores: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """What follows from scores (n, k): decisions and estimates, (n,)."""
        decisions = decide(scores, self.bundle.contract)
        if self.bundle.calibrator is None:
            return decisions, np.full(len(scores), np.nan)
        return decisions, self.bundle.calibrator.estimate(scores, decisions)

    def _scores(self, matrix: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        nothing = np.full((len(matrix), self._columns), np.nan)
        if not len(matrix):
            return nothing, np.zeros(0, np.int8)
        if not self._may_ask():
            return nothing, np.full(len(matrix), BREAKER_OPEN, np.int8)
        fault: ModelFault | None = None
        try:
            scores = self._run(matrix)
        except ModelFault as error:
            fault = error
            scores = nothing if isinstance(error, Hung) else self._salvaged(matrix)
        answered = np.isfinite(scores).all(axis=1)
        self._learn(fault, rows=len(matrix), answered=int(answered.sum()))
        scores[~answered] = np.nan
        return scores, np.where(answered, 0, _cause(fault)).astype(np.int8)

    def _run(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """The scores of all rows, in as many runs as that takes. Raises ModelFault."""
        starts = range(0, len(matrix), RUN_ROWS)
        done = [self._worker.run(matrix[at : at + RUN_ROWS], self._deadline) for at in starts]
        return done[0] if len(done) == 1 else np.concatenate(done)

    def _may_ask(self) -> bool:
        """Whether the breaker lets a batch through; half open, golden rows are tried first, so that no event is."""
        state = self.breaker.state()
        if state == "half_open":
            why = self._ails()
            if why is None:
                self.breaker.worked()
            else:
                self.breaker.failed(why)
            return why is None
        return state == "closed"

    def _salvaged(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """The answers to all rows but those that make the model fail, within one more deadline."""
        until = self._clock() + self._deadline
        each = self._deadline / max(1, most_runs(len(matrix)))

        def run(part: NDArray[np.float32]) -> NDArray[np.float64]:
            left = until - self._clock()
            if left <= 0:
                raise TooSlow("the time for finding the bad row is over")
            return self._worker.run(part, min(left, each))

        return salvage(run, matrix, columns=self._columns)

    def _learn(self, fault: ModelFault | None, *, rows: int, answered: int) -> None:
        """Tell the breaker: a batch without any answer is the model's failure only if golden rows fail as well.

        A batch of which not even half was answered in time fails by its size, which a few golden rows would not show.
        """
        if isinstance(fault, Hung):
            self.breaker.trip(str(fault))
        elif isinstance(fault, TooSlow) and rows > TRIAL_ROWS and 2 * answered < rows:
            self.breaker.failed(str(fault))
        elif answered:
            self.breaker.worked()
        elif why := self._ails():
            self.breaker.failed(why)

    def _ails(self) -> str | None:
        """What is wrong with the model, tried on golden rows; None if nothing is."""
        golden = self.bundle.golden.matrix[:TRIAL_ROWS]
        try:
            scores = self._worker.run(golden, min(self._deadline, TRIAL_SECONDS))
        except ModelFault as error:
            return str(error)
        return None if np.isfinite(scores).all() else "found scores of golden rows that are not finite"

    def close(self) -> None:
        """Let the worker's thread end."""
        self._worker.close()


def _cause(fault: ModelFault | None) -> int:
    if fault is None:
        return MODEL_OUTPUT
    return MODEL_TIMEOUT if isinstance(fault, TooSlow | Hung) else MODEL_ERROR
