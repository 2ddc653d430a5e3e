"""What a service of ours says at /metrics, as numbers."""

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Scraped:
    """Samples by name with labels."""

    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]

    def value(self, name: str, **labels: str) -> float:
        """One sample; 0 when it is not there."""
        return self.samples.get((name, frozenset(labels.items())), 0.0)

    def by(self, name: str, label: str) -> dict[str, float]:
        """Sums of a metric by one of its labels, zeros left out."""
        found: dict[str, float] = {}
        for (other, labels), value in self.samples.items():
            if other == name and value:
                key = dict(labels)[label]
                found[key] = found.get(key, 0.0) + value
        return found

    def total(self, name: str) -> float:
        """The sum of a metric over all its labels."""
        return sum(value for (other, _), value in self.samples.items() if other == name)

    def quantile(self, name: str, share: float, **labels: str) -> float | None:
        """A histogram's quantile, interpolated in its bucket as PromQL's histogram_quantile does; None when empty."""
        wanted, counts = set(labels.items()), dict[float, float]()
        for (other, found), value in self.samples.items():
            if other == f"{name}_bucket" and wanted <= found:
                edge = float(dict(found)["le"])
                counts[edge] = counts.get(edge, 0.0) + value
        buckets = sorted(counts.items())
        if not buckets or not buckets[-1][1]:
            return None
        rank, low, before = share * buckets[-1][1], 0.0, 0.0
        for edge, count in buckets:
            if count >= rank:
                return low if edge == float("inf") else low + (edge - low) * (rank - before) / max(1.0, count - before)
            low, before = edge, count
        return low


def scrape(address: str) -> Scraped:
    """Ask the admin port at `address` (http://host:port). Raises OSError when it does not answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{address}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return Scraped(
        {
            (sample.name, frozenset(sample.labels.items())): float(sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    )
