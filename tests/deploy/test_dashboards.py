"""The dashboards: as their tables say, every panel explained, every query on metrics that exist."""

import json
import re
from typing import Any

import pytest

from deploy.dashboards.__main__ import BOARDS, JSON, texts
from stream.telemetry.catalogue import entries
from stream.telemetry.exposition import OPENMETRICS, exposition
from stream.telemetry.metrics import Metrics
from stream.telemetry.served import PROCESS
from tests.deploy.promql import labels_in, metrics_in
from tests.deploy.rules import COMPOSE, known, read

WANTED = {"overview", "scorer", "kafka", "drift", "quality", "labeler", "alerts", "cost"}
FOUND: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text("utf-8")) for path in JSON.iterdir()}
PANELS = [
    pytest.param(panel, id=f"{name}-{panel['title']}")
    for name, board in FOUND.items()
    for panel in board["panels"]
    if panel["type"] != "row"
]
LABELS = {label for _, entry in (*entries().values(), *PROCESS.values()) for label in entry.labels}
PROMETHEUS = {"job", "model", "instance", "le", "alertname", "alertstate", "severity"}


def test_the_files_are_what_the_tables_say() -> None:
    """`make dashboards` writes them."""
    assert {path.name: path.read_text("utf-8") for path in JSON.iterdir()} == dict(texts())
    assert set(FOUND) == WANTED


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    """A title, one sentence of what good looks like, a unit, levels; the data source that was chosen."""
    said = panel["description"]
    assert panel["title"]
    assert re.fullmatch(r"[^.]*(?:\.\w[^.]*)*\.", said), said
    assert len(said) > 30
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert panel["datasource"]["uid"] == "${datasource}"
    assert panel["targets"]


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_asks_for_what_exists(panel: dict[str, Any]) -> None:
    """Metrics of the catalogue and of the rules, labels that these have, in its legends too."""
    for target in panel["targets"]:
        asked = metrics_in(re.sub(r"\$price\b", "1", target["expr"]))
        assert asked
        assert asked <= known(), target["expr"]
        legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert labels_in(target["expr"]) | legend <= LABELS | PROMETHEUS


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_dashboard_can_be_found_and_asked(name: str) -> None:
    """Its uid stays, its choices come from metrics that exist, its panels are told apart and do not overlap."""
    board = FOUND[name]
    assert board["uid"] == f"driftline-{name}"
    for choice in board["templating"]["list"]:
        if choice["type"] == "query":
            assert metrics_in(choice["query"].partition("(")[2].rpartition(",")[0]) <= known()
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in board["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_links_lead_to_dashboards() -> None:
    """Those of panels, and those of alerts."""
    uids = {f"/d/{board.uid}" for board in BOARDS}
    links = {link["url"] for board in FOUND.values() for panel in board["panels"] for link in panel.get("links", [])}
    rules = [path.read_text("utf-8") for path in (COMPOSE / "prometheus" / "rules").iterdir()]
    told = {url for text in rules for url in re.findall(r"dashboard_url: (\S+)", text)}
    assert links
    assert told
    assert links | told <= uids


def test_grafana_is_told_where_the_dashboards_and_the_data_are() -> None:
    """Files that nobody changes in the browser; one Prometheus, by a uid that stays."""
    (provider,) = read(COMPOSE / "grafana/provisioning/dashboards/driftline.yml")["providers"]
    assert (provider["allowUiUpdates"], provider["disableDeletion"]) == (False, True)
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
    (source,) = read(COMPOSE / "grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert (source["uid"], source["type"], source["isDefault"]) == ("prometheus", "prometheus", True)
    every = read(COMPOSE / "prometheus" / "prometheus.yml")["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == every


def test_an_exemplar_leads_to_the_traces() -> None:
    """By the label that it has, to a source of data that is there, which asks the Jaeger of this file."""
    metrics, traces = (
        read(COMPOSE / f"grafana/provisioning/datasources/{name}.yml") for name in ("prometheus", "jaeger")
    )
    (leads,), (jaeger,) = metrics["datasources"][0]["jsonData"]["exemplarTraceIdDestinations"], traces["datasources"]
    told = Metrics()
    told.observe("driftline_end_to_end_seconds", 1.0, trace="a")
    assert f'# {{{leads["name"]}="a"}}' in exposition(told.registry, OPENMETRICS)[1].decode()
    assert (leads["datasourceUid"], jaeger["url"]) == (jaeger["uid"], "http://jaeger:16686")
