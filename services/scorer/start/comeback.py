"""The return of a champion whose bundle was missing: looked for in the background until it is there."""

import time
from collections.abc import Callable
from threading import Thread

import structlog

from models.bundle import BundleRefused
from services.scorer.kit import Kit
from services.scorer.start.assembly import Opened


class Comeback:
    """Answers, when asked between two transactions, with a kit for the bundle that has turned up; None until then.

    `look` opens the bundle, `make` turns what was opened into a kit; both raise BundleRefused. Opening takes a second
    or more, so it happens in a thread, every `every_seconds`.
    """

    def __init__(
        self,
        look: Callable[[], Opened],
        make: Callable[[Opened], Kit],
        *,
        every_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look, self._make, self._every, self._clock = look, make, every_seconds, clock
        self._next = clock() + every_seconds
        self._thread: Thread | None = None
        self._found: Opened | None = None
        self._over = False
        self._logger = structlog.get_logger()

    def __call__(self) -> Kit | None:
        """The kit to go on with, once."""
        if self._over or (self._thread is not None and self._thread.is_alive()):
            return None
        if self._found is not None:
            found, self._found = self._found, None
            return self._made(found)
        if self._clock() >= self._next:
            self._next = self._clock() + self._every
            self._thread = Thread(target=self._search, name="comeback", daemon=True)
            self._thread.start()
        return None

    def _search(self) -> None:
        try:
            self._found = self._look()
        except BundleRefused as refused:
            self._logger.warning("bundle still missing", why=str(refused))

    def _made(self, found: Opened) -> Kit | None:
        try:
            kit = self._make(found)
        except BundleRefused as refused:
            self._logger.warning("bundle does not fit", why=str(refused))
            return None
        self._over = True
        return kit
