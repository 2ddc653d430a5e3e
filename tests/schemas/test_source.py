"""A source is asked at most once a second for what it does not know, and rests after a question that failed."""

from pathlib import Path

import pytest

from schemas.lint import SchemaRefused
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


def test_a_source_that_cannot_be_asked_is_never_said_to_know_nothing() -> None:
    """Else a good record's schema would be called unknown, and the record set aside; a second later it is asked."""
    clock, counting = Clock(), Counting()
    counting.known[7] = SCHEMA
    counting.down = True
    patient = Patient(counting, clock)
    for _ in range(100):
        with pytest.raises(SourceUnavailable, match="down"):
            patient.by_id(7)
    assert counting.asked == 1
    counting.down = False
    clock.now += 1
    assert patient.by_id(7) == SCHEMA


def test_one_question_that_fails_keeps_nobody_from_another() -> None:
    """A registry that chokes on one id answers the others."""
    clock, counting = Clock(), Counting()
    counting.known[8] = SCHEMA
    patient = Patient(counting, clock)
    counting.down = True
    with pytest.raises(SourceUnavailable):
        patient.by_id(7)
    counting.down = False
    assert patient.by_id(8) == SCHEMA


class Slow(Counting):
    """A source that takes two seconds to fail."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock, self.down = clock, True

    def _answer(self, question: object) -> object | None:
        self.clock.now += 2
        return super()._answer(question)


def test_a_dead_source_costs_a_fifth_of_the_time_at_most() -> None:
    """While it rests, what needs no question is not slowed; then the question that waits longest is not starved."""
    clock = Clock()
    slow = Slow(clock)
    patient, began = Patient(slow, clock), clock.now
    while clock.now < began + 1000:
        for question in (7, 8):
            with pytest.raises(SourceUnavailable):
                patient.by_id(question)
        clock.now += 0.1
    assert 2 * slow.asked <= 0.21 * (clock.now - began)
    assert {7, 8} <= patient.failed.keys()


def test_a_file_that_is_too_much_to_parse_is_its_own_fault(tmp_path: Path) -> None:
    """Whoever compiles it refuses it; the other schemas of the directory are found."""
    schemas = DirectorySource(tmp_path)
    schemas.add(SCHEMA)
    (tmp_path / "2.avsc").write_bytes(b"[" * 262_145)
    (tmp_path / "3.avsc").write_bytes(b"[" * 65)
    found = DirectorySource(tmp_path)
    assert found.by_id(1) == SCHEMA
    assert "262145 bytes" in str(found.by_id(2))
    assert "64 levels" in str(found.by_id(3))


@pytest.mark.parametrize("schema", [None, {"doc": "x" * 262_144}, {"default": float("nan")}, {"x": {2}}])
def test_a_schema_that_would_not_be_read_back_is_not_kept(tmp_path: Path, schema: object) -> None:
    """Whoever adds it hears it, and no file is left."""
    with pytest.raises(SchemaRefused):
        DirectorySource(tmp_path).add(schema)
    assert list(tmp_path.iterdir()) == []


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
