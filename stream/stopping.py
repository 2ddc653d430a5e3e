"""How a process hears that it is asked to stop."""

import os
import signal
from threading import Thread

STOPPED, FAILED = 0, 1


class Asked:
    """True once SIGTERM or SIGINT came; a second one ends the process at once with 1, its transaction never was.

    Until `ready` nothing is open: one then ends the process at once with 0, whatever call it is in. A handler in
    Python would wait for that call, which may last as long as a client waits for a broker; the wake-up pipe does not.
    """

    def __init__(self) -> None:
        self._starting, self._times = True, 0
        heard, tell = os.pipe()
        os.set_blocking(tell, False)
        signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._count)
        Thread(target=self._end, args=(heard,), name="signals", daemon=True).start()

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._times > 0

    def ready(self) -> None:
        """From now on there may be something to finish."""
        self._starting = False

    def _count(self, *_given: object) -> None:
        self._times += 1
        if self._times > 1:
            os._exit(FAILED)

    def _end(self, heard: int) -> None:
        for times in range(1, 1_000_000):
            os.read(heard, 1)
            if self._starting:
                os._exit(STOPPED)
            if times > 1:
                os._exit(FAILED)
