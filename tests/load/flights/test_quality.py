"""The figures of a joined table, worked out by hand."""

from dataclasses import replace
from typing import Any

import pytest

from load.flights.joined import JOINED, table_of
from load.flights.quality import disagreements, quality


def row(decision: str | None, label: bool | None, delay: int | None = None, **other: Any) -> dict[str, Any]:  # noqa: FBT001 - a cell of a confusion matrix
    """One prediction with what turned out to be true."""
    correct = None if None in (decision, label) else (decision == "true") == label
    status = "expired" if label is None else "matched"
    said = {"event_id": "e", "model_version": "1", "arm": "champion", "mode": "scored", "event_time": 0, "score": 0.5}
    known = {"decision": decision, "status": status, "label": label, "labelled_at": delay, "delay_micros": delay}
    return {**said, **known, "correct": correct, **other}


ROWS = [
    *(row("true", True, second * 1_000_000) for second in range(1, 4)),  # noqa: FBT003 - 3 hits
    row("true", False, 4_000_000),  # noqa: FBT003 - 1 false alarm
    row("false", True, 5_000_000),  # noqa: FBT003 - 2 misses
    row("false", True, 6_000_000),  # noqa: FBT003 - the other
    *(row("false", False, 7_000_000) for _ in range(4)),  # noqa: FBT003 - 4 rightly quiet
    row("true", None),
    row("true", False, 9_000_000, mode="prior", status="matched_late"),  # noqa: FBT003 - degraded: joined, not judged
]
FOUND = quality(table_of(ROWS, JOINED))


def test_the_figures_are_those_of_the_confusion_matrix() -> None:
    """3 hits, 1 false alarm, 2 misses, 4 rightly quiet; one expired, one degraded."""
    assert (FOUND.rows, FOUND.judged, FOUND.by_status) == (12, 10, {"expired": 1, "matched": 10, "matched_late": 1})
    assert FOUND.coverage == pytest.approx(11 / 12)
    assert FOUND.accuracy == pytest.approx(0.7)
    assert FOUND.precision == pytest.approx(3 / 4)
    assert FOUND.recall == pytest.approx(3 / 5)
    assert FOUND.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    # Ten delays 1 2 3 4 5 6 7 7 7 7: between the fifth and the sixth, and 0.09 below the last, which equals it.
    assert (FOUND.median_delay_seconds, FOUND.p99_delay_seconds) == (5.5, 7.0)


def test_nothing_has_no_figures() -> None:
    """None, not zero."""
    empty = quality(table_of([], JOINED))
    assert (empty.rows, empty.by_status, empty.judged) == (0, {}, 0)
    figures = (empty.coverage, empty.accuracy, empty.precision, empty.recall, empty.f1, empty.median_delay_seconds)
    assert figures == (None,) * 6


def test_figures_that_differ_by_more_than_a_billionth_are_named() -> None:
    """Counts exactly."""
    assert list(disagreements(FOUND, FOUND)) == []
    assert list(disagreements(replace(FOUND, accuracy=0.7 + 5e-10), FOUND)) == []
    assert list(disagreements(replace(FOUND, accuracy=0.5), FOUND)) == ["accuracy: found 0.5, expected 0.7"]
    assert list(disagreements(replace(FOUND, accuracy=None), FOUND)) == ["accuracy: found None, expected 0.7"]
    (said,) = disagreements(replace(FOUND, by_status={"matched": 12}), FOUND)
    assert said.startswith("by_status: found {'matched': 12}, expected {'expired': 1")
