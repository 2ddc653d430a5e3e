"""Quantiles out of a scraped histogram equal those of PromQL's histogram_quantile."""

from collections.abc import Mapping

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram

from stream.telemetry.health import Admin, Health
from stream.telemetry.scrape import Scraped, scrape


def histogram(counts: Mapping[str, float], **labels: str) -> Scraped:
    """Cumulative `counts` by upper bound."""
    return Scraped({("h_bucket", frozenset({("le", le), *labels.items()})): n for le, n in counts.items()})


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        # One bucket: linear from 0 to its bound.
        ({"1": 10, "+Inf": 10}, 0.5, 0.5),
        ({"1": 10, "+Inf": 10}, 0.9, 0.9),
        # rank 5 of 10 lies at the end of the first bucket, rank 7.5 in the middle of the second.
        ({"1": 5, "2": 10, "+Inf": 10}, 0.5, 1.0),
        ({"1": 5, "2": 10, "+Inf": 10}, 0.75, 1.5),
        # Buckets without rows are passed over.
        ({"1": 0, "2": 0, "4": 4, "+Inf": 4}, 0.5, 3.0),
        # Beyond the last bound: that bound.
        ({"1": 1, "2": 2, "+Inf": 100}, 0.99, 2.0),
        # rank 9.9: 0.9 of the tenth row, between 2 and 4.
        ({"1": 4, "2": 9, "4": 10, "+Inf": 10}, 0.99, 3.8),
        ({"0.1": 1, "10": 1, "+Inf": 1}, 1.0, 0.1),
    ],
)
def test_a_quantile_is_promql_s(counts: Mapping[str, float], share: float, expected: float) -> None:
    """Worked out by hand from the definition: linear within the bucket that holds the rank."""
    assert histogram(counts).quantile("h", share) == pytest.approx(expected)


@pytest.mark.parametrize("counts", [{}, {"1": 0, "+Inf": 0}])
def test_nothing_observed_has_no_quantile(counts: Mapping[str, float]) -> None:
    """None, not 0."""
    assert histogram(counts).quantile("h", 0.5) is None


def test_a_quantile_over_all_label_values_adds_them_up() -> None:
    """As `sum by (le)` does; with a label given, that one's alone."""
    both = Scraped(
        {
            **histogram({"1": 10, "2": 10, "+Inf": 10}, s="a").samples,
            **histogram({"1": 0, "2": 10, "+Inf": 10}, s="b").samples,
        }
    )
    assert both.quantile("h", 0.75) == pytest.approx(1.5)
    assert both.quantile("h", 0.5, s="a") == pytest.approx(0.5)
    assert both.quantile("h", 0.5, s="b") == pytest.approx(1.5)


def test_what_a_port_says_is_read_as_numbers() -> None:
    """By name with labels, by one label, over all labels; what is not there is 0."""
    registry = CollectorRegistry()
    counter = Counter("seen", "Seen.", ["reason", "topic"], registry=registry)
    counter.labels("null", "a").inc(2)
    counter.labels("null", "b").inc(3)
    counter.labels('odd "one"\n', "a").inc()
    counter.labels("never", "a").inc(0)
    Histogram("took", "Took.", registry=registry, buckets=(1, 2)).observe(1.5)
    admin = Admin(registry, Health([]), host="127.0.0.1", port=0)
    found = scrape(f"http://127.0.0.1:{admin.port}")
    admin.close()
    assert found.value("seen_total", reason="null", topic="b") == 3
    assert found.value("seen_total", reason="null") == found.value("nothing") == 0
    assert found.by("seen_total", "reason") == {"null": 5, 'odd "one"\n': 1}
    assert found.total("seen_total") == 6
    assert found.quantile("took", 0.5) == 1.5
    with pytest.raises(OSError, match="refused"):
        scrape(f"http://127.0.0.1:{admin.port}")
