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
"""Most rows in one run, so that a bad one costs no more time to find in a large batch."""
RUNS_A_DEADLINE, NANO = 16, 1e-9
"""A batch of more than one run is to take so small a part of the deadline that a run may fail, or stall, in it."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a model said of n rows: scores (n, k), decisions, estimates (n,); `causes` (n,), 0 where it answered."""

    scores: NDArray[np.float64]
    decisions: NDArray[np.int64]
    estimates: NDArray[np.float64]
    causes: NDArray[np.int8]


class Link:
    """Asks a bundle's model for answers; `places` (F,) are the columns of the matrix that are its features.

    `deadline_seconds` is for a whole batch; finding the rows that made a run fail takes at most as long again.
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
        self._columns, self._seconds_a_row = score_columns(bundle.contract), float("inf")
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
        scores = np.full((len(matrix), self._columns), np.nan)
        if not len(matrix):
            return scores, np.zeros(0, np.int8)
        if not self._may_ask():
            return scores, np.full(len(matrix), BREAKER_OPEN, np.int8)
        fault = self._fill(scores, matrix)
        answered = np.isfinite(scores).all(axis=1)
        self._learn(fault, rows=len(matrix), answered=int(answered.sum()))
        scores[~answered] = np.nan
        return scores, np.where(answered, 0, _cause(fault)).astype(np.int8)

    def _fill(self, scores: NDArray[np.float64], matrix: NDArray[np.float32]) -> ModelFault | None:
        """Put the model's answers into `scores` (n, k), run by run; what went wrong, if anything did.

        The runs share one deadline, those that find the bad rows of the failed ones another.
        """
        began, again = self._clock(), float("inf")
        fault: ModelFault | None = None
        for at in range(0, len(matrix), RUN_ROWS):
            part = matrix[at : at + RUN_ROWS]
            try:
                scores[at : at + RUN_ROWS] = self._within(part, began + self._deadline)
            except Hung as error:
                fault = error
                break
            except ModelFault as error:
                fault, again = error, min(again, self._clock() + self._deadline)
                scores[at : at + RUN_ROWS] = self._salvaged(part, again)
        self._seconds_a_row = (self._clock() - began) / len(matrix) if fault is None else float("inf")
        return fault

    def _within(self, part: NDArray[np.float32], until: float, most: float = float("inf")) -> NDArray[np.float64]:
        """One run, over at the moment `until`, or after `most` seconds. Raises ModelFault."""
        left = until - self._clock()
        if left <= 0:
            raise TooSlow("the batch's time is over")
        return self._worker.run(part, min(left, most))

    def appetite(self) -> int:
        """How many rows it should be asked about at once: one run, or as many as leave time to find a bad one."""
        return max(RUN_ROWS, int(self._deadline / RUNS_A_DEADLINE / max(self._seconds_a_row, NANO)))

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

    def _salvaged(self, part: NDArray[np.float32], until: float) -> NDArray[np.float64]:
        """The answers to all rows of a failed run but those that make the model fail, as far as there is time."""
        each = self._deadline / max(1, most_runs(len(part)))
        return salvage(lambda some: self._within(some, until, each), part, columns=self._columns)

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
