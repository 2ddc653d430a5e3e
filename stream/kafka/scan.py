"""Reads topics outside of any group, for looking: it commits nothing."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stream.faults import Abort, Stopped
from stream.kafka.broken import Broken, is_broken
from stream.kafka.reading import assign_reader, end_of, errors_of, offset_at, open_reader, partitions_of, to_batch
from stream.records import Batch, Place

ROWS = 2_000
PATIENCE_SECONDS = 30.0


def scan(
    brokers: str,
    topics: Sequence[str],
    *,
    start: Mapping[Place, int] | None = None,
    end: Mapping[Place, int] | None = None,
    follow: bool = False,
    file: Path | None = None,
    isolation: str = "read_committed",
) -> Iterator[Batch]:
    """Every committed record of `topics`, from `start` (default: the first kept) to `end` (default: their ends now).

    A place missing from a given `start` is left out. With `follow` there is no end.
    Raises Stopped when a topic is missing or the brokers do not answer.
    """
    reader = open_reader(brokers, file=file, isolation_level=isolation)
    try:
        kept = {} if start is not None and (follow or end is not None) else _edges(reader, topics, brokers)
        begins = start if start is not None else {place: first for place, (first, _) in kept.items()}
        reading = _Reading(reader, begins, Broken(brokers, file, isolation))
        if follow:
            yield from _endless(reading)
        ends = end if end is not None else {place: last for place, (_, last) in kept.items()}
        yield from _until(reading, {place: ends[place] for place in begins if begins[place] < ends[place]})
    finally:
        reader.close()


def edges(
    brokers: str, topics: Sequence[str], *, file: Path | None = None, isolation: str = "read_committed"
) -> dict[Place, tuple[int, int]]:
    """First and next offset of every partition of `topics`, as a reader of that isolation sees them."""
    reader = open_reader(brokers, file=file, isolation_level=isolation)
    try:
        return _edges(reader, topics, brokers)
    finally:
        reader.close()


def edges_of(brokers: str, places: Sequence[Place], *, file: Path | None = None) -> dict[Place, tuple[int, int]]:
    """As `edges`, of some partitions alone."""
    reader = open_reader(brokers, file=file)
    try:
        return {place: end_of(reader, place) for place in places}
    finally:
        reader.close()


def edges_since(
    brokers: str, topics: Sequence[str], millis: int, *, file: Path | None = None
) -> dict[Place, tuple[int, int]]:
    """As `edges`, but of the records that came at `millis` (ms since 1970) or later: nothing where none did."""
    reader = open_reader(brokers, file=file)
    try:
        kept = _edges(reader, topics, brokers)
        since = {place: offset_at(reader, place, millis) for place in kept}
    finally:
        reader.close()
    return {
        place: (end if (at := since[place]) is None else max(first, at), end) for place, (first, end) in kept.items()
    }


def _edges(reader: Any, topics: Sequence[str], brokers: str) -> dict[Place, tuple[int, int]]:
    places = [place for topic in topics for place in partitions_of(reader, topic, brokers=brokers)]
    return {place: end_of(reader, place) for place in places}


class _Reading:
    """A reader, how far it has come, what it found that nobody can read."""

    def __init__(self, reader: Any, begins: Mapping[Place, int], broken: Broken) -> None:
        self._reader, self._at, self._broken = reader, dict(begins), broken
        assign_reader(reader, begins)

    def some(self) -> tuple[list[Any], set[Place], list[Any]]:
        """Messages, ended places, broken batches; `consume` alone would wait its whole time-out for ROWS of them."""
        first = self._reader.poll(0.1)
        messages = [] if first is None else [first, *self._reader.consume(ROWS - 1, 0)]
        broken = [m for m in messages if is_broken(m)]
        good, ended = errors_of([m for m in messages if not is_broken(m)] if broken else messages)
        self._at.update({Place(m.topic(), m.partition()): m.offset() + 1 for m in good})
        return good, ended, broken

    def tell(self, broken: list[Any], ends: Mapping[Place, int] | None = None) -> Iterator[Batch]:
        """The positions that broken batches hold, up to `ends` where given, as rows; then go on behind them."""
        high = (lambda place: end_of(self._reader, place)[1]) if ends is None else (lambda place: ends.get(place, 0))
        try:
            self._broken.found(broken, self._at, high)
        except Abort as error:
            raise Stopped(str(error), fix="look at the broker's log") from error
        while (batch := self._broken.batch(ROWS)) is not None:
            self._at[Place(batch.topics[0], int(batch.partitions[0]))] = int(batch.offsets[-1]) + 1
            yield batch
        assign_reader(self._reader, self._at)

    def ended(self, ends: Mapping[Place, int]) -> set[Place]:
        """The places that have come to their ends."""
        return {place for place, end in ends.items() if self._at[place] >= end}


def _endless(reading: _Reading) -> Iterator[Batch]:
    """Whatever comes, for ever."""
    while True:
        good, _, broken = reading.some()
        if good:
            yield to_batch(good)
        if broken:
            yield from reading.tell(broken)


def _until(reading: _Reading, ends: dict[Place, int]) -> Iterator[Batch]:
    """Records before `ends`; others may write meanwhile, so that a partition's end need never be seen."""
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while ends:
        good, ended, broken = reading.some()
        heard = bool(good or ended or broken)
        wanted = [m for m in good if m.offset() < ends.get(Place(m.topic(), m.partition()), 0)]
        if wanted:
            yield to_batch(wanted)
        if broken:
            yield from reading.tell(broken, ends)
        ended |= reading.ended(ends)
        ends = {place: offset for place, offset in ends.items() if place not in ended}
        if heard:  # counted from here: whoever uses what was read takes its own time
            patient_until = time.monotonic() + PATIENCE_SECONDS
        if time.monotonic() > patient_until:
            what = f"nothing was read for {PATIENCE_SECONDS:.0f} s"
            raise Stopped(what, cause="the brokers do not answer", fix="look at their log")
