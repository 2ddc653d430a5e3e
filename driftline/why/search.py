"""Finding an event's records on Kafka: in the partition of its key where that is known, else in every one."""

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftline.local.progress import Progress
from driftline.shown import Shown, decoded
from driftline.where import Where
from driftline.why.story import KINDS, Sighting, Story
from schemas.source import DirectorySource
from schemas.topics import topic_name
from stream.kafka.admin import Admin
from stream.kafka.scan import edges, edges_since, scan
from stream.partitioner import partition_of
from stream.records import Batch, Place

LETTERS = {f"{kind}.dlq": kind for kind in KINDS[:3]}
Spans = Mapping[Place, tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Whose records are sought: those of `event_id`, under `key` where that is known, since a time (ms) if given."""

    event_id: str
    key: bytes | None = None
    since_millis: int | None = None


class Search:
    """Looks through a model's topics up to where they end now. Raises Stopped when Kafka does not answer."""

    def __init__(self, at: Where, sought: Sought) -> None:
        self._at, self._sought = at, sought
        self._source = DirectorySource(at.schemas)
        there = Admin(at.brokers).partition_counts()
        names = {topic_name(at.model, kind, prefix=at.prefix): kind for kind in (*KINDS, *LETTERS)}
        self.kinds = {name: kind for name, kind in names.items() if name in there}
        self._spans = self._edges()

    def _edges(self) -> Spans:
        topics, since = list(self.kinds), self._sought.since_millis
        return edges(self._at.brokers, topics) if since is None else edges_since(self._at.brokers, topics, since)

    def told(self) -> tuple[Story, Spans]:
        """The story, with what was searched for it.

        Under its key, or the id as one: of each topic the partition that murmur2 gives, and every dead letter, for
        what was misrouted lies elsewhere. Where the key was only a guess, and a wrong one, every partition.
        """
        guess = self._sought.event_id.encode() if self._sought.key is None else self._sought.key
        story = self._look(narrow := self._narrowed(guess), {guess})
        if self._sought.key is not None or guess in story.keys:
            return story, narrow
        story = self._look(self._spans, {guess})
        if learned := story.keys - {guess}:  # a letter under that key may have been passed by before it was known
            letters = {place: span for place, span in self._spans.items() if self.kinds[place.topic] in LETTERS}
            story.letters = self._look(letters, {guess, *learned}).letters
        return story, self._spans

    def _narrowed(self, key: bytes) -> Spans:
        counts = {topic: sum(place.topic == topic for place in self._spans) for topic in self.kinds}
        mine = {Place(topic, partition_of(key, count)) for topic, count in counts.items()}
        spans = self._spans.items()
        return {place: span for place, span in spans if place in mine or self.kinds[place.topic] in LETTERS}

    def _look(self, spans: Spans, keys: Collection[bytes]) -> Story:
        """What the spans hold of the event, with the letters under `keys`."""
        story = Story(self._sought.event_id)
        for batch in self._batches(spans):
            self._take(story, batch, keys)
        self._take_sources(story)
        for some in (*story.found.values(), story.letters):
            some.sort(key=lambda one: (one.topic, one.shown.partition, one.shown.offset))
        return story

    def _batches(self, spans: Spans) -> Iterator[Batch]:
        total, done = sum(end - start for start, end in spans.values()), 0
        begins = {place: start for place, (start, _) in spans.items()}
        ends = {place: end for place, (_, end) in spans.items()}
        shows = Progress("searching", total=total, unit="records") if sys.stderr.isatty() else nullcontext()
        with shows as bar:
            for batch in scan(self._at.brokers, list(self.kinds), start=begins, end=ends):
                done += len(batch)
                if bar is not None:
                    bar.show(done)
                yield batch

    def _take(self, story: Story, batch: Batch, keys: Collection[bytes]) -> None:
        """Keep the records of a batch that are the event's; only what holds its id at all is decoded."""
        name = self._sought.event_id.encode()
        for row, (topic, key, value) in enumerate(zip(batch.topics, batch.keys, batch.values, strict=True)):
            kind, holds = self.kinds[topic], value is not None and name in value
            if kind in LETTERS:
                if key in keys or (holds and self._is_its_own(LETTERS[kind], self._shown(batch, row, LETTERS[kind]))):
                    story.letters.append(Sighting(topic, self._shown(batch, row, "dlq")))
            elif holds and self._is_its_own(kind, one := self._shown(batch, row, kind)):
                story.found[kind].append(Sighting(topic, one))

    def _take_sources(self, story: Story) -> None:
        """Add the events that predictions answer, where the id was not found in them: it may be a number."""
        seen = {(one.topic, one.shown.partition, one.shown.offset) for one in story.found["features"]}
        missing = sorted(story.sources - seen)
        known = sorted({topic for topic, _, _ in missing} & self.kinds.keys())
        kept = edges(self._at.brokers, known) if known else {}
        for topic, partition, offset in missing:
            place = Place(topic, partition)
            first, end = kept.get(place, (0, 0))
            if not first <= offset < end:
                story.gone.append(f"{topic}[{partition}] offset {offset}")
                continue
            for batch in scan(self._at.brokers, [topic], start={place: offset}, end={place: offset + 1}):
                story.found["features"].append(Sighting(topic, self._shown(batch, 0, "features")))

    def _shown(self, batch: Batch, row: int, kind: str) -> Shown:
        return next(decoded(batch.take(np.array([row])), kind, self._source))

    def _is_its_own(self, kind: str, shown: Shown) -> bool:
        """Whether a record is of the event: a user's own record may say so in whichever field."""
        record: Mapping[str, Any] = shown.record or {}
        if kind == "features":
            return self._sought.event_id in {value for value in record.values() if isinstance(value, str)}
        return bool(record.get("event_id") == self._sought.event_id)
