"""Asking somebody who may never answer: a question runs beside us, and we wait for it only so long."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Any


class Asking:
    """Asks one question at a time and waits `seconds` for the answer.

    A time-out between two bytes bounds no answer that drips; this does. Who has not answered is asked nothing
    else: there is never more than one thread, and whoever asks meanwhile is told so at once.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open: Future[Any] | None = None

    def __call__(self, question: Callable[[], Any]) -> Any:
        """The answer, or what `question` raises; raises TimeoutError when there is none in time."""
        if self._open is not None and not self._open.done():
            raise TimeoutError("it still owes the answer to an earlier question")
        answer: Future[Any] = Future()
        self._open = answer
        # A daemon, because a process must be able to end while somebody does not answer.
        Thread(target=_ask, args=(question, answer), daemon=True, name="asking").start()
        try:
            return answer.result(self._seconds)
        except TimeoutError:
            if answer.done():
                raise
            raise TimeoutError(f"no answer within {self._seconds} seconds") from None


def _ask(question: Callable[[], Any], answer: Future[Any]) -> None:
    try:
        answer.set_result(question())
    except Exception as error:  # noqa: BLE001 - whatever it is, the one who asked gets it
        answer.set_exception(error)
