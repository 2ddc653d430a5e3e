"""What the latest reports of each version say, as samples of gauges: what moved, how good answers are."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from services.drift.findings.moved import SCORE
from stream.telemetry.drift_entries import QUALITIES
from stream.telemetry.names import GaugeName

MICRO = 1_000_000
MOST_FEATURES = 50
OTHER = "__other__"
"""Stands for all features beyond the first so many, with the value farthest from zero."""
MOST_LINES = 3
"""So many versions and arms are shown, those reported last: a version that is gone leaves no series."""
BY_DAY: Mapping[str, GaugeName] = {"psi": "driftline_feature_psi_ratio", "mean": "driftline_feature_mean_shift_ratio"}
MOVED: GaugeName = "driftline_feature_moved_ratio"
PER_FEATURE: frozenset[GaugeName] = frozenset(
    {
        *BY_DAY.values(),
        MOVED,
        "driftline_feature_missing_ratio",
        "driftline_feature_missing_excess_ratio",
    }
)
NAMES: tuple[GaugeName, ...] = (
    *sorted(PER_FEATURE),
    "driftline_estimated_quality_ratio",
    "driftline_window_quality_ratio",
    "driftline_quality_gap_ratio",
    "driftline_window_rows",
    "driftline_window_end_timestamp_seconds",
)
Report = Mapping[str, Any]


class Sample(NamedTuple):
    """A gauge's value under its labels."""

    name: GaugeName
    labels: Mapping[str, str]
    value: float


class Figures:
    """The latest figures of each version and arm, part by part: a window says less than a day, and a day comes last."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], dict[str, list[Sample]]] = {}

    def take(self, report: Report) -> None:
        """What a report says stands in place of what the one before it said."""
        line = str(report["model_version"]), str(report["arm"])
        parts = self._lines.pop(line, {})
        self._lines[line] = {**parts, **{name: _labelled(some, line) for name, some in _parts(report).items()}}
        while len(self._lines) > MOST_LINES:
            del self._lines[next(iter(self._lines))]

    def samples(self) -> Iterator[Sample]:
        """All that is to be shown."""
        for parts in self._lines.values():
            for some in parts.values():
                yield from some


def _parts(report: Report) -> dict[str, list[Sample]]:
    kind = str(report["kind"])
    end = Sample("driftline_window_end_timestamp_seconds", {"kind": kind}, report["end"] / MICRO)
    found = {f"{kind} end": [end]}
    if not report["judged"]:
        return found
    found[f"{kind} rows"] = [Sample("driftline_window_rows", {"kind": kind}, report["rows"])]
    findings = report["findings"]
    if kind == "cohort":
        return {**found, "cohort": list(_cohort(report, findings))}
    found["missing"] = list(_missing(findings))
    if any(one["test"] == "psi" for one in findings):
        found |= {"moved": list(_moved(findings)), "estimated": list(_estimated(report["estimated"]))}
    return found


def _moved(findings: Iterable[Report]) -> Iterator[Sample]:
    """How far each feature is from the reference; those that a report leaves out moved least."""
    fired: dict[str, bool] = {}
    for one in findings:
        if one["test"] in BY_DAY:
            fired[one["subject"]] = fired.get(one["subject"], False) or one["fired"]
            yield Sample(BY_DAY[one["test"]], {"feature": one["subject"]}, one["statistic"])
    for subject, is_moved in fired.items():
        yield Sample(MOVED, {"feature": subject}, float(is_moved))


def _missing(findings: Iterable[Report]) -> Iterator[Sample]:
    for one in findings:
        if one["test"] == "missing":
            yield Sample("driftline_feature_missing_ratio", {"feature": one["subject"]}, one["found"])
            yield Sample("driftline_feature_missing_excess_ratio", {"feature": one["subject"]}, one["statistic"])


def _estimated(said: Report | None) -> Iterator[Sample]:
    for bound, name in (("value", "accuracy"), ("low", "low"), ("high", "high")):
        if said is not None:
            yield Sample("driftline_estimated_quality_ratio", {"bound": bound}, said[name])


def _cohort(report: Report, findings: Iterable[Report]) -> Iterator[Sample]:
    said = dict(report["realised"] or {})
    said["floor"] = next((one["expected"] for one in findings if one["test"] == "cusum"), None)
    for metric in QUALITIES:
        if said.get(metric) is not None:
            yield Sample("driftline_window_quality_ratio", {"metric": metric}, said[metric])
    if report["gap"] is not None:
        yield Sample("driftline_quality_gap_ratio", {}, report["gap"]["gap"])


def _labelled(samples: list[Sample], line: tuple[str, str]) -> list[Sample]:
    """Under the version and arm, with no more features than are worth their series."""
    whose = {"model_version": line[0], "arm": line[1]}
    shown: dict[tuple[GaugeName, str], float] = {}
    others: list[Sample] = []
    for one in samples:
        if one.name not in PER_FEATURE:
            others.append(Sample(one.name, {**whose, **one.labels}, one.value))
            continue
        so_far = sum(name == one.name for name, _ in shown)
        feature = one.labels["feature"] if so_far < MOST_FEATURES or one.labels["feature"] == SCORE else OTHER
        shown[one.name, feature] = max(one.value, shown.get((one.name, feature), one.value), key=abs)
    return [*others, *(Sample(name, {**whose, "feature": it}, value) for (name, it), value in shown.items())]
