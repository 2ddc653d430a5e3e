"""Where schemas come from: by id or GUID, out of a directory or whatever answers the same questions."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from schemas.json_text import MOST_SCHEMA_BYTES, TextRefused, parse_schema
from schemas.lint import SchemaRefused

AGAIN_SECONDS = 1.0
REST = 4
"""A question that failed lets the source rest for so many times what it took: failing costs a fifth at most."""
MOST_ASKED = 10_000


class SourceUnavailable(ConnectionError):
    """The source of schemas cannot be asked now: the infrastructure's fault, never the record's."""


class SchemaChanged(SourceUnavailable):
    """The source answers with another schema than once before: nobody can say which one wrote the record."""


class SchemaSource(Protocol):
    """Answers which schema has an id or a GUID; raises SourceUnavailable when it cannot be asked."""

    def by_id(self, schema_id: int) -> object | None:
        """The parsed JSON of schema `schema_id`, None when there is no such schema."""

    def by_guid(self, guid: bytes) -> object | None:
        """The parsed JSON of the schema with this 16-byte GUID, None when there is no such schema."""


def canonical(schema: object) -> bytes:
    """The schema as compact JSON with sorted keys: equal bytes are one schema."""
    return json.dumps(schema, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def guid(schema: object) -> bytes:
    """The 16-byte name of a schema: the MD5 of its canonical JSON."""
    return hashlib.md5(canonical(schema), usedforsecurity=False).digest()


class InVain:
    """What was asked without an answer less than a second ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.asked: dict[object, float] = {}

    def __contains__(self, question: object) -> bool:
        return self.clock() - self.asked.get(question, -AGAIN_SECONDS) < AGAIN_SECONDS

    def add(self, question: object) -> None:
        """There was no answer to `question` just now."""
        if len(self.asked) >= MOST_ASKED:
            self.asked.clear()
        self.asked[question] = self.clock()


class Patient:
    """A source in front of `source`, which is asked at most once a second for a schema that it does not know.

    A question that could not be asked raises ConnectionError, and again without asking for a while: the source
    rests in proportion to what the failure took, that question twice as long and at least a second, so that one
    bad question keeps nobody from asking another. Nobody is ever told by mistake that there is no such schema.
    """

    def __init__(self, source: SchemaSource, clock: Callable[[], float] = time.monotonic) -> None:
        self.source, self.clock, self.vain = source, clock, InVain(clock)
        self.failed: dict[object, tuple[float, ConnectionError]] = {}
        self.resting: tuple[float, ConnectionError] = (0.0, SourceUnavailable("not asked yet"))

    def by_id(self, schema_id: int) -> object | None:
        """What the source has under this id."""
        return self._once(schema_id, lambda: self.source.by_id(schema_id))

    def by_guid(self, guid: bytes) -> object | None:
        """What the source has under this GUID."""
        return self._once(guid, lambda: self.source.by_guid(guid))

    def _once(self, question: object, ask: Callable[[], object | None]) -> object | None:
        if question in self.vain:
            return None
        began = self.clock()
        for until, error in (self.resting, self.failed.get(question, self.resting)):
            if began < until:
                raise SourceUnavailable(str(error)) from error
        try:
            found = ask()
        except ConnectionError as error:
            self._rest(question, began, error)
            raise
        self.failed.pop(question, None)
        if found is None:
            self.vain.add(question)
        return found

    def _rest(self, question: object, began: float, error: ConnectionError) -> None:
        now = self.clock()
        pause = REST * (now - began)
        self.resting = (now + pause, error)
        if len(self.failed) >= MOST_ASKED:
            self.failed.clear()
        self.failed[question] = (now + 2 * pause + AGAIN_SECONDS, error)


class DirectorySource:
    """A directory of `<id>.avsc` files, written by the local stack; files never change once written.

    A file too large or too deep to be parsed is a schema that whoever compiles it refuses, and hides no other.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path, self.vain = path, InVain(clock)
        self.found: dict[int, object] = {}
        self.guids: dict[bytes, int] = {}

    def by_id(self, schema_id: int) -> object | None:
        """The schema in `<schema_id>.avsc`; an unknown id reads the directory again, once a second."""
        if schema_id not in self.found and schema_id not in self.vain:
            self._read()
            if schema_id not in self.found:
                self.vain.add(schema_id)
        return self.found.get(schema_id)

    def by_guid(self, guid: bytes) -> object | None:
        """The schema whose canonical JSON has this MD5."""
        if guid not in self.guids and guid not in self.vain:
            self._read()
            if guid not in self.guids:
                self.vain.add(guid)
        return self.found.get(self.guids.get(guid, -1))

    def add(self, schema: object) -> int:
        """Keep `schema` and return its id: that of an identical one, else the next free one from 1 up.

        Raises SchemaRefused for one that would not be read back.
        """
        self._read()
        text, name = _written(schema)
        while name not in self.guids:
            self._write(text, max(self.found, default=0) + 1)
            self._read()
        return self.guids[name]

    def ids(self) -> tuple[int, ...]:
        """Every id there is, in order."""
        self._read()
        return tuple(sorted(self.found))

    def _read(self) -> None:
        try:
            names = [path for path in self.path.glob("*.avsc") if path.stem.isdecimal()]
            for path in sorted(names, key=lambda path: int(path.stem)):
                if int(path.stem) not in self.found:
                    self.found[int(path.stem)] = schema = _parsed(path)
                    self.guids.setdefault(guid(schema), int(path.stem))
        except (OSError, ValueError, RecursionError) as error:
            raise SourceUnavailable(
                f"schema directory {self.path}: {error}; expected readable <id>.avsc files"
            ) from error

    def _write(self, text: str, schema_id: int) -> None:
        """Write `<schema_id>.avsc` whole or not at all; another process may have taken the id meanwhile."""
        self.path.mkdir(parents=True, exist_ok=True)
        draft = self.path / f".{schema_id}.{os.getpid()}.draft"
        draft.write_text(text, encoding="utf-8")
        try:
            os.link(draft, self.path / f"{schema_id}.avsc")
        except FileExistsError:
            pass
        finally:
            draft.unlink()


def _parsed(path: Path) -> object:
    with path.open("rb") as file:
        text = file.read(MOST_SCHEMA_BYTES + 1)
    try:
        return parse_schema(text)
    except TextRefused as refused:
        return str(refused)


def _written(schema: object) -> tuple[str, bytes]:
    """The text of a schema's file, with its GUID."""
    try:
        text, name = json.dumps(schema, indent=2) + "\n", guid(schema)
        same = guid(parse_schema(text)) == name
    except (ValueError, TypeError, RecursionError) as error:
        raise SchemaRefused(f"schema: cannot be kept: {error}") from error
    if not same:
        raise SchemaRefused("schema: it is not read back as it is written, expected plain JSON")
    return text, name
