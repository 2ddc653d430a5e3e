"""A source is asked at most once a second for what it does not know; a failed question is no answer."""

from pathlib import Path

import pytest

from schemas.source import DirectorySource, Patient, SourceUnavailable, guid

SCHEMA = {"type": "record", "name": "One", "fields": []}


class Clock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """A source that counts its questions; while `down` it cannot be asked."""

    def __init__(self) -> None:
        self.known: dict[object, object] = {}
        self.asked = 0
        self.down = False

    def by_id(self, schema_id: int) -> object | None:
        return self._answer(schema_id)

    def by_guid(self, guid: bytes) -> object | None:
        return self._answer(guid)

    def _answer(self, question: object) -> object | None:
        self.asked += 1
        if self.down:
            raise SourceUnavailable("down")
        return self.known.get(question)


def test_an_unknown_id_is_asked_for_once_a_second() -> None:
    """However many records carry it; a second later it may have come."""
    clock, counting = Clock(), Counting()
    patient = Patient(counting, clock)
    assert [patient.by_id(7) for _ in range(100)] == [None] * 100
    assert [patient.by_guid(b"g" * 16) for _ in range(100)] == [None] * 100
    assert counting.asked == 2
    counting.known[7] = SCHEMA
    clock.now += 0.99
    assert patient.by_id(7) is None
    clock.now += 0.01
    assert patient.by_id(7) == SCHEMA
    assert counting.asked == 3


def test_one_unknown_id_hides_no_other() -> None:
    """Each question has its own second."""
    counting = Counting()
    counting.known[8] = SCHEMA
    patient = Patient(counting, Clock())
    assert patient.by_id(7) is None
    assert patient.by_id(8) == patient.by_id(8) == SCHEMA


def test_a_source_that_cannot_be_asked_is_asked_again_at_once() -> None:
    """Else the retry would call a good record's schema unknown, and set the record aside."""
    counting = Counting()
    counting.known[7] = SCHEMA
    counting.down = True
    patient = Patient(counting, Clock())
    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            patient.by_id(7)
    counting.down = False
    assert patient.by_id(7) == SCHEMA


def test_a_directory_that_cannot_be_read_is_read_again_at_once(tmp_path: Path) -> None:
    """The same of a directory: damage is never taken for an unknown schema."""
    source = DirectorySource(tmp_path, Clock())
    (tmp_path / "1.avsc").write_text("{")
    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            source.by_id(2)
        with pytest.raises(SourceUnavailable):
            source.by_guid(guid(SCHEMA))


def test_a_directory_is_read_once_a_second_for_an_unknown_id(tmp_path: Path) -> None:
    """A schema that came meanwhile is seen a second later; one added here at once."""
    clock = Clock()
    source = DirectorySource(tmp_path, clock)
    assert source.by_id(1) is None
    assert source.by_guid(guid(SCHEMA)) is None
    assert DirectorySource(tmp_path).add(SCHEMA) == 1
    assert source.by_id(1) is None
    clock.now += 1
    assert source.by_id(1) == source.by_guid(guid(SCHEMA)) == SCHEMA
