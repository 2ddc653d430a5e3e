"""The letters of one of a model's dead-letter topics, with the marks that say which were sent again."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from schemas.topics import topic_name
from stream.faults import Stopped
from stream.kafka.scan import edges, scan
from stream.records import Batch, Headers, Place

NOTE, MARK = "dlq.error.", "dlq.redriven"
SENT_AGAIN = ("features", "labels", "predictions")
"""The topics whose letters may be sent again."""
KINDS = (*SENT_AGAIN, "profiles")
"""The topics whose records may be set aside; a profile accounts for a transaction that is over."""
WAIT_SECONDS = 30.0
Id = tuple[int, int]
"""A letter's partition and offset."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A dead-letter topic of a model with the topic, one of KINDS, that its letters come from."""

    brokers: str
    model: str
    prefix: str
    kind: str = KINDS[0]

    @property
    def topic(self) -> str:
        """The dead-letter topic."""
        return topic_name(self.model, f"{self.kind}.dlq", prefix=self.prefix)

    @property
    def source(self) -> str:
        """Where its letters come from, and are sent again."""
        return topic_name(self.model, self.kind, prefix=self.prefix)


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A dead letter without its bytes; `size` is that of its value, None where nobody saw it."""

    partition: int
    offset: int
    at_millis: int
    size: int | None
    note: Mapping[str, str]
    redriven_millis: int | None = None

    @property
    def id(self) -> Id:
        """Its partition and offset."""
        return self.partition, self.offset

    @property
    def reason(self) -> str:
        """Why it was set aside; what carries no note of ours has none."""
        return self.note.get("reason", "no note")

    @property
    def source(self) -> tuple[Place, int] | None:
        """Where it stood; None when its note does not say."""
        try:
            return Place(self.note["topic"], int(self.note["partition"])), int(self.note["offset"])
        except (KeyError, ValueError):
            return None

    @property
    def redrives(self) -> int:
        """How often it had been sent again when it was set aside."""
        said = self.note.get("attempt", "1")
        return max(0, int(said) - 1) if said.isdecimal() and said.isascii() else 0

    @property
    def is_reference(self) -> bool:
        """Whether its bytes lie in the source topic only."""
        return "reference" in self.note


def note_of(headers: Headers) -> dict[str, str]:
    """The note; the last of a name is ours, for an event may bring headers of the same names, with any bytes."""
    said = [(name, value or b"") for name, value in headers if name.startswith(NOTE)]
    return {name.removeprefix(NOTE): value.decode(errors="replace") for name, value in said}


def original_headers(headers: Headers) -> list[tuple[str, bytes | None]]:
    """The headers without the note."""
    return [(name, value) for name, value in headers if not name.startswith(NOTE)]


def mark_of(value: bytes | None, headers: Headers) -> Id | None:
    """Which letter a mark says was sent again; None for what is no mark: a letter carries a note."""
    said = dict(headers).get(MARK)
    if value is not None or said is None or any(name.startswith(NOTE) for name, _ in headers):
        return None
    partition, _, offset = said.decode(errors="replace").partition("/")
    return (int(partition), int(offset)) if partition.isdecimal() and offset.isdecimal() else None


def letters(box: Box) -> list[Letter]:
    """Every letter there is, in order of partition and offset, each with when it was last sent again."""
    found: list[Letter] = []
    marks: dict[Id, int] = {}
    for batch in scan(box.brokers, [box.topic]):
        for row in range(len(batch)):
            headers = batch.headers(row) or ()
            mark = mark_of(batch.values[row], headers)
            if mark is not None:
                marks[mark] = int(batch.timestamps[row])
            else:
                found.append(_letter(batch, row, note_of(headers)))
    return sorted((_marked(one, marks) for one in found), key=lambda one: one.id)


def _letter(batch: Batch, row: int, note: dict[str, str]) -> Letter:
    said = note.get("size", "")
    seen = len(batch.values[row] or b"")
    size = seen if "reference" not in note else int(said) if said.isdecimal() else None
    return Letter(
        partition=int(batch.partitions[row]),
        offset=int(batch.offsets[row]),
        at_millis=int(batch.timestamps[row]),
        size=size,
        note=note,
    )


def _marked(letter: Letter, marks: Mapping[Id, int]) -> Letter:
    return replace(letter, redriven_millis=marks[letter.id]) if letter.id in marks else letter


def at(box: Box, wanted: Mapping[Id, Letter]) -> Iterator[tuple[Letter, Batch, int]]:
    """The wanted letters with their batch and row in it, so that their bytes can be had, in order a partition."""
    begins: dict[Place, int] = {}
    ends: dict[Place, int] = {}
    for partition, offset in wanted:
        place = Place(box.topic, partition)
        begins[place] = min(offset, begins.get(place, offset))
        ends[place] = max(offset + 1, ends.get(place, 0))
    for batch in scan(box.brokers, [box.topic], start=begins, end=ends) if begins else ():
        for row, key in enumerate(zip(batch.partitions.tolist(), batch.offsets.tolist(), strict=True)):
            if key in wanted:
                yield wanted[key], batch, row


def settle(box: Box) -> None:
    """Wait until nothing that was written hides behind an open transaction: a mark behind one would not be seen.

    Raises Stopped when one stays open.
    """
    whole = edges(box.brokers, [box.topic], isolation="read_uncommitted")
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        seen = edges(box.brokers, [box.topic])
        hidden = [place for place, (_, end) in whole.items() if seen[place][1] < end]
        if not hidden:
            return
        if time.monotonic() > deadline:
            place = hidden[0]
            raise Stopped(
                f"a transaction has been open on {place.topic}[{place.partition}] since offset {seen[place][1]}",
                cause="whoever wrote it is slow, or died; what stands behind it cannot be seen",
                fix="try again; a dead writer's transaction ends with its time-out",
            )
        time.sleep(0.05)
