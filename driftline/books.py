"""A model's books: its topics, with what their records say of the input positions they come from."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from schemas.records import RecordRefused, read_record
from schemas.topics import topic_name
from stream.dead_letters import REDRIVES
from stream.kafka.scan import edges, scan
from stream.records import Batch, Place

Role = Literal["scorer", "labeler"]


@dataclass(frozen=True)
class Trade:
    """What those of one role read, and what they write of it; what they set aside goes to `{input}.dlq`."""

    inputs: tuple[str, ...]
    output: str

    @property
    def outputs(self) -> tuple[str, ...]:
        """Every topic that holds what became of an input."""
        return (self.output, *(f"{kind}.dlq" for kind in self.inputs))


TRADES: Mapping[Role, Trade] = {
    "scorer": Trade(("features",), "predictions"),
    "labeler": Trade(("predictions", "labels"), "outcomes"),
}


@dataclass(frozen=True, kw_only=True)
class Books:
    """Where one group's account lies."""

    brokers: str
    model: str
    prefix: str = ""
    group: str | None = None
    file: Path | None = None
    role: Role = "scorer"

    def topic(self, kind: str) -> str:
        """The name of one of the model's topics."""
        return topic_name(self.model, kind, prefix=self.prefix)

    @property
    def reader(self) -> str:
        """The group whose account is judged."""
        return self.group or f"{self.prefix}{self.model}.{self.role}"

    @property
    def inputs(self) -> list[str]:
        """The topics that it reads."""
        return [self.topic(kind) for kind in TRADES[self.role].inputs]

    @property
    def outputs(self) -> list[str]:
        """The topics that hold what became of the inputs."""
        return [self.topic(kind) for kind in TRADES[self.role].outputs]


Sources = Iterator[tuple[Place, int]]


def predictions(books: Books) -> Iterator[dict[str, Any]]:
    """Every prediction on the model's topic, decoded; marks, what was sent again and what is no prediction left out."""
    return _records(books, "predictions")


def outcomes(books: Books) -> Iterator[dict[str, Any]]:
    """Every outcome on the model's topic, decoded, each partition in its order; what is no outcome left out."""
    return _records(books, "outcomes")


def _records(books: Books, kind: str) -> Iterator[dict[str, Any]]:
    for batch in scan(books.brokers, [books.topic(kind)], file=books.file):
        for row, value in enumerate(batch.values):
            if value is not None and not any(name == REDRIVES for name, _ in batch.headers(row) or ()):
                with suppress(RecordRefused):
                    yield read_record(kind.removesuffix("s"), value)


def predicted(books: Books, arms: set[str]) -> Sources:
    """The source position of every prediction of the group's arms."""
    for said in predictions(books):
        if said["arm"] in arms:
            yield _position(said["source"])


def joined(books: Books) -> Sources:
    """The position of every prediction and label that has an outcome, once; again where a prediction's comes twice.

    A prediction may have several outcomes, each with a seq of its own.
    """
    seen: set[tuple[Place, int, int]] = set()
    for said in outcomes(books):
        place, offset = _position(said["prediction"])
        known = (place, offset, said["seq"])
        if said["seq"] <= 0 or known in seen:
            yield place, offset
        seen.add(known)
        if said["label_source"] is not None:
            place, offset = _position(said["label_source"])
            if (place, offset, 0) not in seen:
                seen.add((place, offset, 0))
                yield place, offset


def _position(said: Mapping[str, Any]) -> tuple[Place, int]:
    return Place(said["topic"], said["partition"]), said["offset"]


def set_aside(books: Books) -> Sources:
    """The source position of every dead letter of the group."""
    for batch in scan(books.brokers, books.outputs[1:], file=books.file):
        yield from _noted(batch, books.reader)


def _noted(batch: Batch, group: str) -> Sources:
    for row in range(len(batch)):
        # The last of a name is ours; an event may have brought others of that name, with any bytes in them.
        said = [(name, value or b"") for name, value in batch.headers(row) or () if name.startswith("dlq.error.")]
        note = {name: value.decode(errors="replace") for name, value in said}
        if note.get("dlq.error.group") == group:
            with suppress(KeyError, ValueError):  # a letter of somebody else's that borrows our name
                place = Place(note["dlq.error.topic"], int(note["dlq.error.partition"]))
                yield place, int(note["dlq.error.offset"])


def waiting(books: Books) -> dict[Place, int]:
    """Where committed readers of the outputs wait for an open transaction, with the offset they wait at."""
    seen = edges(books.brokers, books.outputs, file=books.file)
    whole = edges(books.brokers, books.outputs, file=books.file, isolation="read_uncommitted")
    return {place: end for place, (_, end) in seen.items() if end < whole[place][1]}
