"""The metrics: names by convention, series from the start, whole batches at once."""

import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from prometheus_client import generate_latest

from stream.telemetry.catalogue import COUNTERS, GAUGES, HISTOGRAMS, entries
from stream.telemetry.metrics import Metrics, page
from stream.telemetry.names import CounterName, GaugeName, HistogramName

UNITS = {
    "ratio": "_ratio",
    "partitions": "_partitions",
    "seconds": "_seconds",
    "messages": "_messages",
    "rows": "_rows",
    "1": "_info",
    "predictions": "_predictions",
    "bytes": "_bytes",
    "alerts": "_alerts",
}
ROOT = Path(__file__).parents[3]


def shown(metrics: Metrics) -> list[str]:
    """The exposition's lines, comments left out."""
    return [line for line in generate_latest(metrics.registry).decode().splitlines() if not line.startswith("#")]


def test_the_page_is_the_catalogue() -> None:
    """docs/metrics.md is what `python -m stream.telemetry.metrics` prints."""
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == page()


def test_every_name_of_the_type_has_an_entry() -> None:
    """What mypy lets through, the process can serve."""
    assert set(get_args(CounterName)) == set(COUNTERS)
    assert set(get_args(GaugeName)) == set(GAUGES)
    assert set(get_args(HistogramName)) == set(HISTOGRAMS)


@pytest.mark.parametrize("name", list(entries()))
def test_names_follow_the_conventions(name: str) -> None:
    """One prefix, snake case, _total for counters alone, the unit at the end of the others."""
    kind, entry = entries()[name]
    assert re.fullmatch(r"driftline(_[a-z]+)+", name)
    assert name.endswith("_total") == (kind == "counter")
    assert kind == "counter" or name.endswith(UNITS[entry.unit])
    assert not {"le", "quantile", "key", "id", "offset"} & set(entry.labels)
    assert entry.meaning.endswith(".")
    assert set(entry.closed) <= set(entry.labels)
    assert list(entry.buckets) == sorted(entry.buckets)
    assert bool(entry.buckets) == (kind == "histogram")


def test_closed_label_sets_are_shown_from_the_start() -> None:
    """A first abort is a rise from 0, not a series out of nowhere."""
    lines = shown(Metrics())
    assert 'driftline_transactions_total{result="aborted"} 0.0' in lines
    assert 'driftline_events_total{outcome="fallback"} 0.0' in lines
    assert 'driftline_stage_seconds_count{stage="commit"} 0.0' in lines
    assert "driftline_end_to_end_seconds_count 0.0" in lines
    assert "driftline_misplaced_keys_total 0.0" in lines


def test_a_service_primes_what_it_knows() -> None:
    """Reasons are the service's words."""
    metrics = Metrics()
    metrics.prime("driftline_rejects_total", reason=("stale", "future"))
    metrics.inc("driftline_rejects_total", 3, reason="stale")
    lines = shown(metrics)
    assert 'driftline_rejects_total{reason="stale"} 3.0' in lines
    assert 'driftline_rejects_total{reason="future"} 0.0' in lines


def test_no_series_says_when_it_was_made() -> None:
    """One _created a label set would nearly double the page."""
    assert "_created" not in generate_latest(Metrics().registry).decode()


def test_a_histogram_takes_a_batch() -> None:
    """An edge belongs to its own bucket; below zero counts as zero, NaN not at all."""
    metrics = Metrics()
    metrics.observe("driftline_end_to_end_seconds", np.array([0.01, 0.2, 0.2001, -3.0, np.nan, 9999.0]))
    lines = shown(metrics)
    assert 'driftline_end_to_end_seconds_bucket{le="0.01"} 2.0' in lines
    assert 'driftline_end_to_end_seconds_bucket{le="0.2"} 3.0' in lines
    assert 'driftline_end_to_end_seconds_bucket{le="3600.0"} 4.0' in lines
    assert 'driftline_end_to_end_seconds_bucket{le="+Inf"} 5.0' in lines
    assert "driftline_end_to_end_seconds_count 5.0" in lines
    assert "driftline_end_to_end_seconds_sum 9999.4101" in lines


def test_a_value_may_count_for_many() -> None:
    """A batch's wait is the wait of each of its rows."""
    metrics = Metrics()
    metrics.observe("driftline_stage_seconds", 0.03, count=500, stage="infer")
    lines = shown(metrics)
    assert 'driftline_stage_seconds_bucket{le="0.025",stage="infer"} 0.0' in lines
    assert 'driftline_stage_seconds_bucket{le="0.05",stage="infer"} 500.0' in lines
    assert 'driftline_stage_seconds_sum{stage="infer"} 15.0' in lines


def test_a_gauge_forgets_what_is_no_longer_ours() -> None:
    """A revoked partition's lag would stand still for ever."""
    metrics = Metrics()
    metrics.set("driftline_lag_messages", 7, topic="f", partition=3)
    assert 'driftline_lag_messages{partition="3",topic="f"} 7.0' in shown(metrics)
    metrics.forget("driftline_lag_messages")
    assert not [line for line in shown(metrics) if line.startswith("driftline_lag_messages")]


def test_labels_outside_the_catalogue_are_refused() -> None:
    """A label nobody declared, a value no closed set holds."""
    metrics = Metrics()
    with pytest.raises(ValueError, match=r"found labels \['key'\] on driftline_events_total, expected \['outcome'\]"):
        metrics.inc("driftline_events_total", key="a")
    with pytest.raises(ValueError, match="found outcome='won' on driftline_events_total, expected one of scored"):
        metrics.inc("driftline_events_total", outcome="won")
    assert "won" not in "".join(shown(metrics))


def test_two_processes_worth_of_metrics_live_side_by_side() -> None:
    """Nothing is global: a test, or a second service, makes its own."""
    one, other = Metrics(), Metrics()
    one.inc("driftline_misplaced_keys_total", 2)
    assert "driftline_misplaced_keys_total 0.0" in shown(other)
