"""Reads topics outside of any group, for looking: it commits nothing."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stream.faults import Stopped
from stream.kafka.reading import assign_reader, end_of, errors_of, open_reader, partitions_of, to_batch
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
        assign_reader(reader, begins)
        if follow:
            yield from _endless(reader)
        ends = end if end is not None else {place: last for place, (_, last) in kept.items()}
        yield from _until(reader, {place: ends[place] for place in begins if begins[place] < ends[place]})
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


def _edges(reader: Any, topics: Sequence[str], brokers: str) -> dict[Place, tuple[int, int]]:
    places = [place for topic in topics for place in partitions_of(reader, topic, brokers=brokers)]
    return {place: end_of(reader, place) for place in places}


def _endless(reader: Any) -> Iterator[Batch]:
    """Whatever comes, for ever."""
    while True:
        good, _ = _some(reader)
        if good:
            yield to_batch(good)


def _until(reader: Any, ends: dict[Place, int]) -> Iterator[Batch]:
    """Records before `ends`; others may write meanwhile, so that a partition's end need never be seen."""
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while ends:
        good, ended = _some(reader)
        if good or ended:
            patient_until = time.monotonic() + PATIENCE_SECONDS
        wanted = [m for m in good if m.offset() < ends.get(Place(m.topic(), m.partition()), 0)]
        for message in good:
            place = Place(message.topic(), message.partition())
            if message.offset() >= ends.get(place, 0) - 1:
                ended.add(place)
        ends = {place: offset for place, offset in ends.items() if place not in ended}
        if wanted:
            yield to_batch(wanted)
        if time.monotonic() > patient_until:
            what = f"nothing was read for {PATIENCE_SECONDS:.0f} s"
            raise Stopped(what, cause="the brokers do not answer", fix="look at their log")


def _some(reader: Any) -> tuple[list[Any], set[Place]]:
    """One poll that waits, then whatever is there: `consume` alone would wait its whole time-out for ROWS of them."""
    first = reader.poll(0.1)
    return errors_of([] if first is None else [first, *reader.consume(ROWS - 1, 0)])
