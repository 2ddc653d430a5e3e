"""Processes born in no time: forks of one interpreter that has imported everything a service needs.

Run as `python -m tests.broker.nursery` it reads one order a line, forks, and writes the pid; a child's exit code ends
up in a file beside its log. It ends with its standard input, and its children with it.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from driftline.local.child import Child
from models import verify
from models.safety.trial import Trial
from services.drift import __main__ as drift
from services.labeler import __main__ as labeler
from services.scorer import __main__ as scorer
from tests.broker import crashing, slow
from tests.faults import drifting, dying, killing
from tests.faults.soak.scene import scoring

MAINS = {
    "services.drift": drift.main,
    "services.labeler": labeler.main,
    "services.scorer": scorer.main,
    "tests.broker.crashing": crashing.main,
    "tests.broker.slow": slow.main,
    "tests.faults.drifting": drifting.main,
    "tests.faults.dying": dying.main,
    "tests.faults.killing": killing.main,
    "tests.faults.soak.scene.scoring": scoring.main,
}
GLANCE_SECONDS, GRACE_SECONDS = 0.02, 10.0
PR_SET_PDEATHSIG = 1


class Nursery:
    """Starts children until `close`; none outlives it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.broker.nursery"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, name: str, module: str, *, log: Path, environment: Mapping[str, str]) -> "Born":
        """Run the `main` of `module` with these variables besides our own, once whoever wrote to `log` has ended."""
        log.touch()
        log_start = log.stat().st_size
        exit_file(log).unlink(missing_ok=True)
        order = {"module": module, "log": str(log), "environment": {**os.environ, **environment}}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        return Born(name=name, pid=pid, log=log, log_start=log_start, guard=self._process)  # type: ignore[arg-type]  # in text

    def close(self) -> None:
        """End it."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()


@dataclass
class Born(Child):
    """A child of the nursery, which is its guard."""

    @property
    def exit_code(self) -> int | None:
        """What it exited with, 128 + n after signal n; None while it runs."""
        ended = exit_file(self.log)
        return int(ended.read_text(encoding="utf-8")) if ended.exists() else None

    def ask_to_stop(self) -> None:
        """Ask it to end without waiting."""
        self._send(signal.SIGTERM)

    def kill(self) -> int:
        """Kill it as `kill -9` does, and return its exit code."""
        self._send(signal.SIGKILL)
        return self._ended()

    def _send(self, number: signal.Signals) -> None:
        if self.exit_code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _ended(self) -> int:
        patient_until = time.monotonic() + GRACE_SECONDS
        while (code := self.exit_code) is None:
            if time.monotonic() > patient_until:
                self._send(signal.SIGKILL)
            time.sleep(GLANCE_SECONDS)
        return code


def exit_file(log: Path) -> Path:
    """Where the exit code of whoever writes to `log` ends up."""
    return log.with_suffix(".exit")


def untried(*_given: Any, **_named: Any) -> Trial:
    """No trial of the model in a child process: half a second of a start, and not what these tests are about."""
    return Trial(nodes=0, operators=(), seconds=0.0, free=())


def main() -> int:
    """Take orders until there are no more."""
    setattr(verify, "tried", untried)  # noqa: B010 - mypy lets no function of a module be assigned
    logs: dict[int, Path] = {}
    orders = os.fdopen(os.dup(0), "rb", buffering=0)
    while True:
        if select.select([orders], [], [], GLANCE_SECONDS)[0]:
            line = orders.readline()
            if not line:
                return 0
            order = json.loads(line)
            _know(str(order["module"]))
            pid = os.fork()
            if pid == 0:
                os._exit(_live(order))
            logs[pid] = Path(order["log"])
            print(pid, flush=True)  # noqa: T201 - whoever ordered reads it
        _note_the_dead(logs)


def _know(module: str) -> None:
    """Import what only some tests start, before the first of its forks: faust and its client take a second."""
    if module == "services.notifier" and module not in MAINS:
        MAINS[module] = import_module("services.notifier.__main__").main


def _note_the_dead(logs: dict[int, Path]) -> None:
    for pid, log in list(logs.items()):
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            code = os.waitstatus_to_exitcode(status)
            written = log.with_suffix(".exiting")
            written.write_text(str(code if code >= 0 else 128 - code), encoding="utf-8")
            written.rename(exit_file(log))
            del logs[pid]


def _live(order: Mapping[str, object]) -> int:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, target in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(number, target)
    os.environ.clear()
    os.environ.update(order["environment"])  # type: ignore[call-overload]  # JSON of our own
    try:
        return int(MAINS[str(order["module"])]())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
