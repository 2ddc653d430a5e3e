"""A scorer that dies on purpose, life after life, where its list of deaths says.

Run as `python -m tests.broker.crashing` with a scorer's settings and CRASHING_LIVES, a comma-separated list:
`step:k` dies, as kill -9 would have it, when `step` comes by for the k-th time; the last entry, `told`, lives
until a signal. CRASHING_ABORTS is the chance that a step aborts its transaction, CRASHING_SEED where chance begins.
Each life is a fork, for an interpreter that has everything imported starts in no time.
"""

import ctypes
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from models.session import Session
from services.scorer.__main__ import serve
from services.scorer.settings import read_settings
from stream.faults import Abort, Stopped
from stream.telemetry.logs import configure

DEAD = 137
LAST = "told"
COMMITTING = "committing"
PR_SET_PDEATHSIG = 1


class Fate:
    """The probe: counts the steps of one life, aborts some of them, ends it at the step that was named.

    Beside the log's own steps it knows `inferred`, the model has answered, and `committing`, some milliseconds
    into the commit.
    """

    def __init__(self, life: str, *, aborts: float, seed: int) -> None:
        self._step, _, times = life.partition(":")
        self._left = int(times or 0)
        self._aborts, self._chance = aborts, random.Random(seed)
        self._reading = self._dying = False

    def __call__(self, step: str) -> None:
        """A step came by."""
        self._reading = self._reading or step == "polled"
        self._meet(step)
        if step == "offsets":
            self._meet(COMMITTING)
        if step != "committed" and not self._dying and self._chance.random() < self._aborts:
            raise Abort(f"on purpose at {step}")

    def _meet(self, step: str) -> None:
        self._left -= step == self._step
        if self._left or step != self._step or self._dying:
            return
        if step != COMMITTING:
            os._exit(DEAD)
        self._dying = True
        threading.Timer(self._chance.uniform(0.001, 0.003), lambda: os.kill(os.getpid(), signal.SIGKILL)).start()

    def over(self, score: Callable[..., Any]) -> Callable[..., Any]:
        """The model's `score` with the step `inferred` behind it, once events are being read."""

        def scored(session: Session, matrix: Any) -> Any:
            found = score(session, matrix)
            if self._reading:
                self("inferred")
            return found

        return scored


def main() -> int:
    """Live each life; 0 when every one ended as it should have."""
    seed = int(os.environ.get("CRASHING_SEED", "0"))
    for number, life in enumerate(os.environ["CRASHING_LIVES"].split(",")):
        child = os.fork()
        if child == 0:
            os._exit(_live(life, seed + number))
        signal.signal(signal.SIGTERM, lambda *_heard, child=child: os.kill(child, signal.SIGTERM))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(f"life {number}: {life} ended with {code}", flush=True)  # noqa: T201 - the test reads it
        if code not in ((0,) if life == LAST else (DEAD, -signal.SIGKILL)):
            return 1
    return 0


def _live(life: str, seed: int) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    fate = Fate(life, aborts=float(os.environ.get("CRASHING_ABORTS", "0")), seed=seed)
    setattr(Session, "score", fate.over(Session.score))  # noqa: B010 - the hot path has no probe of its own
    settings = read_settings()
    configure(service="scorer", level=settings.log_level, life=life)
    try:
        return serve(settings, probe=fate)
    except Stopped as stopped:
        print(f"error: {stopped.what}\ncause: {stopped.cause}", flush=True)  # noqa: T201 - into the log
        return 1


if __name__ == "__main__":
    sys.exit(main())
