"""F28, everything at once by a seed: killed, frozen, cut off, refused, bent, and each event is answered once."""

import os
from pathlib import Path

import pytest

from tests.broker.nursery import Nursery
from tests.faults.soak.run import Outcome, Soak
from tests.faults.soak.table import table

pytestmark = pytest.mark.broker
SECONDS, GAP_SECONDS, RATE = 60.0, 2.5, 100.0


def lived(path: Path, seed: int, nursery: Nursery) -> tuple[Outcome, int]:
    """What came of a minute by that seed, and how many steps were planned for it."""
    soak = Soak(
        path,
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
    return outcome, len(soak.steps)


def is_hung_by_the_broker(outcome: Outcome) -> bool:
    """Whether its log says that it ended a transaction without its markers: those offsets stay open for ever."""
    return bool(outcome.told["markers left out"]) and any(one.startswith("not drained") for one in outcome.faults)


def test_everything_at_once_loses_nothing_and_doubles_nothing(tmp_path: Path, nursery: Nursery) -> None:
    """A minute of what `make soak` does for an hour; FAULT_SEED=n tries another schedule.

    A minute that a lone broker hung is lived once more, on a new broker.
    """
    seed = int(os.environ.get("FAULT_SEED", "39267"))
    outcome, steps = lived(tmp_path / "soak", seed, nursery)
    if is_hung_by_the_broker(outcome):
        outcome, steps = lived(tmp_path / "again", seed + 1, nursery)
    assert outcome.faults == []
    assert outcome.holds
    assert outcome.findings.answered["scored"] > 0
    assert sum(outcome.done.values()) > steps // 2
