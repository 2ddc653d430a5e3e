"""The wrapper around a child process that ends the child when whoever started it is gone.

Run by path as `python guard.py --log FILE --grace SECONDS -- COMMAND...`, standard library only so that it
starts quickly. Its standard input is the lifeline: the starter holds the only other end, so end-of-file means
that the starter is dead or has let go. Its standard output is one line, the child's pid. It exits with the
child's code, 128 + n for a child that signal n ended, and 127 for a command that could not be started.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1


def main() -> int:
    """Start the command, stand by it, and return what it exited with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--grace", type=float, required=True)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    asked, ask = os.pipe()
    _ask_on_sigterm(ask)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with options.log.open("ab") as log:
        try:
            child = _spawn(options.command, log.fileno())
        except OSError as error:
            log.write(f"cannot start {options.command[0]}: {error}\n".encode())
            return 127
    print(child.pid, flush=True)  # noqa: T201 - the one line that the starter reads
    threading.Thread(target=_watch_lifeline, args=(ask,), daemon=True).start()
    threading.Thread(target=_end_when_asked, args=(child, asked, options.grace), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _spawn(command: list[str], log: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - this process has one thread until the child runs
    )


def _die_with(parent: int) -> Callable[[], None] | None:
    """On Linux, also ask the kernel to kill the child should this guard itself be killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _ask_on_sigterm(ask: int) -> None:
    """Write to the pipe `ask` on SIGTERM, from within the C handler.

    A handler in Python runs between two steps of the main thread only: never, when the signal came just before
    waitpid; and in the midst of itself, when two came at once, which an Event's lock does not survive.
    """
    os.set_blocking(ask, False)
    signal.set_wakeup_fd(ask, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)


def _watch_lifeline(ask: int) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.write(ask, b"!")


def _end_when_asked(child: "subprocess.Popen[bytes]", asked: int, grace_seconds: float) -> None:
    os.read(asked, 1)
    child.terminate()
    try:
        child.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    # Not sys.exit: the daemon thread may sit in read(0), which a normal interpreter exit can trip over.
    os._exit(main())
