"""Where to go on when the group has no offset: the profile log remembers."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from schemas.records import RecordRefused, read_record
from services.scorer.settings import Settings, Topics
from stream.kafka.scan import edges, scan
from stream.records import Place

CHUNK = 5_000
NEEDED = ("group", "ranges")


def last_positions(settings: Settings, topics: Topics, places: Sequence[Place]) -> dict[Place, int]:
    """The end of the last range that this group accounted for, for each of `places` it ever read.

    The log is read from its end backwards, only as far as need be: a live group's last accounts name every partition.
    """
    found: dict[Place, int] = {}
    log = Place(topics.profiles, 0)
    first, end = edges(settings.brokers, [topics.profiles], file=settings.kafka_config)[log]
    while end > first and not found.keys() >= set(places):
        start = max(first, end - CHUNK)
        newer = {}
        for one in _ranges(settings, topics, start, end):
            newer[Place(one["topic"], one["partition"])] = one["to"]
        found = {**newer, **found}
        end = start
    return {place: found[place] for place in places if place in found}


def _ranges(settings: Settings, topics: Topics, start: int, end: int) -> Iterator[dict[str, Any]]:
    """The group's ranges in a stretch of the profile log; what is no profile says nothing."""
    log = Place(topics.profiles, 0)
    chunk = scan(settings.brokers, [log.topic], start={log: start}, end={log: end}, file=settings.kafka_config)
    for batch in chunk:
        for value in batch.values:
            with suppress(RecordRefused):
                profile = read_record("profile", value or b"", fields=NEEDED)
                if profile["group"] == topics.group:
                    yield from profile["ranges"]
