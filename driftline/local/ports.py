"""Ports on loopback: which are free, and which a stack that is still starting has promised to its services."""

import os
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from driftline.local.locks import take


class Promised:
    """The ports one process has handed out, so that no other process hands them out before anybody listens there.

    A port is promised by a lock on a file of its own, which the system gives up when the process ends.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory or Path(tempfile.gettempdir()) / f"driftline-ports-{_user()}"
        self._held: dict[int, IO[bytes]] = {}

    def first_free(self, ports: Iterable[int]) -> int:
        """Promise the first of `ports` that is free and promised to nobody, or any free port where none of them is."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for port in ports:
            if port not in self._held and is_free(port) and self._promise(port):
                return port
        return free_port()

    def close(self) -> None:
        """Give all of them back."""
        for file in self._held.values():
            file.close()
        self._held.clear()

    def _promise(self, port: int) -> bool:
        file = (self._directory / str(port)).open("ab")
        if not take(file):
            file.close()
            return False
        self._held[port] = file
        return True


def free_port() -> int:
    """Find a port on loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether `port` on loopback can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
