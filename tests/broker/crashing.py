"""A scorer that dies on purpose, or worse, life after life, where its list of lives says.

Run as `python -m tests.broker.crashing` with a scorer's settings and CRASHING_LIVES, a comma-separated list. Each
entry is `step:k=act`: when `step` comes by for the k-th time, the life does one of ACTS; without an act it dies, as
kill -9 would have it. The last entry, `told`, lives until a signal. CRASHING_ABORTS is the chance that a step aborts
its transaction, CRASHING_SEED where chance begins, CRASHING_CLOCK_SECONDS how far the wall clock leaps at each step.
Each life is a fork, for an interpreter that has everything imported starts in no time.
"""

import ctypes
import gc
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

from models.session import Session
from services.scorer.__main__ import serve
from services.scorer.settings import read_settings
from stream.faults import Abort, Stopped
from stream.telemetry.logs import configure

DEAD = 137
LAST = "told"
COMMITTING = "committing"
GRACE_SECONDS = 10
PR_SET_PDEATHSIG = 1
KILLED = (DEAD, -signal.SIGKILL)
ACTS = {
    "kill": KILLED,
    "term": (0,),  # asks itself to stop; SIGALRM ends it when it has not within its grace
    "twice": (1,),  # asks itself to stop, then again
    "stop": (0,),  # freezes, as SIGSTOP has it, until its gate opens again; then lives on
    "wait": (0,),  # waits in that step until its gate opens; then lives on
}
"""What a life may do, with the exit codes it ought to have."""


class Gate:
    """Where a life waits: closed while CRASHING_GATE, a file, is there; whoever removes it lets the life go on."""

    def __init__(self) -> None:
        self._path = Path(os.environ.get("CRASHING_GATE", os.devnull))

    def wait(self) -> None:
        """Close it, then wait until it is open."""
        self._path.touch()
        while self._path.exists():
            time.sleep(0.02)


class Fate:
    """The probe: counts the steps of one life, aborts some of them, acts at the step that was named.

    Beside the log's own steps it knows `inferred`, the model has answered, and `committing`, some milliseconds
    into the commit.
    """

    def __init__(self, life: str, *, aborts: float, seed: int, leap_seconds: float) -> None:
        when, _, act = life.partition("=")
        self._step, _, times = when.partition(":")
        self._act, self._left = act or "kill", int(times or 0)
        self._aborts, self._chance, self._leap = aborts, random.Random(seed), leap_seconds
        self._clock = WallClock() if leap_seconds else None
        self._reading = self._dying = False

    def __call__(self, step: str) -> None:
        """A step came by."""
        self._reading = self._reading or step == "polled"
        self._meet(step)
        if step == "offsets":
            self._meet(COMMITTING)
        if self._clock is not None:
            self._clock.off_seconds += self._leap
        if step != "committed" and not self._dying and self._chance.random() < self._aborts:
            raise Abort(f"on purpose at {step}")

    def _meet(self, step: str) -> None:
        self._left -= step == self._step
        if self._left or step != self._step or self._dying:
            return
        self._dying = self._act != "wait"
        if step == COMMITTING:
            delay = self._chance.uniform(0.001, 0.003)
            threading.Timer(delay, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
        else:
            self._do()

    def _do(self) -> None:
        if self._act == "kill":
            os._exit(DEAD)
        if self._act == "wait":
            Gate().wait()
        elif self._act == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            signal.alarm(GRACE_SECONDS)
            for _ in range(2 if self._act == "twice" else 1):
                os.kill(os.getpid(), signal.SIGTERM)

    def over(self, score: Callable[..., Any]) -> Callable[..., Any]:
        """The model's `answers` with the step `inferred` behind it, once events are being read."""

        def scored(session: Session, matrix: Any, *given: Any) -> Any:
            found = score(session, matrix, *given)
            if self._reading:
                self("inferred")
            return found

        return scored


class WallClock:
    """The wall clock of the process, put off at will, also for whoever holds it as a default argument."""

    off_seconds = 0.0

    def __init__(self) -> None:
        true = time.time_ns
        mine: dict[Any, Any] = {
            time.time: lambda: true() / 1e9 + self.off_seconds,
            time.time_ns: lambda: true() + int(self.off_seconds * 1e9),
        }
        for one in gc.get_objects():
            if isinstance(one, FunctionType) and one.__kwdefaults__:
                held = {name: mine[value] for name, value in one.__kwdefaults__.items() if _is_in(value, mine)}
                one.__kwdefaults__.update(held)
        setattr(time, "time", mine[time.time])  # noqa: B010 - a fault, not a habit
        setattr(time, "time_ns", mine[time.time_ns])  # noqa: B010 - a fault, not a habit


def _is_in(value: object, clocks: dict[Any, Any]) -> bool:
    return any(value is clock for clock in clocks)


def main() -> int:
    """Live each life; 0 when every one ended as it should have."""
    seed = int(os.environ.get("CRASHING_SEED", "0"))
    told: list[int] = []
    for number, life in enumerate(os.environ["CRASHING_LIVES"].split(",")):
        if told:
            break
        child = os.fork()
        if child == 0:
            os._exit(_live(life, seed + number))
        signal.signal(signal.SIGTERM, _passing_on(child, told))
        code = _ended(child)
        print(f"life {number}: {life} ended with {code}", flush=True)  # noqa: T201 - the test reads it
        if code not in ((0,) if life == LAST or (told and code == 0) else ACTS[life.partition("=")[2] or "kill"]):
            return 1
    return 0


def _passing_on(child: int, told: list[int]) -> Callable[..., None]:
    def hear(number: int, _frame: object) -> None:
        told.append(number)
        os.kill(child, number)

    return hear


def _ended(child: int) -> int:
    """Wait for its end; a child that froze is let go on once its gate is open."""
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        Gate().wait()
        os.kill(child, signal.SIGCONT)


def _live(life: str, seed: int) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    said = {name: float(os.environ.get(f"CRASHING_{name}", "0")) for name in ("ABORTS", "CLOCK_SECONDS")}
    fate = Fate(life, aborts=said["ABORTS"], seed=seed, leap_seconds=said["CLOCK_SECONDS"])
    setattr(Session, "answers", fate.over(Session.answers))  # noqa: B010 - the hot path has no probe of its own
    settings = read_settings()
    configure(service="scorer", level=settings.log_level, life=life)
    try:
        return serve(settings, probe=fate)
    except Stopped as stopped:
        print(f"error: {stopped.what}\ncause: {stopped.cause}", flush=True)  # noqa: T201 - into the log
        return 1


if __name__ == "__main__":
    sys.exit(main())
