"""The bytes of dead letters: from the letter itself, or from where it stood in the source topic."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from driftline.dlq.letters import Box, Id, Letter, at, original_headers
from driftline.dlq.plan import Record
from stream.kafka.scan import edges, scan
from stream.records import Batch


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A letter that cannot be sent again, with why: nothing is ever made up in its place."""

    letter: Letter
    why: str


def originals(box: Box, wanted: Mapping[Id, Letter], value: bytes | None = None) -> Iterator[Record | Lost]:
    """What to send for each of the `wanted` letters; `value` takes the original's place where given."""
    kept = edges(box.brokers, [box.source]) if any(letter.is_reference for letter in wanted.values()) else {}
    for letter, batch, row in at(box, wanted):
        own = _record(letter, batch, row)
        if letter.is_reference and letter.source is not None:
            place, offset = letter.source
            if kept.get(place, (0, 0))[0] <= offset < kept.get(place, (0, 0))[1]:
                found = _fetched(box, letter)
            else:
                found = Lost(letter=letter, why=f"{place.topic}[{place.partition}] no longer holds offset {offset}")
            if value is None or isinstance(found, Record):
                own = found
        if value is not None and isinstance(own, Record):
            own = Record(letter=letter, value=value, key=own.key, headers=own.headers)
        yield own


def _record(letter: Letter, batch: Batch, row: int) -> Record | Lost:
    headers = original_headers(batch.headers(row) or ())
    return Record(letter=letter, value=batch.values[row], key=batch.keys[row], headers=headers)


def _fetched(box: Box, letter: Letter) -> Record | Lost:
    """The original of a reference, if it is still the one that was set aside."""
    if letter.source is None:
        return Lost(letter=letter, why="it does not say where it stood")
    place, offset = letter.source
    where = f"{place.topic}[{place.partition}] offset {offset}"
    for batch in scan(box.brokers, [place.topic], start={place: offset}, end={place: offset + 1}):
        if 0 in batch.broken:
            return Lost(letter=letter, why=f"{where} lies in a compressed batch that cannot be opened")
        found = hashlib.sha256(batch.values[0] or b"").hexdigest()
        if found != letter.note.get("sha256"):
            return Lost(letter=letter, why=f"{where} holds other bytes now: sha256 {found[:16]}...")
        return Record(letter=letter, value=batch.values[0], key=batch.keys[0], headers=batch.headers(0) or ())
    return Lost(letter=letter, why=f"{where} holds no record now")
