"""Starting a supervisor that stays behind, and ending one."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from driftline.local.jars import classpath
from driftline.local.plan import Plan
from driftline.local.state import StackState, read_state, state_file
from driftline.output import FAILED, Refusal

LOOK_EVERY_SECONDS = 0.1
GONE_WITHIN_SECONDS = 60.0
DATA = ("kafka", "redis", "prometheus", "alertmanager")


class NotStarted(Exception):
    """The supervisor ended with exit `code` before the stack was ready; it said why on our standard error."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


def start_detached(plan: Plan) -> StackState:
    """Start a supervisor in a session of its own and return once the stack is ready; its words come out here.

    Raises NotStarted.
    """
    if plan.brokers is None:
        classpath()  # fetched here where a terminal can show the progress
    plan.directory.mkdir(parents=True, exist_ok=True)
    file = plan.directory / "plan.json"
    file.write_text(plan.model_dump_json(indent=2) + "\n", encoding="utf-8")
    log = plan.log_of("supervisor")
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "driftline.local.foreground", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    with log.open("rb") as words:
        try:
            return _followed(plan, supervisor, words.read)
        except BaseException:
            supervisor.terminate()
            supervisor.wait()
            sys.stderr.buffer.write(words.read())
            raise


def stop_supervisor(directory: Path, state: StackState) -> None:
    """Ask the supervisor to stop and wait until it and every member are gone, then forget the state.

    Raises Refusal when something is still there after a minute.
    """
    if state.supervisor.is_alive():
        os.kill(state.supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    processes = {"supervisor": state.supervisor} | {member.name: member.process for member in state.members}
    while left := [f"{name} (pid {p.pid})" for name, p in processes.items() if p.is_alive()]:
        if time.monotonic() > deadline:
            what = f"still running after {GONE_WITHIN_SECONDS:g} s: {', '.join(left)}"
            raise Refusal(what, fix="look into their logs, then end them with kill", code=FAILED)
        time.sleep(LOOK_EVERY_SECONDS)
    with suppress(FileNotFoundError):
        state_file(directory).unlink()


def wipe(directory: Path) -> bool:
    """Remove what the embedded servers keep under `directory`; whether there was any."""
    kept = [data for data in (directory / name for name in DATA) if data.exists()]
    for data in kept:
        shutil.rmtree(data)
    return bool(kept)


def _followed(plan: Plan, supervisor: "subprocess.Popen[bytes]", words: Callable[[], bytes]) -> StackState:
    while True:
        code = supervisor.poll()
        state = read_state(plan.directory)
        sys.stderr.buffer.write(words())
        sys.stderr.flush()
        if code is not None:
            raise NotStarted(code)
        if state and state.phase == "ready" and state.supervisor.pid == supervisor.pid:
            return state
        time.sleep(LOOK_EVERY_SECONDS)
