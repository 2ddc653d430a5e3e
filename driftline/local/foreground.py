"""One stack from start to stop in this process, which is also what `up --detach` leaves behind."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from driftline.local.locks import take
from driftline.local.plan import Plan
from driftline.local.state import StackState
from driftline.local.supervisor import Supervisor
from driftline.output import OK, Refusal, say, say_refusal

STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class StopAsked(BaseException):
    """A signal asked this process to stop; raised once, wherever the main thread happens to be."""


class AlreadyRunning(Refusal):
    """Another supervisor holds this directory."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"a stack already runs in {directory}",
            fix="`driftline down` stops it; another --state directory holds another stack",
        )


def run(plan: Plan, on_ready: Callable[[StackState], None]) -> int:
    """Start the stack, stay until a signal or a death, stop it; the exit code is 0 after a signal.

    Raises Refusal, after everything was stopped, when the stack could not start or a member died.
    """
    with held(plan.directory), stop_signals() as ears:
        supervisor = Supervisor(plan)
        try:
            on_ready(supervisor.start())
            supervisor.watch()
        except StopAsked:
            say("stopping")
            return OK
        finally:
            ears.close()
            supervisor.stop()


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Be the only supervisor of `directory` while inside.

    Raises AlreadyRunning.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("ab") as file:
        if not take(file):
            raise AlreadyRunning(directory)
        yield


class Ears:
    """Hears the first signal to stop, and none after that or after `close()`."""

    def __init__(self) -> None:
        self._open = True

    def close(self) -> None:
        """Hear nothing from now on."""
        self._open = False

    def hear(self, _number: int, _frame: object) -> None:
        """Raise StopAsked, once."""
        if self._open:
            self._open = False
            raise StopAsked


@contextmanager
def stop_signals() -> Iterator[Ears]:
    """Raise StopAsked on the first signal to stop while inside."""
    ears = Ears()
    previous = {number: signal.signal(number, ears.hear) for number in STOP_SIGNALS}
    try:
        yield ears
    finally:
        for number, action in previous.items():
            signal.signal(number, action)


def main() -> int:
    """Run the plan in the file named by the only argument."""
    plan = Plan.model_validate_json(Path(sys.argv[1]).read_bytes())
    try:
        return run(plan, lambda _state: say(f"ready, supervised by process {os.getpid()}"))
    except Refusal as refusal:
        say_refusal(refusal)
        return refusal.code


if __name__ == "__main__":
    sys.exit(main())
