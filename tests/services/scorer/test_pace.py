"""When a scorer commits: by what it promises, and by what its contract says of those who wait."""

from pathlib import Path
from typing import Any

import pytest

from models.contract import read_contract
from services.scorer.settings import Settings
from services.scorer.start.pace import pace_of
from stream.pace import Pace
from tests.models.bundles import contract_text

SAID: dict[str, Any] = {"batch_rows": 1_000, "quiet_millis": 20, "commit_millis": 200}


def pace(delivery: str, overload: str) -> Pace:
    """That of a scorer with these settings."""
    said = {
        **SAID,
        "brokers": "127.0.0.1:1",
        "bundle": Path("bundle"),
        "schemas": Path("schemas"),
        "delivery": delivery,
    }
    return pace_of(Settings(**said), read_contract(contract_text(overload=overload, prior=0.5)))


@pytest.mark.parametrize(
    ("delivery", "overload", "quiet_seconds", "few_rows"),
    [
        ("exactly_once", "wait", 0.02, 500),
        ("exactly_once", "degrade", 0.02, 0),
        ("at_least_once", "wait", 0.2, 0),
        ("at_least_once", "degrade", 0.2, 0),
    ],
)
def test_who_commits_early_and_who_gathers(delivery: str, overload: str, quiet_seconds: float, few_rows: int) -> None:
    """No early commit where it shows nothing; nothing is gathered that is seen at once, or that waiting would shed."""
    found = pace(delivery, overload)
    assert (found.quiet_seconds, found.few_rows) == (quiet_seconds, few_rows)


def test_a_backlog_is_committed_in_tenths() -> None:
    """Of many events, not of many batches: a topic of a few hundred in batches of twenty is none."""
    found = pace("exactly_once", "wait")
    assert (found.longest_seconds, found.far_seconds, found.far_rows) == (0.2, 2.0, 20_000)
    assert found.commit_share == pytest.approx(0.2)
