"""A model's books: its topics, with what their records say of the input positions they come from."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.records import RecordRefused, read_record
from schemas.topics import topic_name
from stream.kafka.scan import edges, scan
from stream.records import Batch, Place

OUTPUTS = ("predictions", "features.dlq")


@dataclass(frozen=True, kw_only=True)
class Books:
    """Where one group's account lies."""

    brokers: str
    model: str
    prefix: str = ""
    group: str | None = None
    file: Path | None = None

    def topic(self, kind: str) -> str:
        """The name of one of the model's topics."""
        return topic_name(self.model, kind, prefix=self.prefix)

    @property
    def reader(self) -> str:
        """The group whose account is judged."""
        return self.group or f"{self.prefix}{self.model}.scorer"


Sources = Iterator[tuple[Place, int]]


def predictions(books: Books) -> Iterator[dict[str, Any]]:
    """Every prediction on the model's topic, decoded; marks and what is no prediction left out."""
    for batch in scan(books.brokers, [books.topic("predictions")], file=books.file):
        for value in batch.values:
            if value is not None:
                with suppress(RecordRefused):
                    yield read_record("prediction", value)


def predicted(books: Books, arms: set[str]) -> Sources:
    """The source position of every prediction of the group's arms."""
    for said in predictions(books):
        if said["arm"] in arms:
            source = said["source"]
            yield Place(source["topic"], source["partition"]), source["offset"]


def set_aside(books: Books) -> Sources:
    """The source position of every dead letter of the group."""
    for batch in scan(books.brokers, [books.topic("features.dlq")], file=books.file):
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
    outputs = [books.topic(kind) for kind in OUTPUTS]
    seen = edges(books.brokers, outputs, file=books.file)
    whole = edges(books.brokers, outputs, file=books.file, isolation="read_uncommitted")
    return {place: end for place, (_, end) in seen.items() if end < whole[place][1]}
