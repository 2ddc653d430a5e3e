"""A classic Prometheus histogram that takes a whole batch of values at once."""

from collections.abc import Iterable, Sequence
from threading import Lock
from time import time

import numpy as np
from numpy.typing import ArrayLike, NDArray
from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar


class Buckets(Collector):
    """Counts of values by upper edge, one row of counts a label set; safe to read while it is written.

    prometheus_client's own Histogram takes one value a call, which is too slow for one value a record.
    """

    def __init__(self, name: str, meaning: str, *, labels: Sequence[str], edges: Sequence[float]) -> None:
        self._name, self._meaning, self._labels = name, meaning, tuple(labels)
        self._edges = np.array(edges, np.float64)
        self._lock = Lock()
        self._counts: dict[tuple[str, ...], NDArray[np.int64]] = {}
        self._sums: dict[tuple[str, ...], float] = {}
        self._exemplars: dict[tuple[str, ...], dict[int, Exemplar]] = {}

    def prime(self, labels: tuple[str, ...]) -> None:
        """Show a label set before its first value."""
        with self._lock:
            self._counts.setdefault(labels, np.zeros(len(self._edges) + 1, np.int64))
            self._sums.setdefault(labels, 0.0)

    def observe(self, values: ArrayLike, count: int, labels: tuple[str, ...], trace: str = "") -> None:
        """Count each value `count` times; below zero (a clock that ran back) is zero, NaN is left out.

        A `trace`, if any, is the exemplar of the bucket that the largest of them falls into, until the next one.
        """
        seen = np.maximum(np.atleast_1d(np.asarray(values, np.float64)), 0.0)
        seen = seen[~np.isnan(seen)]
        places = np.searchsorted(self._edges, seen, side="left")
        self.prime(labels)
        with self._lock:
            self._counts[labels] += np.bincount(places, minlength=len(self._edges) + 1) * count
            self._sums[labels] += float(seen.sum()) * count
            if trace and len(seen):
                largest = Exemplar({"trace_id": trace}, float(seen.max()), time())
                self._exemplars.setdefault(labels, {})[int(places.max())] = largest

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """The counts as Prometheus wants them: cumulative, by upper edge."""
        family = HistogramMetricFamily(self._name, self._meaning, labels=self._labels)
        edges = [*(str(edge) for edge in self._edges.tolist()), "+Inf"]
        with self._lock:
            for labels, counts in self._counts.items():
                steps = list(zip(edges, np.cumsum(counts).tolist(), strict=True))
                told = self._exemplars.get(labels, {})
                marked = [(*step, told[at]) if at in told else step for at, step in enumerate(steps)]
                family.add_metric(labels, marked, self._sums[labels])
        yield family
