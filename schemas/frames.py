"""Framed values sorted by the schema that wrote each: what all readers of batches share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.columns import fault
from schemas.framing import GUID_BYTES, MAGIC, PREFIX_BYTES, framed_id, guid_of, guid_text, header_reference
from schemas.lint import SchemaRefused
from schemas.source import SchemaSource
from schemas.walk import Bodies, join_bodies

EMPTY, SHORT, BAD_MAGIC = fault("empty"), fault("frame_too_short"), fault("bad_magic")
UNKNOWN, REFUSED, TOO_LARGE = fault("unknown_schema"), fault("schema_refused"), fault("too_large")
MOST_PLANS = 1000
MOST_ID_BYTES = 1024
MOST_VALUE_BYTES = 1_048_576
"""1 MiB, what a Kafka topic takes by default: only a bomb, or a topic whose limit was raised, brings more."""
MOST_DETAIL = 1000

Reference = int | bytes
"""What names a schema: its id, or its 16-byte GUID."""
Headers = Callable[[int], Sequence[tuple[str, bytes | None]] | None] | None
"""Row -> its headers; None when no record of the batch has any."""


class Judged(Protocol):
    """Columns of any kind, as far as they say what was wrong with each row."""

    faults: NDArray[np.int16]
    details: dict[int, str]
    waiting: NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """The rows (None: all of the batch) whose schema `reference` names, behind `skip` bytes of prefix."""

    reference: Reference
    skip: int
    rows: NDArray[np.int64] | None


def fail(out: Judged, rows: NDArray[np.int64], why: int, detail: str) -> None:
    """Mark `rows` with fault `why` and say more about it."""
    out.faults[rows] = why
    out.details.update(dict.fromkeys(rows.tolist(), detail[:MOST_DETAIL]))


def take_values(out: Judged, values: Sequence[bytes | None], most_bytes: int) -> list[bytes]:
    """The values to read, b"" for one that is empty or larger than `most_bytes`, which is its fault."""
    whole = [value or b"" for value in values]
    if b"" in whole:
        out.faults[[not value for value in whole]] = EMPTY
    if max(map(len, whole), default=0) > most_bytes:
        for row, value in enumerate(whole):
            if len(value) > most_bytes:
                fail(out, np.array([row]), TOO_LARGE, f"found {len(value)} bytes, expected at most {most_bytes}")
                whole[row] = b""
    return whole


def grouped(out: Judged, whole: Sequence[bytes], headers: Headers) -> tuple[Bodies, list[Group]]:
    """The bodies of `whole`, and its rows by schema; a row that names none has its fault, others keep theirs."""
    bodies = join_bodies(whole)
    groups, left = ([], out.faults == 0) if headers is None else _by_header(out, headers)
    return bodies, groups + _by_prefix(out, bodies, left)


def _by_header(
    out: Judged, headers: Callable[[int], Sequence[tuple[str, bytes | None]] | None]
) -> tuple[list[Group], NDArray[np.bool_]]:
    """The rows whose header names their schema, and which are left."""
    left: NDArray[np.bool_] = out.faults == 0
    said = {row: header_reference(found) for row, found in enumerate(map(headers, range(len(left)))) if found}
    contents: dict[bytes, list[int]] = {}
    for row, content in said.items():
        if content is not None and left[row]:
            contents.setdefault(content, []).append(row)
    groups = []
    for content, rows in contents.items():
        at = np.array(rows, dtype=np.int64)
        left[at] = False
        reference = guid_of(content) or framed_id(content)
        if reference is None or (isinstance(reference, int) and len(content) != PREFIX_BYTES):
            why = SHORT if len(content) < PREFIX_BYTES else BAD_MAGIC
            fail(out, at, why, "the schema header holds neither GUID nor id")
        else:
            groups.append(Group(reference, 0, at))
    return groups, left


def _by_prefix(out: Judged, bodies: Bodies, left: NDArray[np.bool_]) -> list[Group]:
    """The rows of `left` by the five bytes in front of each."""
    data = np.frombuffer(bodies.data, dtype=np.uint8)
    short = left & (bodies.ends - bodies.starts < PREFIX_BYTES)
    strange = left & ~short & (data[bodies.starts] != MAGIC)
    out.faults[short], out.faults[strange] = SHORT, BAD_MAGIC
    rows = np.flatnonzero(left & ~short & ~strange)
    words: NDArray[np.uint32] = np.ndarray((len(data) - 3,), dtype=">u4", buffer=bodies.data, strides=(1,))
    ids = words[bodies.starts[rows] + 1]
    if len(ids) == len(left) and (ids == ids[:1]).all() and len(ids):
        return [Group(int(ids[0]), PREFIX_BYTES, None)]
    return [Group(schema_id, PREFIX_BYTES, rows[ids == schema_id]) for schema_id in np.unique(ids).tolist()]


P = TypeVar("P")


class Plans(Generic[P]):
    """How to read the bodies of each schema, compiled once and kept; the one longest unused makes room.

    A plan or a refusal is kept for good; a schema that the source does not know is asked for again each time.
    """

    def __init__(self, source: SchemaSource, compile_plan: Callable[[object], P]) -> None:
        self.source, self.compile = source, compile_plan
        self.kept: dict[Reference, P | SchemaRefused] = {}

    def plan(self, out: Judged, group: Group) -> P | None:
        """The plan of `group`; without one its rows have their fault, or wait for the source."""
        try:
            found = self._find(group.reference)
        except ConnectionError as error:
            rows = _rows(out, group)
            out.waiting[rows] = True
            out.details.update(dict.fromkeys(rows.tolist(), str(error)[:MOST_DETAIL]))
            return None
        if found is None:
            words = f"schema {_spelled(group.reference)} is not in the schema source"
            fail(out, _rows(out, group), UNKNOWN, words)
        elif isinstance(found, SchemaRefused):
            fail(out, _rows(out, group), REFUSED, f"schema {_spelled(group.reference)}: {found}")
            return None
        return found

    def known(self, reference: Reference | None) -> P | None:
        """The plan of a schema that was asked for before."""
        found = None if reference is None else self._used(reference)
        return None if isinstance(found, SchemaRefused) else found

    def _used(self, reference: Reference) -> P | SchemaRefused | None:
        """What is kept of a schema, which is now the one longest unused no more."""
        found = self.kept.pop(reference, None)
        if found is not None:
            self.kept[reference] = found
        return found

    def _find(self, reference: Reference) -> P | SchemaRefused | None:
        known = self._used(reference)
        if known is not None:
            return known
        schema = self.source.by_guid(reference) if isinstance(reference, bytes) else self.source.by_id(reference)
        if schema is None:
            return None
        if len(self.kept) >= MOST_PLANS:
            del self.kept[next(iter(self.kept))]
        try:
            made: P | SchemaRefused = self.compile(schema)
        except SchemaRefused as refused:
            made = refused
        self.kept[reference] = made
        return made


def _rows(out: Judged, group: Group) -> NDArray[np.int64]:
    return np.arange(len(out.faults)) if group.rows is None else group.rows


def _spelled(reference: Reference) -> str:
    return guid_text(reference) if isinstance(reference, bytes) and len(reference) == GUID_BYTES else str(reference)
