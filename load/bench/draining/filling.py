"""Predictions and labels of as many events as asked for, filled into their topics; what must become of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from schemas.contracts import latest
from schemas.framing import frame
from schemas.prediction import PredictionBatch, encode
from schemas.records import write_record
from schemas.source import DirectorySource
from stream.clocks import MARK_HEADER
from stream.kafka.clients import open_producer

START = 1_362_096_000_000_000
HOUR = 3_600_000_000
SPAN = 20 * 24 * HOUR
"""So much event time all events take: longer than any of them stays in the waiting room."""
UNTOLD = 10
"""Every so many'th event is never labelled."""
TOGETHER = 4_000
TRIES_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Filled:
    """Two topics with all of `events` in them, and the schemas of their records."""

    predictions: str
    labels: str
    events: int
    partitions: int
    schemas: Path

    @property
    def records(self) -> int:
        """Predictions, labels, and a mark at the end of each partition."""
        return 2 * self.events - (self.events + UNTOLD - 1) // UNTOLD + 2 * self.partitions


def is_told(number: int) -> bool:
    """Whether an event has a label."""
    return number % UNTOLD != 0


def fill(brokers: str, filled: Filled) -> None:
    """Produce all of it, in order of time in each topic."""
    source = DirectorySource(filled.schemas)
    frames = {name: frame(source.add(latest(name))) for name in ("prediction", "label")}
    producer = open_producer(brokers, compression_type="zstd", linger_ms=50)
    for row, value in enumerate(_predictions(filled.events, frames["prediction"])):
        _produce(producer, filled.predictions, value, b"%08d" % row)
    for number, at in _told(filled.events):
        record = {"event_id": f"{number:08d}", "label": number % 3 == 0, "labelled_at": at, "revision": 0}
        _produce(producer, filled.labels, write_record("label", record, frames["label"]), b"%08d" % number)
    mark = [(MARK_HEADER, b"%d" % (START + 2 * SPAN))]
    for topic in (filled.predictions, filled.labels):
        for partition in range(filled.partitions):
            producer.produce(topic, None, None, partition, headers=mark)
    if producer.flush(60):
        raise SystemExit("the broker did not take what the benchmark reads")


def _produce(producer: Any, topic: str, value: bytes, key: bytes) -> None:
    while True:
        try:
            producer.produce(topic, value, key)
            break
        except BufferError:
            producer.poll(TRIES_SECONDS)


def _times(numbers: np.ndarray[Any, np.dtype[np.int64]], events: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return START + numbers * (SPAN // max(1, events))


def _told(events: int) -> list[tuple[int, int]]:
    """Events with the time of their label, in that order: between minutes and 33 hours after each."""
    numbers = np.arange(events, dtype=np.int64)
    ats = _times(numbers, events) + HOUR // 10 + (numbers * 7_919 % 1_000) * (33 * HOUR // 1_000)
    return [(one, at) for at, one in sorted(zip(ats.tolist(), numbers.tolist(), strict=True)) if is_told(one)]


def _predictions(events: int, prefix: bytes) -> Iterator[bytes]:
    for first in range(0, events, TOGETHER):
        numbers = np.arange(first, min(events, first + TOGETHER), dtype=np.int64)
        yield from encode(_batch(numbers, events), prefix)


def _batch(numbers: np.ndarray[Any, np.dtype[np.int64]], events: int) -> PredictionBatch:
    count, times = len(numbers), _times(numbers, events)
    scores = numbers * 7_919 % 1_000 / 1_000
    return PredictionBatch(
        ids=[b"%08d" % number for number in numbers.tolist()],
        times=times,
        buckets=times - times % (6 * HOUR),
        offsets=numbers,
        partitions=numbers % 12,
        scored_at=START,
        model="flights",
        model_version="1",
        bundle_digest="9f86d081" * 8,
        arm="champion",
        topic="flights.features",
        modes=np.zeros(count, np.int8),
        scores=scores,
        class_scores=None,
        decisions=(scores > 0.5).astype(np.int64),  # noqa: PLR2004 - the threshold
        decision_names=("false", "true"),
        estimates=np.maximum(scores, 1 - scores),
        reasons=np.zeros(count, np.int32),
        reason_sets=((),),
        ood=np.full(count, np.nan),
        ood_flags=np.zeros(count, np.bool_),
        segments=numbers % 3,
        segment_sets=tuple((("origin", name),) for name in ("EWR", "JFK", "LGA")),
    )
