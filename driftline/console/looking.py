"""The latest look at a model, kept by a thread that looks every few seconds, drawn once however many ask for it."""

from collections.abc import Callable
from threading import Event, Lock, Thread

from driftline.view.page import page, parts
from driftline.view.seen import Seen


class Looking:
    """What `look` sees, every `every_seconds`, from when it is made until `close`."""

    def __init__(self, look: Callable[[], Seen], *, every_seconds: float) -> None:
        self._look, self._every = look, every_seconds
        self._seen = look()
        self._drawn: tuple[Seen, str] | None = None
        self._drawing, self._over = Lock(), Event()
        self.parts()  # the first chart of a process takes a second or two, which nobody who asks need wait
        self._thread = Thread(target=self._go_on, name="looking", daemon=True)
        self._thread.start()

    def seen(self) -> Seen:
        """The latest."""
        return self._seen

    def page(self) -> str:
        """The whole page, which asks for its parts as often as there is something new."""
        with self._drawing:
            return page(self._seen, refresh_seconds=self._every)

    def parts(self) -> str:
        """What of the page changes."""
        with self._drawing:
            seen = self._seen
            if self._drawn is None or self._drawn[0] is not seen:
                self._drawn = seen, parts(seen)
            return self._drawn[1]

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join(timeout=1.0)

    def _go_on(self) -> None:
        while not self._over.wait(self._every):
            self._seen = self._look()
