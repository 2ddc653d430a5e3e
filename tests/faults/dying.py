"""A labeler that dies or freezes at a moment of its own work, for which the log has no probe.

Run with a labeler's settings and DYING_AT, `moment:k=act`: at the k-th time that moment comes by, it dies as kill -9
would have it (`kill`), or freezes as SIGSTOP would (`stop`) and lives on when told.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from services.labeler import __main__ as labeler
from services.labeler.healing import Healing
from services.labeler.pipeline import Labeler
from services.labeler.writing import Writing

MOMENTS: dict[str, tuple[type, str]] = {
    "healing": (Healing, "_write"),  # a part of what a pair lacks is about to be written
    "published": (Healing, "_published"),  # it has been folded, and what was published is about to be read
    "swept": (Labeler, "_sweep"),  # somebody's time has come, the outcome is about to be written
    "writing": (Writing, "write"),  # the transaction is committed, the room is not written yet
}


def at(moment: str, times: int, act: str) -> None:
    """Have that method do `act` before its `times`-th call that matters."""
    kind, name = MOMENTS[moment]
    setattr(kind, name, fateful(getattr(kind, name), times, act))


def fateful(method: Callable[..., Any], times: int, act: str) -> Callable[..., Any]:
    """The method, the `times`-th call of which that brings anything is the last; one that answers nothing counts."""
    left = [times]

    def called(self: Any, *given: Any) -> Any:
        found = method(self, *given) if method.__name__ == "_sweep" else None
        left[0] -= method.__name__ != "_sweep" or bool(found)
        if left[0] == 0:
            left[0] = -1
            if act == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGSTOP)
        return method(self, *given) if method.__name__ != "_sweep" else found

    return called


def main() -> int:
    """Run the labeler as its own command does."""
    when, _, act = os.environ["DYING_AT"].partition("=")
    moment, _, times = when.partition(":")
    at(moment, int(times), act)
    return labeler.main()


if __name__ == "__main__":
    sys.exit(main())
