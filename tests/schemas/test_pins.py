"""An id means what it meant when it was first used: in this process, after a restart, and beside other processes."""

import os
from pathlib import Path
from typing import Any

import pytest

from schemas.columns import FAULTS, Wanted
from schemas.framing import frame, guid_text
from schemas.pins import Pinned, PinsRefused
from schemas.reader import Reader
from schemas.source import DirectorySource, SchemaChanged, SourceUnavailable, guid
from tests.schemas.avro_events import record, write

OLD, NEW = record(), record(("x", "long"))
VALUE = write(OLD, {"id": "a", "t": 1}, frame(7))


class Changing:
    """A source that says whatever it is told to say, to every question."""

    def __init__(self, schema: object) -> None:
        self.schema = schema

    def by_id(self, schema_id: int) -> object | None:
        del schema_id
        return self.schema

    def by_guid(self, guid: bytes) -> object | None:
        del guid
        return self.schema


def test_a_source_that_changes_a_known_id_is_refused() -> None:
    """And so is a GUID's; whoever is told hears of each change once, with both fingerprints and what to do."""
    source, heard = Changing(OLD), list[str]()
    pinned = Pinned(source, told=heard.append)
    assert pinned.by_id(7) == pinned.by_guid(b"g" * 16) == OLD
    source.schema = NEW
    for _ in range(3):
        with pytest.raises(SchemaChanged, match="schema 7 changed"):
            pinned.by_id(7)
        with pytest.raises(SchemaChanged, match=guid_text(b"g" * 16)):
            pinned.by_guid(b"g" * 16)
    assert [guid(OLD).hex() in words and guid(NEW).hex() in words for words in heard] == [True, True]
    assert pinned.by_id(8) == NEW
    source.schema = OLD
    assert pinned.by_id(7) == OLD


def test_the_same_schema_in_another_order_is_no_change() -> None:
    """Keys in another order are the same JSON."""
    source = Changing(OLD)
    pinned = Pinned(source)
    pinned.by_id(7)
    source.schema = dict(reversed(OLD.items()))
    assert pinned.by_id(7) == OLD


def test_what_is_not_there_is_not_pinned(tmp_path: Path) -> None:
    """It may come later, as whatever it is."""
    source = Changing(None)
    pinned = Pinned(source, tmp_path / "pins")
    assert pinned.by_id(7) is None
    source.schema = NEW
    assert pinned.by_id(7) == NEW


def test_a_restart_remembers(tmp_path: Path) -> None:
    """Without the file it cannot; with it the records of a changed id wait, those of others are read."""
    file = tmp_path / "deep" / "pins"
    Reader(Wanted("id", "t", ()), Pinned(Changing(OLD), file)).read([VALUE])
    assert file.read_text() == f"7 {guid(OLD).hex()}\n"
    other = write(NEW, {"id": "b", "t": 1, "x": 1}, frame(8))
    found = Reader(Wanted("id", "t", ()), Pinned(Changing(NEW), file)).read([VALUE, other])
    assert found.waiting.tolist() == [True, False]
    assert "schema 7 changed" in found.details[0]
    assert found.ids == [b"", b"b"]
    forgetful = Reader(Wanted("id", "t", ()), Pinned(Changing(NEW))).read([VALUE])
    assert FAULTS[forgetful.faults[0]] == "truncated"
    assert [one.name for one in file.parent.iterdir()] == ["pins"]


def test_a_schema_file_that_changed_on_disk_is_noticed_after_a_restart(tmp_path: Path) -> None:
    """The local stack's schemas are pinned like a registry's."""
    schemas, pins = tmp_path / "schemas", tmp_path / "pins"
    assert DirectorySource(schemas).add(OLD) == 1
    assert Pinned(DirectorySource(schemas), pins).by_id(1) == OLD
    (schemas / "1.avsc").unlink()
    DirectorySource(schemas).add(NEW)
    with pytest.raises(SchemaChanged):
        Pinned(DirectorySource(schemas), pins).by_id(1)


def test_a_reader_that_knows_an_id_never_sees_the_change() -> None:
    """It goes on with the schema that it has."""
    source = Changing(OLD)
    reader = Reader(Wanted("id", "t", ()), Pinned(source))
    reader.read([VALUE])
    source.schema = NEW
    assert reader.read([VALUE]).ids == [b"a"]


def test_processes_share_a_file(tmp_path: Path) -> None:
    """Nobody's pin is lost; what another process pinned first counts."""
    file = tmp_path / "pins"
    first, second = Pinned(Changing(OLD), file), Pinned(Changing(NEW), file)
    first.by_id(1)
    second.by_id(2)
    with pytest.raises(SchemaChanged):
        second.by_id(1)
    first.by_id(3)
    assert sorted(line.split()[0] for line in file.read_text().splitlines()) == ["1", "2", "3"]


@pytest.mark.parametrize("text", ["7", "7 abc", "7 " + "a" * 32 + " x", f"7 {'a' * 32}\n7 {'b' * 32}", "\n", "é"])
def test_a_file_that_holds_no_pins_is_refused(tmp_path: Path, text: str) -> None:
    """At the start, with the place: a pin that is not understood protects nothing."""
    file = tmp_path / "pins"
    file.write_text(text)
    with pytest.raises(PinsRefused, match="expected"):
        Pinned(Changing(OLD), file)


@pytest.mark.parametrize("taken", ["pins", ".pins.{}.draft"])
def test_a_schema_that_cannot_be_pinned_is_not_used(tmp_path: Path, taken: str) -> None:
    """The disk's fault, so the records wait; nothing is remembered that a restart would forget."""
    file, blocked = tmp_path / "pins", tmp_path / taken.format(os.getpid())
    pinned = Pinned(Changing(OLD), file)
    blocked.mkdir()
    for _ in range(2):
        with pytest.raises(SourceUnavailable, match="cannot be pinned"):
            pinned.by_id(7)
    blocked.rmdir()
    assert pinned.by_id(7) == OLD
    assert guid(OLD).hex() in file.read_text()


def test_a_schema_that_has_no_canonical_form_is_refused_not_pinned(tmp_path: Path) -> None:
    """What is too deep to be written is nobody's schema."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    pinned = Pinned(Changing(deep), tmp_path / "pins")
    found = Reader(Wanted("id", "t", ()), pinned).read([VALUE])
    assert FAULTS[found.faults[0]] == "schema_refused"
    while deep:
        deep = deep.pop()
