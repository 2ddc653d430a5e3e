"""The queries of the dashboards, made ready to be asked."""

from pathlib import Path

import pytest

from driftline.queries import Query, has_data, of_dashboards, of_rules


def test_variables_are_filled_in_as_if_all_were_chosen() -> None:
    """Those of Grafana and those of the dashboard."""
    asked = Query("", 'rate(a{model=~"$model",v=~"$version"}[$__rate_interval]) * $price')
    assert asked.filled() == 'rate(a{model=~".+",v=~".+"}[30s]) * 0.04'


def test_of_a_choice_its_series_are_asked() -> None:
    """Those among whose labels it chooses."""
    assert Query("", 'label_values(a{model=~"$model"}, job)').filled() == 'a{model=~".+"}'


def test_a_variable_that_nobody_fills_is_an_error() -> None:
    """Rather than a query that matches nothing."""
    with pytest.raises(KeyError, match="unknown"):
        Query("", 'a{b="$unknown"}').filled()


def test_only_numbers_are_data() -> None:
    """No series is nothing, nor is NaN."""
    assert not has_data([])
    assert not has_data([{"values": [[1, "NaN"], [2, "NaN"]]}])
    assert has_data([{"values": [[1, "NaN"], [2, "0"]]}])


def test_every_query_of_every_dashboard_can_be_asked() -> None:
    """Panels, choices and annotations of all eight; each is told by its place."""
    found = list(of_dashboards())
    assert {query.place.partition(":")[0] for query in found} == {
        *("overview", "scorer", "kafka", "drift", "quality", "labeler", "alerts", "cost")
    }
    assert not [query for query in found if "$" in query.filled()]


def test_rules_are_asked_as_they_stand(tmp_path: Path) -> None:
    """Recordings and alerts told apart."""
    (tmp_path / "a.yml").write_text("groups: [{name: g, rules: [{record: 'x:y:z', expr: u}, {alert: A, expr: v}]}]")
    assert list(of_rules(tmp_path)) == [(Query("a: x:y:z", "u"), False), (Query("a: A", "v"), True)]
