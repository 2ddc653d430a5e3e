"""A year of drift reports put together by week, as the picture shows them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

Report = Mapping[str, Any]
PAGES = ("warning", "critical")


@dataclass
class Week:
    """What the days of one week said; `moved` and `told` by feature: PSI beyond chance, share of days it informed."""

    monday: str
    moved: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    estimated: float | None = None
    realised: float | None = None
    floor: float | None = None
    late: float | None = None
    pages: list[str] = field(default_factory=list)
    """The cause of each window that pages."""

    def as_data(self) -> dict[str, Any]:
        """For the painter."""
        return asdict(self)


def monday_of(at_micros: int) -> str:
    """The Monday of a time's week, UTC.

    >>> monday_of(1_362_096_000_000_000)
    '2013-02-25'
    """
    day = dt.datetime.fromtimestamp(at_micros / 1e6, dt.UTC).date()
    return (day - dt.timedelta(days=day.weekday())).isoformat()


def weeks(reports: Iterable[Report], late: Mapping[str, float]) -> list[Week]:
    """The weeks in their order; `late` is what is known of each, by its Monday."""
    mine: dict[str, list[Report]] = defaultdict(list)
    for one in reports:
        if one["judged"]:
            # A window that ends at midnight is of the day before.
            mine[monday_of(one["end"] - 1)].append(one)
    return [_week(monday, mine[monday], late.get(monday)) for monday in sorted(mine)]


def _week(monday: str, reports: Sequence[Report], late: float | None) -> Week:
    distances: dict[str, list[float]] = defaultdict(list)
    fired: dict[str, list[bool]] = defaultdict(list)
    for one in (found for report in reports for found in report["findings"]):
        if one["test"] == "psi":
            distances[one["subject"]].append(max(0.0, one["statistic"] - (one["expected"] or 0.0)))
        if one["test"] in ("psi", "mean"):
            fired[one["subject"]].append(bool(one["fired"]))
    days = max((len(found) for found in distances.values()), default=1)
    floors = [one["expected"] for report in reports for one in report["findings"] if one["test"] == "cusum"]
    return Week(
        monday=monday,
        moved={name: float(np.median(found)) for name, found in sorted(distances.items())},
        told={name: min(1.0, sum(found) / days) for name, found in sorted(fired.items())},
        estimated=_mean(reports, "estimated"),
        realised=_mean(reports, "realised"),
        floor=floors[-1] if floors else None,
        late=late,
        pages=[str(one["cause"]) for one in reports if one["severity"] in PAGES],
    )


def _mean(reports: Sequence[Report], what: str) -> float | None:
    """Accuracy over the rows of the windows that have one."""
    known = [(one[what]["accuracy"], one["rows"]) for one in reports if one[what]]
    known = [(accuracy, rows) for accuracy, rows in known if accuracy is not None and rows]
    rows = sum(rows for _, rows in known)
    return sum(accuracy * rows for accuracy, rows in known) / rows if rows else None
