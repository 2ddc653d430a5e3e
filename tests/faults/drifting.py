"""A drift sidecar that dies as kill -9 would have it: DYING_AT is `step:k`, the k-th time that step comes."""

import os
import signal
import sys
from collections.abc import Callable

from services.drift.__main__ import serve
from services.drift.settings import read_settings
from services.start.showing import run


def fate(step: str, times: int) -> Callable[[str], None]:
    """What kills."""
    left = [times]

    def probe(name: str) -> None:
        left[0] -= name == step
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return probe


def main() -> int:
    """Run the sidecar as its own command does."""
    step, _, times = os.environ["DYING_AT"].partition(":")
    return run("drift", read_settings, lambda settings: serve(settings, probe=fate(step, int(times))))


if __name__ == "__main__":
    sys.exit(main())
