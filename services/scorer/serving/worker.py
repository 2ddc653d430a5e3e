"""A model at work in a thread of its own, so that whoever waits for it can stop waiting."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.bundle import BundleRefused
from models.session import Brake, ModelFault
from services.scorer.serving.deaths import Deaths

GRACE_SECONDS = 0.25
MOST_LOST = 3
Scores = NDArray[np.float64]


class TooSlow(ModelFault):
    """The model was stopped at its deadline."""


class Hung(ModelFault):
    """The model did not even stop when told to; its thread is given up."""


class Model(Protocol):
    """What can be asked for scores, and told to stop."""

    def answers(self, matrix: NDArray[np.float32], brake: Brake | None = None) -> Scores:
        """What it says of every row, (n, k)."""


class Worker:
    """Runs one session at a time, with a deadline a run; a thread that does not come back is replaced.

    `reopen` makes a fresh session, for one that is stuck cannot be used again. While three threads are lost no more is
    started: what they hold may only end with the process. `deaths` remembers a run that the process did not survive.
    """

    def __init__(self, session: Model, reopen: Callable[[], Model], deaths: Deaths | None = None) -> None:
        self._session, self._reopen, self.deaths = session, reopen, deaths or Deaths(None)
        self._lost: list[_Thread] = []
        self._thread: _Thread | None = None

    def run(self, matrix: NDArray[np.float32], seconds: float) -> Scores:
        """What the model says of every row, (n, k), within `seconds`. Raises TooSlow, Hung, ModelFault."""
        with self.deaths:
            return self._run(matrix, seconds)

    def _run(self, matrix: NDArray[np.float32], seconds: float) -> Scores:
        thread = self._ready()
        brake = Brake()
        thread.jobs.put((self._session, matrix, brake))
        try:
            return _told(thread.answers.get(timeout=seconds))
        except Empty:
            brake.pull()
        try:
            thread.answers.get(timeout=GRACE_SECONDS)
        except Empty:
            # Should it come back after all, it ends.
            thread.jobs.put(None)
            self._lost.append(thread)
            self._thread = None
            raise Hung(f"found no answer within {seconds:g} s, nor after it was told to stop") from None
        raise TooSlow(f"found no answer within {seconds:g} s")

    def _ready(self) -> "_Thread":
        if self._thread is None:
            self._renew()
            self._thread = _Thread()
        return self._thread

    def _renew(self) -> None:
        """Open the session again where a thread was lost with it. Raises Hung when too many are lost still."""
        was_lost = bool(self._lost)
        self._lost = [one for one in self._lost if one.answers.empty()]
        if len(self._lost) >= MOST_LOST:
            raise Hung(f"{len(self._lost)} of its runs do not end: restart the process")
        try:
            self._session = self._reopen() if was_lost else self._session
        except BundleRefused as error:
            raise Hung(f"it cannot be opened again: {error}") from error

    def close(self) -> None:
        """Let the thread end."""
        if self._thread is not None:
            self._thread.jobs.put(None)
            self._thread = None


def _told(answer: "Scores | BaseException") -> Scores:
    if isinstance(answer, BaseException):
        raise answer
    return answer


class _Thread:
    """Takes jobs, gives answers, in turn; an exception is an answer."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[tuple[Model, Any, Brake] | None] = SimpleQueue()
        self.answers: SimpleQueue[Scores | BaseException] = SimpleQueue()
        Thread(target=self._work, name="model", daemon=True).start()

    def _work(self) -> None:
        while job := self.jobs.get():
            session, matrix, brake = job
            try:
                self.answers.put(session.answers(matrix, brake))
            except BaseException as error:  # noqa: BLE001 - whoever waits for the answer raises it
                self.answers.put(error)
