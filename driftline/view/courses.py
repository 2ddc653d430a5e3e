"""The drift reports of one version as courses over event time: what moved when, how good it was, how much is known."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import Any

from driftline.drift.view import SHOWN, Line, judged
from driftline.view.words import chance, window

Report = Mapping[str, Any]
MOST_COLUMNS, MOST_FEATURES = 120, 30
LEAST_CHANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The strongest finding on a feature in a window: how unlikely without any change (1 = one in ten, 2 = in 100)."""

    feature: str
    start: int
    end: int
    strength: float
    is_moved: bool
    says: str


@dataclass(frozen=True, kw_only=True)
class Point:
    """What is known of the quality of one window; times in microseconds, shares of 1."""

    start: int
    end: int
    rows: int = 0
    realised: float | None = None
    reference: float | None = None
    floor: float | None = None
    coverage: float | None = None
    gap: float | None = None
    gap_error: float = 0.0
    material: float | None = None
    estimated: float | None = None
    low: float | None = None
    high: float | None = None


def heat(line: Line) -> list[Cell]:
    """A cell a feature and window, the features that moved most first; neighbours together where there are many."""
    days = judged(line.inputs)
    step = max(1, ceil(len(days) / MOST_COLUMNS))
    every = [cell for at in range(0, len(days), step) for cell in _column(days[at : at + step])]
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for cell in every:
        sums[cell.feature][0] -= cell.is_moved
        sums[cell.feature][1] -= cell.strength
    kept = sorted(sums, key=lambda feature: (*sums[feature], feature))[:MOST_FEATURES]
    rank = {feature: place for place, feature in enumerate(kept)}
    return sorted((one for one in every if one.feature in rank), key=lambda one: (rank[one.feature], one.start))


def moved_last(line: Line) -> list[str]:
    """The features that moved in the last window, by name."""
    return sorted(one.feature for one in _column(judged(line.inputs)[-1:]) if one.is_moved)


def _column(days: Sequence[Report]) -> Iterator[Cell]:
    best: dict[str, Cell] = {}
    for day in days:
        for one in day["findings"]:
            if one["test"] in SHOWN and one["subject"] and one["p_value"] is not None:
                cell = _cell(days, day, one)
                known = best.get(cell.feature)
                if known is None or (cell.is_moved, cell.strength) > (known.is_moved, known.strength):
                    best[cell.feature] = cell
    yield from best.values()


def _cell(days: Sequence[Report], day: Report, one: Mapping[str, Any]) -> Cell:
    threshold = "" if one["threshold"] is None else f" (moved from {one['threshold']:.3g})"
    verdict = "moved" if one["fired"] else "as before"
    found = f"{SHOWN[one['test']]} {one['statistic']:.3g}{threshold}, {chance(one['p_value'])}"
    return Cell(
        feature=one["subject"],
        start=days[0]["start"],
        end=days[-1]["end"],
        strength=-log10(min(1.0, max(LEAST_CHANCE, one["p_value"]))),
        is_moved=one["fired"],
        says=f"{one['subject']}, {window(day['start'], day['end'])}: {found}: {verdict}",
    )


def realised(line: Line) -> list[Point]:
    """A point a window of cohorts past their horizon whose labels say how good the predictions were."""
    return [_realised(one) for one in judged(line.cohorts) if one["realised"]]


def _realised(one: Report) -> Point:
    said, gap = one["realised"], one["gap"] or {}
    floor = next((test["expected"] for test in one["findings"] if test["test"] == "cusum"), None)
    return Point(
        start=one["start"],
        end=one["end"],
        rows=said["rows"],
        realised=said["accuracy"],
        reference=said["expected"],
        floor=floor,
        coverage=said["coverage"],
        gap=gap.get("gap"),
        gap_error=gap.get("error", 0.0),
        material=gap.get("material"),
    )


def estimated(line: Line) -> list[Point]:
    """A point a window of scored rows; what is not estimated is None, so that a course breaks there."""
    return [
        Point(
            start=one["start"],
            end=one["end"],
            rows=one["rows"],
            estimated=(said := one["estimated"] or {}).get("accuracy"),
            low=said.get("low"),
            high=said.get("high"),
        )
        for one in judged(line.inputs)
    ]


def why_no_estimate(line: Line) -> str:
    """What the last window says of why there is none; empty where there is one."""
    days = judged(line.inputs)
    return str(days[-1]["why_no_estimate"]) if days else ""


def overall(points: Sequence[Point]) -> tuple[float | None, int]:
    """Accuracy over all labelled rows of these windows, with how many there are."""
    known = [(one.realised, one.rows) for one in points if one.realised is not None]
    rows = sum(count for _, count in known)
    return (sum(found * count for found, count in known) / rows if rows else None), rows


def evidence(line: Line, report_id: str) -> Report | None:
    """The report of that id."""
    return next((one for one in line.every if one["report_id"] == report_id), None)
