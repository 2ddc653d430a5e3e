"""The rules: named as they should be, on metrics that exist, every alert tried and explained."""

import re
from typing import Any, get_args

import pytest

from services.drift.settings import Settings as DriftSettings
from services.labeler.settings import Settings as LabelerSettings
from services.notifier.settings import Settings as NotifierSettings
from services.scorer.settings import Settings as ScorerSettings
from stream.telemetry.catalogue import END_TO_END_SECONDS, entries
from stream.telemetry.served import PROCESS, Service
from tests.deploy.promql import labels_in, metrics_in
from tests.deploy.rules import PROMETHEUS, known, read, recorded, rules

EVERY = [(rule.get("record") or f"{rule['alert']}-{rule['labels']['severity']}", rule) for rule in rules()]
ALERTS = [(name, rule) for name, rule in EVERY if "alert" in rule]
MINIMUM = {
    *("ScorerDown", "ScorerStalled", "ConsumerLagGrowing", "EndToEndLatencyHigh", "DeadLetterRatioHigh"),
    *("PredictionsSilent", "LabelCoverageLow", "LabelJoinStoreFull", "FeatureDriftSustained", "FeatureNullRatioHigh"),
    *("ModelQualityBelowFloor", "ReferenceStale", "ModelVersionSkew", "DriftEvaluatorStalled"),
}


def test_names_are_found_in_an_expression() -> None:
    """Those of metrics, not of functions, labels, words and durations."""
    said = 'sum without (instance, le) (rate(a_bucket{le="1.0",b=~"c|d"}[5m])) / on (job) x:y:rate5m > 0 and absent(up)'
    assert metrics_in(said) == {"a_bucket", "x:y:rate5m", "up"}
    assert labels_in(said) == {"instance", "le", "b", "job"}


@pytest.mark.parametrize(("name", "rule"), EVERY, ids=[name for name, _ in EVERY])
def test_a_rule_asks_for_what_exists(name: str, rule: dict[str, Any]) -> None:
    """Metrics of the catalogue, or what other rules record; labels that these have."""
    asked = metrics_in(rule["expr"])
    assert asked
    assert asked <= known(), name
    declared = {label for _, entry in (*entries().values(), *PROCESS.values()) for label in entry.labels}
    assert labels_in(rule["expr"]) <= declared | {"job", "model", "instance", "le"}


def test_recorded_names_say_level_metric_and_operations() -> None:
    """The level is what labels are left; a counter's _total goes with its rate."""
    for name in recorded():
        level, metric, operations = name.split(":")
        assert re.fullmatch(r"job_model(_outcome)?", level)
        assert not metric.endswith("_total")
        assert re.fullmatch(r"(ratio_)?rate\d+[mhd]|sum|max", operations)


def test_the_alerts_that_every_deployment_wants_are_there() -> None:
    """Under the names by which people know them."""
    assert {rule["alert"] for _, rule in ALERTS} >= MINIMUM


@pytest.mark.parametrize(("name", "rule"), ALERTS, ids=[name for name, _ in ALERTS])
def test_an_alert_says_what_who_is_told_needs(name: str, rule: dict[str, Any]) -> None:
    """How bad, in a sentence and with its figure, what to read, what to look at; and it waits a while first."""
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["for"]
    said = rule["annotations"]
    assert set(said) == {"summary", "description", "runbook_url", "dashboard_url"}
    assert said["runbook_url"] == f"docs/runbooks/{rule['alert']}.md", name
    assert said["description"].endswith(".")


def test_every_alert_is_tried_where_it_fires_and_where_it_does_not() -> None:
    """By promtool, in `make test-observability`."""
    tried = [
        (one["alertname"], bool(one["exp_alerts"]))
        for path in (PROMETHEUS / "tests").iterdir()
        for test in read(path)["tests"]
        for one in test["alert_rule_test"]
    ]
    names = {rule["alert"] for _, rule in ALERTS}
    assert {name for name, fires in tried if fires} == names
    assert {name for name, fires in tried if not fires} == names


def test_the_latency_objective_lies_on_a_bucket_s_edge() -> None:
    """Between two edges nobody can count."""
    edges = {float(edge) for rule in rules() for edge in re.findall(r'le="([\d.]+)"', rule["expr"])}
    assert edges
    assert edges <= set(END_TO_END_SECONDS)


def test_every_service_is_scraped_at_its_own_port() -> None:
    """The four admin ports, each with its job and model."""
    targets = read(PROMETHEUS / "targets.yml")
    found = {one["labels"]["job"]: int(one["targets"][0].rpartition(":")[2]) for one in targets}
    settings = (ScorerSettings, LabelerSettings, DriftSettings, NotifierSettings)
    ports = [one.model_fields["admin_port"].default for one in settings]
    assert found == dict(zip(get_args(Service), ports, strict=True))
    assert all(set(one["labels"]) == {"job", "model"} for one in targets)
