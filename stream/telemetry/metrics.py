"""The metrics of a process, by the names of the catalogue."""

import sys
from collections.abc import Iterator, Mapping
from itertools import product

from numpy.typing import ArrayLike
from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, disable_created_metrics

from stream.telemetry.buckets import Buckets
from stream.telemetry.catalogue import COUNTERS, GAUGES, HISTOGRAMS, entries
from stream.telemetry.entry import Entry
from stream.telemetry.names import CounterName, GaugeName, HistogramName, MetricName
from stream.telemetry.served import PROCESS, Service, served, servers


class Metrics:
    """The metrics of one service on one registry; a label set known beforehand is shown from the start.

    A method raises ValueError for labels the catalogue does not declare: a series nobody asked for stays; and for a
    metric that `service` does not serve. Without `service` all are served.
    """

    def __init__(self, service: Service | None = None, registry: CollectorRegistry | None = None) -> None:
        # Each _created is one more series a label set, for a time nobody asks.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves this one untyped
        self.registry = registry or CollectorRegistry()
        ours = served(service)
        self._entries = {name: entry for name, (_kind, entry) in entries().items() if name in ours}
        self._counters: dict[str, Counter] = {
            name: Counter(name, entry.meaning, entry.labels, registry=self.registry)
            for name, entry in COUNTERS.items()
            if name in ours
        }
        self._gauges: dict[str, Gauge] = {
            name: Gauge(name, entry.meaning, entry.labels, registry=self.registry)
            for name, entry in GAUGES.items()
            if name in ours
        }
        self._histograms: dict[str, Buckets] = {
            name: Buckets(name, entry.meaning, labels=entry.labels, edges=entry.buckets)
            for name, entry in HISTOGRAMS.items()
            if name in ours
        }
        for histogram in self._histograms.values():
            self.registry.register(histogram)
        ProcessCollector(registry=self.registry)
        self._prime_closed()

    def _prime_closed(self) -> None:
        for name in (*COUNTERS, *HISTOGRAMS):
            entry = self._entries.get(name)
            if entry and set(entry.closed) == set(entry.labels) and (entry.labels or entry.buckets):
                self.prime(name, **entry.closed)

    def prime(self, name: CounterName | HistogramName, **values: tuple[str, ...]) -> None:
        """Show every combination of label values at zero, so that a first count is seen as a rise."""
        for combination in product(*values.values()):
            labels = dict(zip(values, combination, strict=True))
            given = self._checked(name, labels)
            if name in self._histograms:
                self._histograms[name].prime(given)
            else:
                self._counters[name].labels(*given)

    def inc(self, name: CounterName, amount: float = 1, **labels: str | int) -> None:
        """Count `amount` more."""
        values = self._checked(name, labels)
        counter = self._counters[name]
        (counter.labels(*values) if values else counter).inc(amount)

    def set(self, name: GaugeName, value: float, **labels: str | int) -> None:
        """Say what it is now."""
        values = self._checked(name, labels)
        gauge = self._gauges[name]
        (gauge.labels(*values) if values else gauge).set(value)

    def forget(self, name: GaugeName) -> None:
        """Drop a labelled gauge's series: what they spoke of is no longer ours."""
        self._gauges[name].clear()

    def observe(
        self, name: HistogramName, values: ArrayLike, count: int = 1, *, trace: str = "", **labels: str | int
    ) -> None:
        """Take one value or an array of them, each `count` times, in its unit; `trace` is that of the largest."""
        self._histograms[name].observe(values, count, self._checked(name, labels), trace)

    def _checked(self, name: MetricName, labels: Mapping[str, str | int]) -> tuple[str, ...]:
        """The label values in the catalogue's order. Raises ValueError."""
        entry = self._entries.get(name)
        if entry is None:
            raise ValueError(f"found {name}, which this service does not serve: name it in stream/telemetry/served.py")
        if set(labels) != set(entry.labels):
            raise ValueError(f"found labels {sorted(labels)} on {name}, expected {sorted(entry.labels)}")
        values = tuple(str(labels[label]) for label in entry.labels)
        for label, value in zip(entry.labels, values, strict=True):
            known = entry.closed.get(label)
            if known is not None and value not in known:
                raise ValueError(f"found {label}={value!r} on {name}, expected one of {', '.join(known)}")
        return values


def page() -> str:
    """The catalogue as the Markdown page docs/metrics.md."""
    return "\n".join([*_lines()]) + "\n"


def _lines() -> Iterator[str]:
    yield "# Metrics"
    yield ""
    yield "Served as Prometheus text at `/metrics` of a service's admin port."
    yield "Written by `python -m stream.telemetry.metrics > docs/metrics.md`; a test compares."
    yield ""
    yield "| name | kind | labels | unit | served by | meaning |"
    yield "|---|---|---|---|---|---|"
    for name, (kind, entry) in entries().items():
        by = ", ".join(servers(name))
        yield f"| `{name}` | {kind} | {_labels(entry)} | {entry.unit} | {by} | {entry.meaning}{_edges(entry)} |"
    yield ""
    yield "Every service also says of its process, where the system tells it (Linux):"
    yield ""
    yield "| name | kind | unit | meaning |"
    yield "|---|---|---|---|"
    for name, (kind, entry) in PROCESS.items():
        yield f"| `{name}` | {kind} | {entry.unit} | {entry.meaning} |"


def _labels(entry: Entry) -> str:
    said = [
        f"`{label}`" + (f" ({', '.join(entry.closed[label])})" if label in entry.closed else "")
        for label in entry.labels
    ]
    return ", ".join(said) or "none"


def _edges(entry: Entry) -> str:
    return f" Buckets: {', '.join(f'{edge:g}' for edge in entry.buckets)}." if entry.buckets else ""


if __name__ == "__main__":
    sys.stdout.write(page())
