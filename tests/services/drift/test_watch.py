"""What a sidecar shows of itself: counts of committed transactions, its readiness, why it refuses."""

import pytest
import structlog

from schemas.examples import example
from services.drift.watch import Watching
from stream.records import Place, Start


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
