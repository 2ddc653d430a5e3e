"""Drift reports as people read them: does it hurt, what moved, why, what to do."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from services.drift.judging.words import in_words

Report = Mapping[str, Any]
BARS = "▁▂▃▄▅▆▇█"
SPARKS = 24
"""So many windows a sparkline shows."""
SHOWN = {
    "psi": "PSI",
    "mean": "mean, sd",
    "missing": "missing",
    "unseen": "unseen",
    "unit": "unit",
    "constant": "constant",
}


@dataclass(frozen=True)
class Line:
    """The reports of one version and arm, each window's last, in the order of event time."""

    version: str
    arm: str
    inputs: Sequence[Report]
    cohorts: Sequence[Report]

    @property
    def every(self) -> list[Report]:
        """Both kinds in the order of their ends."""
        return sorted([*self.inputs, *self.cohorts], key=lambda one: (one["end"], one["kind"]))


def lines(reports: Iterable[Report]) -> Iterator[Line]:
    """The reports by version and arm; of a window that was reported twice the last one counts."""
    last = {one["report_id"]: one for one in reports}
    for version, arm in sorted({(one["model_version"], one["arm"]) for one in last.values()}):
        mine = [one for one in last.values() if (one["model_version"], one["arm"]) == (version, arm)]
        kinds = [sorted((one for one in mine if one["kind"] == kind), key=_end) for kind in ("inputs", "cohort")]
        yield Line(version, arm, *kinds)


def _end(report: Report) -> int:
    return int(report["end"])


def judged(reports: Sequence[Report], test: str | None = None) -> list[Report]:
    """Those that were judged, and hold a finding of `test` where one is named."""
    return [
        one
        for one in reports
        if one["judged"] and (test is None or any(found["test"] == test for found in one["findings"]))
    ]


def features(line: Line) -> list[tuple[str, ...]]:
    """A row a feature and statistic of the last day judged: found, threshold, chance, a sparkline, a verdict."""
    days = judged(line.inputs, "psi")
    if not days:
        return []
    rows: list[tuple[str, ...]] = []
    for one in sorted(days[-1]["findings"], key=lambda found: (not found["fired"], found["subject"], found["test"])):
        if one["test"] in SHOWN:
            course = [_found(day, one["test"], one["subject"]) for day in days[-SPARKS:]]
            p_value = "" if one["p_value"] is None else f"{one['p_value']:.2g}"
            threshold = "" if one["threshold"] is None else f"{one['threshold']:.3f}"
            verdict = "moved" if one["fired"] else "as before"
            rows.append(
                (
                    one["subject"],
                    SHOWN[one["test"]],
                    f"{one['statistic']:.3f}",
                    threshold,
                    p_value,
                    sparkline(course),
                    verdict,
                )
            )
    return rows


def _found(report: Report, test: str, subject: str) -> float | None:
    same = (one["statistic"] for one in report["findings"] if (one["test"], one["subject"]) == (test, subject))
    return next(same, None)


def sparkline(values: Sequence[float | None]) -> str:
    """A bar a value, from 0 to the largest; a blank where there is none.

    >>> sparkline([0.0, None, 0.5, 1.0])
    '▁ ▄█'
    """
    most = max((abs(one) for one in values if one is not None), default=0.0) or 1.0
    steps = len(BARS) - 1
    return "".join(" " if one is None else BARS[int(abs(one) / most * steps)] for one in values)


def stories(line: Line) -> list[tuple[str, ...]]:
    """What happened, a row for each stretch of windows of one kind that say the same cause."""
    rows = []
    for kind, reports in (("inputs", line.inputs), ("labels", line.cohorts)):
        for run in _runs([one for one in reports if one["judged"]]):
            first, last, worst = run[0], run[-1], max(run, key=lambda one: SEVERITIES.index(one["severity"]))
            if worst["severity"] != "none":
                span = f"{moment(first['start'])} - {moment(last['end'])}"
                rows.append(
                    (span, kind, worst["severity"], worst["cause"], worst["sentence"], in_words(worst["action"]))
                )
    return sorted(rows)


def months(line: Line) -> list[tuple[str, ...]]:
    """A row a month: days judged, accuracy, what informed and what paged by cause, which features moved most often."""
    rows = []
    for month in sorted({moment(one["start"])[:7] for one in line.every}):
        mine = [one for one in line.every if moment(one["start"])[:7] == month and one["judged"]]
        known = [one["realised"] for one in mine if one["realised"] and one["realised"]["accuracy"] is not None]
        rows_known = sum(one["rows"] for one in known)
        right = sum(one["accuracy"] * one["rows"] for one in known)
        accuracy = f"{right / rows_known:.1%}" if rows_known else ""
        moved = Counter(one["feature"] for report in mine for one in report["features"])
        often = ", ".join(f"{name} {count}" for name, count in moved.most_common(3))
        told = [_causes(mine, severities) for severities in (("info",), ("warning", "critical"))]
        rows.append((month, str(len(mine)), accuracy, *told, often))
    return rows


def _causes(reports: Sequence[Report], severities: Sequence[str]) -> str:
    counts = Counter(one["cause"] for one in reports if one["severity"] in severities)
    return ", ".join(f"{cause} {count}" for cause, count in sorted(counts.items()))


SEVERITIES = ("none", "info", "warning", "critical")


def _runs(reports: Sequence[Report]) -> Iterator[list[Report]]:
    """Neighbours that say the same cause and severity, together."""
    run = list(reports[:1])
    for before, now in pairwise(reports):
        if (before["cause"], before["severity"]) != (now["cause"], now["severity"]):
            yield run
            run = []
        run.append(now)
    if run:
        yield run


def moment(at_micros: int) -> str:
    """A time, to the hour."""
    return datetime.fromtimestamp(at_micros / 1e6, UTC).strftime("%Y-%m-%d %H:00")
