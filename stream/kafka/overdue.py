"""A deadline for a native call that does not keep its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """What `call` answers, or raises. Raises TimeoutError once it has taken `seconds`, and leaves it to itself.

    A native call cannot be interrupted: it runs in a thread that nobody waits for at the end of the process, and
    whatever it holds is let go of when it comes back, if ever. A thread costs 0.1 ms: not for the hot path.
    """
    outcome: Future[Any] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised again below, in the thread that waits
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome.result(seconds)
