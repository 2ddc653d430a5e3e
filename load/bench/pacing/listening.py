"""Reads predictions as a user does and notes how old each event is: `python -m load.bench.pacing.listening`."""

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from hdrh.histogram import HdrHistogram

from load.bench.rig.events import time_of
from stream.kafka.reading import assign_reader, end_of, open_reader, partitions_of

LOWEST, HIGHEST, DIGITS = 1, 120_000_000, 3
"""Microseconds that are told apart to three digits."""
TOGETHER, QUIET_SECONDS, POLL_SECONDS = 2_000, 15.0, 0.2
SHARES = (50.0, 90.0, 99.0, 99.9)
READY = "ready"


@dataclass(frozen=True)
class Heard:
    """Milliseconds from when an event was meant to be sent: by share, on average; `way` since it was appended."""

    events: int
    shares: tuple[float, ...]
    mean: float
    way: float

    def text(self) -> str:
        """As the process writes it."""
        return json.dumps(asdict(self))


class Ages:
    """The ages of events; those of the first `skipped` seconds do not count.

    An event's time is when it was meant to be sent, so that one that was sent late counts as old: no correction for
    coordinated omission is needed beyond that.
    """

    def __init__(self, skipped: float) -> None:
        self._skipped_micros, self._begun = skipped * 1e6, 0
        self._told = HdrHistogram(LOWEST, HIGHEST, DIGITS)
        self._ages: list[int] = []
        self._ways: list[float] = []

    def hear(self, sent_micros: int, appended_millis: int, now_micros: int) -> None:
        """One event."""
        self._begun = self._begun or sent_micros
        if sent_micros - self._begun >= self._skipped_micros:
            age = max(LOWEST, now_micros - sent_micros)
            self._told.record_value(age)
            self._ages.append(age)
            self._ways.append(now_micros / 1000 - appended_millis)

    def heard(self) -> Heard:
        """What there is to say of them."""
        if not self._ages:
            return Heard(0, tuple(0.0 for _ in SHARES), 0.0, 0.0)
        shares = tuple(self._told.get_value_at_percentile(share) / 1000 for share in SHARES)
        return Heard(len(self._ages), shares, float(np.mean(self._ages)) / 1000, float(np.mean(self._ways)))


def listen(brokers: str, topic: str, expected: int, skipped: float) -> Heard:
    """Read from the topic's end on until `expected` records came, or none for a while."""
    reader = open_reader(brokers, enable_partition_eof=False, fetch_wait_max_ms=500)
    places = {place: end_of(reader, place)[1] for place in partitions_of(reader, topic)}
    assign_reader(reader, places)
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    ages, count, last = Ages(skipped), 0, time.monotonic()
    while count < expected and time.monotonic() - last < QUIET_SECONDS:
        for record in _read(reader):
            ages.hear(time_of(record.value()), record.timestamp()[1], time.time_ns() // 1000)
            count, last = count + 1, time.monotonic()
    reader.close()
    return ages.heard()


def _read(reader: Any) -> list[Any]:
    """What is there, at once."""
    first = reader.poll(POLL_SECONDS)
    found = [first, *reader.consume(TOGETHER, 0)] if first is not None else []
    return [record for record in found if record.error() is None]


if __name__ == "__main__":
    brokers, topic, expected, skipped = sys.argv[1:]
    sys.stdout.write(listen(brokers, topic, int(expected), float(skipped)).text() + "\n")
