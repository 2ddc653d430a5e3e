"""How many series all services together show of a large model: few enough for anybody's Prometheus."""

from collections.abc import Mapping
from math import prod

from prometheus_client import generate_latest

from schemas.columns import FAULTS
from services.drift.figures import MOST_FEATURES
from services.drift.log.refusal import REASONS as REFUSALS
from services.drift.watch import Watching
from services.labeler.core import RESULTS, STATUSES
from services.scorer.claims.claims import REASON as UNSURE
from services.scorer.core import REASON_CODES
from services.scorer.serving.causes import CAUSES
from stream.telemetry.catalogue import entries
from stream.telemetry.served import OWN, PROCESS, SERVICES, Service

VERSIONS, PARTITIONS, MOST_SERIES = 3, 12, 2_000
WHY = len((*REASON_CODES, *CAUSES[1:], UNSURE))
FEATURES = MOST_FEATURES + 2
"""The score, and the one that stands for all beyond the first fifty."""
OPEN: Mapping[str, int] = {
    "version": 1,
    "digest": 1,
    "model": 1,
    "arm": 1,
    "model_version": VERSIONS,
    "feature": FEATURES,
    "metric": 8,
    "partition": PARTITIONS,
    "topic": 1,
    "result": len(RESULTS),
    "status": len(STATUSES) - 1,
}
"""How many values a label takes whose values this room does not know."""
REASONS: Mapping[str, int] = {
    "driftline_rejects_total": WHY,
    "driftline_marks_total": WHY,
    "driftline_degraded_total": WHY,
    "driftline_dead_letters_total": len(FAULTS) - 1,
    "driftline_refused_profiles_total": len(REFUSALS),
}
TOPICS: Mapping[Service, int] = {"labeler": 2}


def series(name: str, service: Service) -> int:
    """The series of one metric at most."""
    _, entry = entries()[name]
    sizes = {**OPEN, "reason": REASONS.get(name, 0), "topic": TOPICS.get(service, 1)}
    if service == "drift":
        sizes["partition"] = 1
    if name == "driftline_model_info":
        sizes["model_version"] = 1
    sets = prod(len(entry.closed[label]) if label in entry.closed else sizes[label] for label in entry.labels)
    return sets * (len(entry.buckets) + 3 if entry.buckets else 1)


def test_a_model_of_fifty_features_in_three_versions_shows_few_series() -> None:
    """Over the expositions of its four services, everything that can be shown shown."""
    counts = {service: len(PROCESS) + sum(series(name, service) for name in OWN[service]) for service in SERVICES}
    assert sum(counts.values()) <= MOST_SERIES, counts


def test_a_sidecar_shows_no_more_than_was_counted() -> None:
    """With sixty features reported of four versions, in every kind of report."""
    watching = Watching()
    for version in "1234":
        watching.said([_report(version, "inputs"), _report(version, "cohort")])
    lines = [line for line in generate_latest(watching.metrics.registry).decode().splitlines() if line[0] != "#"]
    counted = sum(series(name, "drift") for name in OWN["drift"])
    assert len([line for line in lines if line.startswith("driftline_feature_")]) == 5 * FEATURES * VERSIONS
    assert 5 * FEATURES * VERSIONS < len(lines) <= counted + len(PROCESS)


def _report(version: str, kind: str) -> Mapping[str, object]:
    names = [*(f"f{number}" for number in range(MOST_FEATURES + 10)), "score"]
    blank = {"expected": 0.5, "found": 0.5, "statistic": 0.5, "fired": False}
    tests = [{**blank, "test": test, "subject": name} for test in ("psi", "mean", "missing") for name in names]
    line = {"model_version": version, "arm": "champion", "kind": kind, "end": 1, "rows": 900, "judged": True}
    realised = {"accuracy": 0.5, "expected": 0.5, "coverage": 0.5, "precision": 0.5, "recall": 0.5, "auc": 0.5}
    told = {"estimated": {"accuracy": 0.5, "low": 0.5, "high": 0.5}, "realised": realised, "gap": {"gap": 0.0}}
    return {**line, **told, "findings": tests, "severity": "none", "spent": 0.0}
