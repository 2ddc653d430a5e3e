"""The group's members, each a process that a warden starts again whenever it has ended, as a supervisor would."""

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from driftline.local.child import Child
from tests.broker.nursery import Nursery

MODULE = "tests.faults.soak.scene.scoring"
LOOK_SECONDS, BACK_OFF_SECONDS, GRACE_SECONDS = 0.1, 0.5, 30.0
LINES = 40
KILLED = 128 + signal.SIGKILL
TERMINATED = 128 + signal.SIGTERM
ENDED = (0, TERMINATED)
"""How a life ends that was told to; the second one was told before the interpreter had come so far as to listen."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Member:
    """One scorer, life after life; `why` counts how its lives ended that nobody had asked to end.

    It is started as anybody would, or, with a `nursery`, sooner.
    """

    name: str
    environment: Mapping[str, str]
    log: Path
    whims: Path
    nursery: Nursery | None = None
    is_wanted: bool = True
    child: Child | None = None
    asked: str = ""
    not_before: float = 0.0
    lives: int = 0
    resident_bytes: int = 0
    asked_at: float = 0.0
    slowest_stop_seconds: float = 0.0
    why: Counter[str] = field(default_factory=Counter)
    _said: dict[str, float] = field(default_factory=dict)

    def wish(self, name: str, amount: float) -> None:
        """Change one of its whims."""
        self._said[name] = amount
        fresh = self.whims.with_suffix(".new")
        fresh.write_text(json.dumps(self._said))
        fresh.replace(self.whims)

    def send(self, number: int) -> bool:
        """Send its process a signal; whether it runs."""
        if self.child is None or self.child.exit_code is not None:
            return False
        os.kill(self.child.pid, number)
        return True

    def begin(self) -> None:
        """Start a life."""
        name, environment = f"scorer {self.name}", {**self.environment, "SOAK_WHIMS": str(self.whims)}
        self.child = (
            self.nursery.start(name, MODULE, log=self.log, environment=environment)
            if self.nursery
            else Child.start(
                name,
                [sys.executable, "-m", MODULE],
                log=self.log,
                environment=environment,
                grace_seconds=GRACE_SECONDS,
            )
        )
        self.lives += 1
        self.asked = ""

    def measure(self) -> None:
        """Look at its resident memory."""
        if self.child is not None and self.child.exit_code is None:
            try:
                pages = int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1])
            except (OSError, IndexError):
                return
            self.resident_bytes = max(self.resident_bytes, pages * PAGE_BYTES)

    def bury(self, child: Child) -> None:
        """A life ended: remember how."""
        code = child.stop()
        self.child = None
        expected = {"kill": (KILLED,), "terminate": ENDED}.get(self.asked, ())
        if self.asked == "terminate":
            self.slowest_stop_seconds = max(self.slowest_stop_seconds, time.monotonic() - self.asked_at)
        if code not in expected:
            self.why[_reason(code, child.last_lines(LINES))] += 1
            self.not_before = max(self.not_before, time.monotonic() + BACK_OFF_SECONDS)


def _reason(code: int, lines: str) -> str:
    """Why a life ended, by its log: what the process said of it, if it said anything."""
    said = [line for line in lines.splitlines() if line.startswith("error: ")]
    if said:
        return f"{code}: {said[-1].removeprefix('error: ')[:120]}"
    return f"{code}: unexplained: {(lines.splitlines() or ['nothing in the log'])[-1][:120]}"


class Warden:
    """Starts every wanted member whenever it does not run, in a thread."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        self.members = members
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            with self._lock:
                for member in self.members.values():
                    self._tend(member)

    def _tend(self, member: Member) -> None:
        member.measure()
        if member.child is not None and member.child.exit_code is not None:
            member.bury(member.child)
        if member.child is None and member.is_wanted and time.monotonic() >= member.not_before:
            member.begin()

    def ask(self, name: str, how: str, *, down_seconds: float = 0.0, comes_back: bool = True) -> bool:
        """`kill` or `terminate` a member, which stays down so long, or for good; whether it ran."""
        with self._lock:
            member = self.members[name]
            member.is_wanted = comes_back
            member.not_before = time.monotonic() + down_seconds
            if member.child is None or member.child.exit_code is not None:
                return False
            member.asked, member.asked_at = how, time.monotonic()
            if how == "kill":
                os.kill(member.child.pid, signal.SIGKILL)
            else:
                member.child.ask_to_stop()
            return True

    def freeze(self, name: str) -> Callable[[], None] | None:
        """Stop a member where it stands; None when it does not run, else what lets it go on."""
        with self._lock:
            child = self.members[name].child
            if not self.members[name].send(signal.SIGSTOP):
                return None

        def thaw() -> None:
            with self._lock:
                if self.members[name].child is child:
                    self.members[name].send(signal.SIGCONT)

        return thaw

    def invite(self, name: str) -> None:
        """A member is wanted from now on."""
        with self._lock:
            self.members[name].is_wanted = True

    def ask_where(self) -> None:
        """Have everybody write to its log where its threads stand."""
        for member in self.members.values():
            member.send(signal.SIGUSR1)

    def stop(self, timeout_seconds: float) -> dict[str, int]:
        """Start nobody any more, ask everybody to end; the exit code of each that ran."""
        self._stop.set()
        self._thread.join()
        running = {name: m.child for name, m in self.members.items() if m.child is not None}
        for child in running.values():
            child.ask_to_stop()
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline and any(child.exit_code is None for child in running.values()):
            time.sleep(LOOK_SECONDS)
        return {name: child.stop() for name, child in running.items()}


MARKS = {
    '"event": "assigned"': "rebalances",
    '"result": "aborted"': "aborts",
    '"result": "restarted"': "producers made anew",
    # The broker ends a transaction without its markers: what it wrote there stays open for ever.
    "Couldn't find leader endpoint for partitions": "markers left out",
}


def told(logs: list[Path]) -> Counter[str]:
    """How often the logs tell that members were given partitions, aborted, made new producers, and of a hanging end."""
    counts: Counter[str] = Counter(dict.fromkeys(MARKS.values(), 0))
    for log in logs:
        with log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                counts.update([word for mark, word in MARKS.items() if mark in line])
    return counts


def settings_of(slot: str | None, **settings: Any) -> dict[str, str]:
    """A scorer's variables."""
    said = {"admin_port": 0, "begin": "earliest", "slot": slot, **settings}
    return {f"SCORER_{name.upper()}": str(value) for name, value in said.items() if value is not None}
