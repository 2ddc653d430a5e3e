"""A child process that cannot outlive the process that started it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from driftline.output import FAILED, Refusal

LOOK_BACK_LINES = 500
GUARD = Path(__file__).with_name("guard.py")


@dataclass
class Child:
    """A guarded process: `pid` is its own, `log` the file it writes to, in this run from byte `log_start`."""

    name: str
    pid: int
    log: Path
    log_start: int
    guard: "subprocess.Popen[bytes]"

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        grace_seconds: float = 10.0,
    ) -> Self:
        """Start `command`; once asked to stop it has `grace_seconds` before it is killed.

        Its own session keeps a Ctrl-C in the terminal from reaching it before we decide the order. The child
        lives until this process lets the lifeline go; a fork of this process without exec would hold it too.

        Raises Refusal when the command cannot be started.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        log_start = log.stat().st_size if log.exists() else 0
        guard = subprocess.Popen(
            [
                sys.executable,
                "-P",
                str(GUARD),
                "--log",
                str(log),
                "--grace",
                str(grace_seconds),
                "--",
                *command,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        assert guard.stdout is not None  # noqa: S101 - PIPE was asked for two lines above
        with guard.stdout as line:
            said = line.readline()
        child = cls(name=name, pid=int(said or 0), log=log, log_start=log_start, guard=guard)
        if not said:
            child.stop()
            raise Refusal(
                f"{name} could not be started",
                cause=child.last_lines(3),
                fix="see the line above",
                code=FAILED,
            )
        return child

    @property
    def exit_code(self) -> int | None:
        """What the process exited with, 128 + n after signal n; None while it runs."""
        return self.guard.poll()

    def stop(self) -> int:
        """Ask it to end, wait, and return its exit code; it is killed after its grace."""
        self.ask_to_stop()
        return self._ended()

    def ask_to_stop(self) -> None:
        """Ask it to end without waiting."""
        if self.guard.poll() is None:
            self.guard.terminate()

    def kill(self) -> int:
        """Kill it as `kill -9` does, and return its exit code."""
        if self.guard.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        return self._ended()

    def _ended(self) -> int:
        code = self.guard.wait()
        if self.guard.stdin is not None:
            self.guard.stdin.close()
        return code

    def last_lines(self, count: int = 15) -> str:
        """Read the last `count` lines that this run wrote to the log."""
        return last_lines(self.log, count, start=self.log_start)

    def complaints(self, count: int = 6) -> str:
        """Read the last `count` lines of this run that name an error; other threads may have logged after them."""
        wanted = (" ERROR ", " FATAL ", "Exception: ", "Caused by: ")
        lines = last_lines(self.log, LOOK_BACK_LINES, start=self.log_start).splitlines()
        return "\n".join([line for line in lines if any(word in line for word in wanted)][-count:])


def last_lines(log: Path, count: int = 15, *, start: int = 0) -> str:
    """Read the last `count` lines of `log`, looking no further back than byte `start`."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(start, size - 65536))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-count:])
