"""What a sidecar shows of itself: counts of committed transactions, its readiness, why it refuses."""

from pathlib import Path
from typing import Any

import pytest
import structlog

from schemas.examples import example
from services.drift.watch import Watching
from stream.records import Place, Start
from tests.services.drift.world import bundles


def value(watching: Watching, name: str, **labels: str) -> float | None:
    """A metric's value."""
    return watching.metrics.registry.get_sample_value(name, labels)


def test_counts_are_shown_once_they_are_committed() -> None:
    """An abort forgets them."""
    watching = Watching()
    watching.assigned({Place("tiny.profiles", 0): Start(0)})
    for result, expected in (("aborted", 0.0), ("committed", 2.0)):
        watching.counted("driftline_windows_judged_total", 2, kind="inputs")
        watching.ended(result)
        assert value(watching, "driftline_windows_judged_total", kind="inputs") == expected


def test_why_profiles_are_refused_is_logged_once_with_what_to_do() -> None:
    """However often it happens."""
    watching = Watching()
    with structlog.testing.capture_logs() as lines:
        watching._logger = structlog.get_logger()
        for _ in range(3):
            watching.counted("driftline_refused_profiles_total", 1, reason="unknown_version")
    watching.ended("committed")
    assert [line["hint"] for line in lines] == [
        "rows of a bundle that this sidecar was not given: name it in DRIFT_OTHERS"
    ]
    assert value(watching, "driftline_refused_profiles_total", reason="unknown_version") == 3


def test_while_it_rebuilds_it_is_not_ready() -> None:
    """Told with a count; ready again once all is read."""
    watching = Watching()
    for condition in ("assigned", "committed"):
        watching.health.met(condition)
    assert watching.health.waiting_for() == []
    watching.rebuilds("there is none")
    watching.rebuilding(0.5)
    assert watching.health.waiting_for() == ["state"]
    watching.rebuilding(1.0)
    assert watching.health.waiting_for() == []
    assert value(watching, "driftline_rebuilds_total") == 1


def test_what_stands_is_shown() -> None:
    """The snapshot's size, the age of the oldest bucket."""
    watching = Watching()
    watching.stands(bytes_kept=1_234, oldest_micros=2_500_000)
    found = [value(watching, name) for name in ("driftline_snapshot_bytes", "driftline_oldest_bucket_seconds")]
    assert found == [pytest.approx(1_234), pytest.approx(2.5)]


def test_what_was_said_before_is_shown_and_not_counted_again() -> None:
    """A new process shows the last day's figures at once; counters count what it committed itself."""
    watching, said = Watching(), example("drift", 1)
    watching.recalled([said])
    where = {"model_version": said["model_version"], "arm": "champion"}
    assert value(watching, "driftline_window_quality_ratio", **where, metric="accuracy") == 0.84375
    assert value(watching, "driftline_judged_timestamp_seconds", kind="cohort") == said["written_at"] / 1e6
    assert value(watching, "driftline_verdicts_total", severity="critical") == 0
    watching.said([said])
    assert value(watching, "driftline_verdicts_total", severity="critical") == 1
    assert value(watching, "driftline_budget_spent_total") == said["spent"]


def test_a_feature_that_is_no_longer_told_of_has_no_series() -> None:
    """The latest day stands in place of the one before."""
    watching = Watching()
    where = {"model_version": "1", "arm": "champion"}
    for names in (("temp", "wind"), ("temp",)):
        watching.said([day_of(*names)])
        found = [value(watching, "driftline_feature_psi_ratio", **where, feature=name) for name in ("temp", "wind")]
        assert [one is not None for one in found] == [name in names for name in ("temp", "wind")]


def day_of(*names: str) -> dict[str, Any]:
    """A day's report in which these features were looked at."""
    psi = {**example("drift", 1)["findings"][0], "test": "psi", "statistic": 0.5}
    said = {"kind": "inputs", "model_version": "1", "arm": "champion", "estimated": None}
    return {**example("drift", 1), **said, "findings": [{**psi, "subject": name} for name in names]}


def test_the_reference_reaches_to_its_last_block(tmp_path: Path) -> None:
    """Of each version that is compared with one."""
    watching, made = Watching(), bundles(tmp_path)
    watching.refers(made)
    for one in made:
        blocks = one.baseline.blocks
        assert blocks[0].last_micros < blocks[-1].last_micros
        found = value(watching, "driftline_reference_end_timestamp_seconds", model_version=one.contract.version)
        assert found == blocks[-1].last_micros / 1e6
