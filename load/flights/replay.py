"""The replay: tells the story to Kafka at the speed asked for, then says how far time has come."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from load.flights.ids import schema_ids
from load.flights.incidents import Incident, afflicted
from load.flights.story import Lines, events, in_time_order, labels, with_bad
from load.flights.table import read_flights
from models.contract import load_contract
from schemas.durations import micros
from schemas.topics import topic_name
from stream.faults import Stopped
from stream.kafka.clients import open_producer
from stream.kafka.reading import partitions_of
from stream.records import Place

MARK = "driftline-watermark"
CONTRACT = Path(__file__).parent / "contract.yaml"
LAST_DAY = date(2013, 12, 31)
SERVE_EVERY = 1000
FULL_WAIT_SECONDS = 0.5
FLUSH_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What to replay and where to: New York days `first` to `last` (both included), at most `limit` events.

    `speed` is seconds of the story a second, None as fast as possible; `schemas` a directory, or a registry's address.
    """

    brokers: str
    schemas: Path | str
    model: str = "flights"
    first: date = date(2013, 3, 1)
    last: date = LAST_DAY
    limit: int | None = None
    speed: float | None = None
    bad: bool = False
    labels: bool = True
    incident: Incident | None = None
    seed: int = 2013


@dataclass
class Sent:
    """What has been sent: good events, labels, bad records by fault, marks; what the brokers did not take."""

    events: int = 0
    labels: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    marks: int = 0
    undelivered: int = 0
    reached_micros: int = 0
    seconds: float = 0.0
    interrupted: bool = False


@dataclass(frozen=True)
class Listener:
    """Who is told the count about every thousand messages, and who may end the replay early."""

    watch: Callable[[Sent], None] = lambda _: None
    stop: Callable[[], bool] = lambda: False


NOBODY = Listener()


def replay(asked: Replay, listener: Listener = NOBODY) -> Sent:
    """Replay what was asked for; when the listener says stop, what was sent is flushed and no marks follow.

    Raises Stopped when the brokers or topics are not there, or no flight was scheduled on those days.
    """
    said, truth = story(asked)
    # zstd as the topics keep them, and batches worth compressing: a user's producer would do the same.
    producer = open_producer(asked.brokers, compression_type="zstd", linger_ms=20)
    return Teller(producer, asked, listener).tell(said, truth)


def story(asked: Replay) -> tuple[Lines, Lines]:
    """The events, bad ones among them where asked for, and the labels; registers the schemas of both."""
    table = afflicted(read_flights(asked.first, asked.last), asked.incident).slice(0, asked.limit)
    if table.num_rows == 0:
        raise Stopped(
            f"no flight from {asked.first} to {asked.last}",
            fix="choose days of 2013, the first before the last, and at least one event",
            configuration=True,
        )
    flight, label = schema_ids(asked.schemas, asked.model)
    said = events(table, flight)
    if asked.bad:
        said = with_bad(said, table, flight, seed=asked.seed)
    return said, labels(table if asked.labels else table.slice(0, 0), label)


def patience() -> int:
    """How long after the last event time must be said to have come so that nothing is waited for any more, µs.

    The contract's horizon, late and revision windows, and a sixteenth more: who waits sweeps in steps of less.
    """
    waits = load_contract(CONTRACT).label
    windows = micros(waits.horizon + waits.late_window + waits.revision_window)
    return windows + windows // 16


class Teller:
    """Tells one story through `producer`, a confluent-kafka Producer or what answers as one."""

    def __init__(self, producer: Any, asked: Replay, listener: Listener = NOBODY) -> None:
        self.producer, self.asked, self.listener = producer, asked, listener
        self.features, self.labels = (topic_name(asked.model, kind) for kind in ("features", "labels"))
        self.sent = Sent()

    def tell(self, said: Lines, truth: Lines) -> Sent:
        """Send every message in the order of time, then a mark to every partition; wait for the brokers."""
        places = self._places()
        started = time.monotonic()
        for number, (is_label, place) in enumerate(self._paced(said, truth, started)):
            self._message(is_label=is_label, line=truth if is_label else said, place=place)
            if number % SERVE_EVERY == 0:
                self._look(started)
        if not self.sent.interrupted:
            self._marks(places, int(said.times[-1]) + patience())
        waiting = self.producer.flush(FLUSH_SECONDS)  # counts too, in the delivery reports it serves
        self.sent.undelivered += waiting
        self._look(started)
        return self.sent

    def _places(self) -> list[Place]:
        topics = [self.features, self.labels] if self.asked.labels else [self.features]
        return [place for topic in topics for place in partitions_of(self.producer, topic)]

    def _paced(self, said: Lines, truth: Lines, started: float) -> Iterator[tuple[bool, int]]:
        """The messages' places, each when its time has come."""
        for is_label, place in in_time_order(said, truth):
            at = int((truth if is_label else said).times[place])
            if self.asked.speed is not None:
                self._wait(started + (at - int(said.times[0])) / 1e6 / self.asked.speed, started)
            # Asked, not raised: an exception out of a signal does not survive librdkafka's poll.
            if self.listener.stop():
                self.sent.interrupted = True
                return
            self.sent.reached_micros = at
            yield is_label, place

    def _wait(self, due: float, started: float) -> None:
        """Serve delivery reports until the clock says `due` or the listener says stop."""
        waited = False
        while (left := due - time.monotonic()) > 0 and not self.listener.stop():
            self.producer.poll(min(left, FULL_WAIT_SECONDS))
            waited = True
        if waited:
            self._look(started)

    def _message(self, *, is_label: bool, line: Lines, place: int) -> None:
        topic = self.labels if is_label else self.features
        self._produce(topic, key=line.keys[place], value=line.values[place])
        if is_label:
            self.sent.labels += 1
        elif fault := line.faults[place]:
            self.sent.bad[fault] += 1
        else:
            self.sent.events += 1

    def _marks(self, places: list[Place], at_micros: int) -> None:
        """Mark every partition: no event of this replay is later, and nothing need be waited for."""
        headers = [(MARK, str(at_micros).encode())]
        for topic, partition in places:
            self._produce(topic, value=None, partition=partition, headers=headers)
            self.sent.marks += 1

    def _produce(self, topic: str, **message: Any) -> None:
        while True:
            try:
                self.producer.produce(topic, on_delivery=self._delivered, **message)
            except BufferError:
                self.producer.poll(FULL_WAIT_SECONDS)
            else:
                return

    def _delivered(self, error: Any, _: Any) -> None:
        self.sent.undelivered += error is not None

    def _look(self, started: float) -> None:
        self.producer.poll(0)
        self.sent.seconds = time.monotonic() - started
        self.listener.watch(self.sent)


def summary(sent: Sent) -> Mapping[str, Any]:
    """`sent` as JSON takes it, the faults in alphabetical order."""
    return {**vars(sent), "bad": dict(sorted(sent.bad.items())), "seconds": round(sent.seconds, 3)}
