"""Pins: which schema every id and GUID named when it was first used, so that no source changes it unseen."""

import os
from collections.abc import Callable
from pathlib import Path

from schemas.framing import guid_text
from schemas.source import SchemaChanged, SchemaSource, SourceUnavailable, guid

WORDS = 2
DIGITS = 32


class PinsRefused(ValueError):
    """The file of pins cannot be read; the message names the line."""


class Pinned:
    """A source in front of `source`, which refuses a schema other than the one that an id or GUID had before.

    A changed answer is the infrastructure's fault, or its attacker's, never the record's: nobody can say which of
    two schemas wrote it, so it is decoded with neither and set aside by none. SchemaChanged is raised, a kind of
    SourceUnavailable: the records wait until someone decides. A reader that has a plan for the id never asks, and
    goes on with the schema that it knows.

    `file` keeps the pins over restarts, as lines `<id or GUID> <MD5 of the canonical JSON>`; several processes may
    share it. A schema that cannot be pinned there is not used. `told` hears of each change once, in words.

    Raises PinsRefused when `file` is not such a file.
    """

    def __init__(
        self, source: SchemaSource, file: Path | None = None, *, told: Callable[[str], None] = lambda _words: None
    ) -> None:
        self.source, self.file, self.told = source, file, told
        self.pins = {} if file is None else _read(file)
        self.changed: set[tuple[str, str]] = set()

    def by_id(self, schema_id: int) -> object | None:
        """What the source has under this id, when it is what it always had."""
        return self._same(str(schema_id), self.source.by_id(schema_id))

    def by_guid(self, guid: bytes) -> object | None:
        """What the source has under this GUID, when it is what it always had."""
        return self._same(guid_text(guid), self.source.by_guid(guid))

    def _same(self, name: str, schema: object | None) -> object | None:
        if schema is None:
            return None
        try:
            found = guid(schema).hex()
        except (ValueError, RecursionError):
            return "not JSON"  # nothing to pin: whoever compiles it refuses it
        if self.pins.get(name) is None:
            self._pin(name, found)
        if self.pins[name] != found:
            raise SchemaChanged(self._say(name, found))
        return schema

    def _pin(self, name: str, found: str) -> None:
        """Pin `name`, unless another process did meanwhile; its pin counts."""
        if self.file is None:
            self.pins[name] = found
            return
        try:
            pins = self.pins | {name: found} | _read(self.file)
            _write(self.file, pins)
        except (OSError, PinsRefused) as error:
            raise SourceUnavailable(f"schema {name} cannot be pinned: {error}; let {self.file} be written") from error
        self.pins = pins

    def _say(self, name: str, found: str) -> str:
        words = (
            f"schema {name} changed: found one with fingerprint {found}, expected {self.pins[name]} as it was when "
            f"first used; restore it in the schema source and restart, or stop, take its line out of the file of pins "
            "and start again"
        )
        if (name, found) not in self.changed:
            self.changed.add((name, found))
            self.told(words)
        return words


def _read(file: Path) -> dict[str, str]:
    """The pins in `file`; none when it is not there yet. Raises PinsRefused."""
    try:
        lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    except (OSError, ValueError) as error:
        raise PinsRefused(f"{file}: {type(error).__name__}, expected a readable file of schema pins") from error
    pins: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if len(words) != WORDS or len(words[1]) != DIGITS or pins.get(words[0], words[1]) != words[1]:
            raise PinsRefused(f"{file}:{number}: expected an id or GUID and one fingerprint of {DIGITS} digits each")
        pins[words[0]] = words[1]
    return pins


def _write(file: Path, pins: dict[str, str]) -> None:
    """Write `pins` whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.draft")
    with draft.open("w", encoding="ascii") as out:
        out.writelines(f"{name} {found}\n" for name, found in pins.items())
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
