"""Every query of every panel, choice and rule, asked of a real Prometheus that watched real services."""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from driftline.queries import CHOICE, Query, Refused, has_data, of_dashboards, of_rules
from stream.telemetry.catalogue import entries
from stream.telemetry.served import OWN, PROCESS, Service
from tests.deploy.promql import metrics_in
from tests.observability.conftest import Watched
from tests.observability.test_settings import said

PATIENCE_SECONDS, LOOK_EVERY_SECONDS = 240.0, 3.0
PARTS = ("_bucket", "_count", "_sum")
MAY_BE_EMPTY: Mapping[str, str] = {
    'alertstate="firing"': "every alert waits for minutes before it fires, and none should; ALERTS itself is asked too",
}
"""What stands in an expression that may come to nothing, with the reason."""


def eventually(what: Callable[[], list[Any]]) -> list[Any]:
    """What is left of it once nothing is, or patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := what()) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_SECONDS)
    return left


def test_every_service_is_scraped_and_alerts_have_somewhere_to_go(watched: Watched) -> None:
    """Four targets up, one Alertmanager known."""

    def down() -> list[str]:
        found = {one["labels"]["job"]: one["health"] for one in watched.prometheus.targets()}
        return [name for name in OWN if found.get(name) != "up"]

    assert eventually(down) == []
    assert eventually(lambda: [] if watched.prometheus.alertmanagers() else ["nobody is told"]) == []


def test_every_query_of_the_dashboards_shows_something(watched: Watched) -> None:
    """No error, at least one number; a choice offers at least one value."""
    wanted = [one for one in of_dashboards() if not any(text in one.expression for text in MAY_BE_EMPTY)]
    assert len(wanted) > 100
    left = eventually(lambda: [one for one in wanted if not has_data(watched.prometheus.series(one.filled()))])
    assert left == []


def test_a_panel_that_is_broken_would_be_seen(watched: Watched) -> None:
    """A metric that nobody serves shows nothing, a query that is none is refused."""
    assert not has_data(watched.prometheus.series('rate(driftline_no_such_total{model=~".+"}[30s])'))
    with pytest.raises(Refused, match="parse error"):
        watched.prometheus.series("sum by (rate(up[30s])")


def test_what_may_be_empty_is_at_least_a_question(watched: Watched) -> None:
    """Prometheus takes it; nothing stands on the list for nothing."""
    excused = [one for one in of_dashboards() if any(text in one.expression for text in MAY_BE_EMPTY)]
    assert excused
    for one in excused:
        watched.prometheus.series(one.filled())


def test_choices_offer_values(watched: Watched) -> None:
    """By the label that each of them names."""
    for query in of_dashboards():
        if among := CHOICE.fullmatch(query.expression):
            found = {one["metric"].get(among.group(2)) for one in watched.prometheus.series(query.filled())}
            assert found
            assert None not in found


def test_every_rule_records_and_every_alert_looks_at_something(watched: Watched) -> None:
    """A recording comes to a number; an alert is quiet, but each metric that it asks for is there."""
    asked = [query for query, is_alert in of_rules() if not is_alert]
    for query, is_alert in of_rules():
        if is_alert:
            watched.prometheus.series(query.filled())
            asked += [Query(f"{query.place}: {name}", name) for name in sorted(metrics_in(query.expression))]
    assert eventually(lambda: [one for one in asked if not has_data(watched.prometheus.series(one.filled()))]) == []


@pytest.mark.parametrize("service", list(OWN))
def test_what_a_service_shows_is_in_the_catalogue(watched: Watched, service: Service) -> None:
    """Names and labels."""
    shown = watched.prometheus.now(f'{{job="{service}",__name__=~"driftline_.+|process_.+"}}')
    known = {name: set(entry.labels) for name, (_, entry) in (*entries().items(), *PROCESS.items())}
    for one in (series["metric"] for series in shown):
        name = next((one["__name__"].removesuffix(part) for part in PARTS if one["__name__"].endswith(part)), "")
        labels = known.get(name if name in known else one["__name__"])
        assert labels is not None, one
        assert set(one) - {"__name__", "job", "model", "instance", "le"} <= labels
    assert shown


def test_all_services_together_show_few_series(watched: Watched) -> None:
    """Of thirteen features in one version far less than the two thousand that fifty in three may have."""
    (found,) = watched.prometheus.now('count({__name__=~"driftline_.+|process_.+"})')
    assert 300 < int(found["value"][1]) < 2_000


def test_what_the_sidecar_found_reaches_alertmanager(watched: Watched) -> None:
    """Broken data, from Kafka through the notifier; it goes where the routes say."""

    def untold() -> list[str]:
        url = f"{watched.address('alertmanager')}/api/v2/alerts"
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own loopback
            alerts = {one["labels"]["alertname"]: one for one in json.load(answer)}
        return [name for name in ("DataQuality",) if name not in alerts]

    assert eventually(untold) == []


def test_status_and_doctor_know_them(watched: Watched) -> None:
    """Both are ready, every target is up, every query is answered."""
    services = {one["name"]: one for one in json.loads(watched.run("status"))["services"]}
    assert all(services[name]["ready"] for name in ("prometheus", "alertmanager", "flights.notifier-0"))
    checks = {one["check"]: one for one in json.loads(watched.run("doctor"))["checks"]}
    assert (checks["targets"]["outcome"], checks["queries"]["outcome"]) == ("ok", "ok")
    assert checks["targets"]["detail"].startswith("4 up: ")


def test_promtool_takes_what_the_services_show(watched: Watched) -> None:
    """Names, types and help of every exposition."""
    for service, address in watched.services().items():
        with urllib.request.urlopen(f"{address}/metrics") as answer:  # noqa: S310 - our own loopback
            text = answer.read().decode()
        assert said("promtool", "check", "metrics", given=text) == "", service
