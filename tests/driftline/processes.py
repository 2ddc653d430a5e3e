"""Waiting for processes to go, for tests that end them."""

import time

from driftline.local.state import began_of

PATIENCE_SECONDS = 30.0


def are_gone(*pids: int) -> bool:
    """Whether all of these processes ended before patience did."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(began_of(pid) is not None for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
