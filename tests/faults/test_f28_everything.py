"""F28, everything at once by a seed: killed, frozen, cut off, refused, bent, and each event is answered once."""

import os
from pathlib import Path

import pytest

from tests.broker.nursery import Nursery
from tests.faults.soak.run import Soak
from tests.faults.soak.table import table

pytestmark = pytest.mark.broker
SECONDS, GAP_SECONDS, RATE = 60.0, 2.5, 100.0


def test_everything_at_once_loses_nothing_and_doubles_nothing(tmp_path: Path, nursery: Nursery) -> None:
    """A minute of what `make soak` does for an hour; FAULT_SEED=n tries another schedule."""
    seed = int(os.environ.get("FAULT_SEED", "39267"))
    soak = Soak(
        tmp_path / "soak",
        seed=seed,
        seconds=SECONDS,
        gap_seconds=GAP_SECONDS,
        rate=RATE,
        tell=print,
        with_small_disk=False,
        nursery=nursery,
    )
    try:
        outcome = soak.run()
    finally:
        soak.close()
    print(table(outcome))  # noqa: T201 - shown when it fails
    assert outcome.faults == []
    assert outcome.holds
    assert outcome.findings.answered["scored"] > 0
    assert sum(outcome.done.values()) > len(soak.steps) // 2
