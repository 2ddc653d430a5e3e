"""A scorer whose luck, model and clock are changed from outside while it runs.

Run as `python -m tests.faults.soak.scene.scoring` with a scorer's settings and SOAK_WHIMS, a JSON file that says
`abort` (the chance that a step aborts its transaction), `slow` (seconds more a batch), `clock` (seconds off).
"""

import faulthandler
import functools
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.session import Session
from services.scorer import __main__ as scorer
from stream.faults import Abort

LOOK_SECONDS = 0.05


class Whims:
    """What the file says at the moment; as a probe it aborts at random."""

    def __init__(self, file: Path) -> None:
        self._file, self._said = file, dict[str, float]()
        self._chance = random.Random(os.getpid())
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        written = -1
        while True:
            stamp = self._file.stat().st_mtime_ns
            if stamp != written:
                written, self._said = stamp, json.loads(self._file.read_text())
            time.sleep(LOOK_SECONDS)

    def __getitem__(self, name: str) -> float:
        return self._said.get(name, 0.0)

    def __call__(self, step: str) -> None:
        """A step of a transaction came by."""
        if step != "committed" and self._chance.random() < self["abort"]:
            raise Abort(f"on purpose at {step}")

    def over(self, score: Callable[..., Any]) -> Callable[..., Any]:
        """The model's `answers`, as slow as is said."""

        def scored(*given: Any, **named: Any) -> Any:
            time.sleep(self["slow"])
            return score(*given, **named)

        return scored

    def bend_clock(self) -> None:
        """From now on the wall clock is off by what is said; the monotonic one is not."""
        true_seconds, true_nanos = time.time, time.time_ns
        setattr(time, "time", lambda: true_seconds() + self["clock"])  # noqa: B010 - a wall clock that jumps
        setattr(time, "time_ns", lambda: true_nanos() + round(self["clock"] * 1e9))  # noqa: B010 - same


def main() -> int:
    """Run the scorer as its own command does."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)  # whoever hangs is asked where
    whims = Whims(Path(os.environ["SOAK_WHIMS"]))
    whims.bend_clock()
    setattr(Session, "answers", whims.over(Session.answers))  # noqa: B010 - the hot path has no probe of its own
    setattr(scorer, "serve", functools.partial(scorer.serve, probe=whims))  # noqa: B010 - same
    return scorer.main()


if __name__ == "__main__":
    sys.exit(main())
