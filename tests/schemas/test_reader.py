"""A batch of mixed schemas and framings comes back in the batch's order, each row with its own fault."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.columns import FAULTS, FeatureField, Wanted
from schemas.framing import HEADER, frame
from schemas.reader import Reader
from schemas.source import DirectorySource, SourceUnavailable, guid
from tests.schemas.avro_events import write

FIRST = {
    "type": "record",
    "name": "First",
    "fields": [{"name": "id", "type": "string"}, {"name": "t", "type": "long"}],
}
FIRST["fields"].append({"name": "x", "type": "double"})  # type: ignore[attr-defined] # a literal
SECOND: dict[str, Any] = {**FIRST, "name": "Second", "fields": [*reversed(FIRST["fields"])]}
POOR: dict[str, Any] = {**FIRST, "name": "Poor", "fields": FIRST["fields"][:2]}
WANTED = Wanted("id", "t", (FeatureField("x", "float"),))


@pytest.fixture
def source(tmp_path: Path) -> DirectorySource:
    """Three schemas: ids 1, 2 and 3."""
    made = DirectorySource(tmp_path / "schemas")
    assert [made.add(one) for one in (FIRST, SECOND, POOR)] == [1, 2, 3]
    return made


def event(number: int) -> dict[str, Any]:
    """Event `number`."""
    return {"id": f"e{number}", "t": number, "x": float(number)}


def test_mixed_schemas_and_faults_come_back_in_order(source: DirectorySource) -> None:
    """Every fault stays in its row; every good row is read with its own schema."""
    values = [
        write(FIRST, event(0), frame(1)),
        None,
        write(SECOND, event(2), frame(2)),
        b"",
        b"\x00\x00\x00\x00",
        b"\x01" + write(FIRST, event(5), frame(1))[1:],
        write(FIRST, event(6), frame(99)),
        write(POOR, event(7), frame(3)),
        write(FIRST, event(8), frame(1))[:-1],
        write(FIRST, event(9), frame(1)) + b"!",
        write(FIRST, event(10), frame(1)),
    ]
    found = Reader(WANTED, source).read(values)
    assert [FAULTS[one] for one in found.faults] == [
        *("", "empty", "", "empty", "frame_too_short", "bad_magic"),
        *("unknown_schema", "schema_refused", "truncated", "trailing_bytes", ""),
    ]
    good = np.flatnonzero(found.faults == 0).tolist()
    assert [found.ids[row] for row in good] == [b"e0", b"e2", b"e10"]
    assert found.matrix[good, 0].tolist() == [0.0, 2.0, 10.0]
    assert found.times[good].tolist() == [0, 2, 10]
    assert "lacks x" in found.details[7]
    assert "99" in found.details[6]


def test_the_schema_may_stand_in_a_header(source: DirectorySource) -> None:
    """GUID or framed id in the header with a bare body; a row without the header is read by its prefix."""
    bare = write(FIRST, event(1))
    headers = {
        0: [("other", b"x"), (HEADER, b"\x01" + guid(FIRST))],
        1: [(HEADER, frame(1))],
        3: [(HEADER, b"\x01" + bytes(16))],
        4: [(HEADER, b"\x02nonsense")],
        5: [(HEADER, b"")],
        6: [(HEADER, frame(1) + b"x")],
    }
    found = Reader(WANTED, source).read([bare, bare, write(FIRST, event(1), frame(1)), *[bare] * 4], headers.get)
    assert [FAULTS[one] for one in found.faults] == [
        "",
        "",
        "",
        "unknown_schema",
        "bad_magic",
        "frame_too_short",
        "bad_magic",
    ]
    assert found.ids[:3] == [b"e1"] * 3


def test_one_schema_for_all_is_one_plan(source: DirectorySource) -> None:
    """The common case gives what the mixed case gives."""
    values = [write(FIRST, event(number), frame(1)) for number in range(5)]
    reader = Reader(WANTED, source)
    found = reader.read(values)
    assert found.matrix[:, 0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    mixed = reader.read([*values, write(SECOND, event(5), frame(2))])
    np.testing.assert_array_equal(mixed.matrix[:5], found.matrix)
    assert list(reader.plans) == [1, 2]


def test_an_empty_batch_is_read(source: DirectorySource) -> None:
    """No rows, no columns, no error."""
    assert Reader(WANTED, source).read([]).ids == []
    assert Reader(WANTED, source, json=True).read([]).ids == []


class Failing:
    """A source that may fail."""

    def __init__(self, source: DirectorySource) -> None:
        self.source, self.down, self.asked = source, False, 0

    def by_id(self, schema_id: int) -> object | None:
        return self._answer(self.source.by_id, schema_id)

    def by_guid(self, guid: bytes) -> object | None:
        return self._answer(self.source.by_guid, guid)

    def _answer(self, ask: Callable[[Any], object | None], question: object) -> object | None:
        self.asked += 1
        if self.down:
            raise SourceUnavailable("the registry is down")
        return ask(question)


def test_without_the_source_known_schemas_go_on_and_others_wait(source: DirectorySource) -> None:
    """A row that waits has no fault, says why, and is read once the source is back; no other row notices."""
    failing = Failing(source)
    reader = Reader(WANTED, failing)
    first, second = write(FIRST, event(0), frame(1)), write(SECOND, event(1), frame(2))
    bare = write(SECOND, event(2))
    reader.read([first])
    failing.down = True
    headers = {4: [(HEADER, b"\x01" + guid(SECOND))]}
    found = reader.read([first, second, b"", first, bare], headers.get)
    assert found.waiting.tolist() == [False, True, False, False, True]
    assert [FAULTS[one] for one in found.faults] == ["", "", "empty", "", ""]
    assert found.details[1] == found.details[4] == "the registry is down"
    assert found.ids == [b"e0", b"", b"", b"e0", b""]
    assert np.isnan(found.matrix[[1, 4]]).all()
    assert reader.read([second] * 2).waiting.all()
    failing.down = False
    again = reader.read([first, second, b"", first, bare], headers.get)
    assert not again.waiting.any()
    assert again.ids == [b"e0", b"e1", b"", b"e0", b"e2"]


def test_who_waits_is_kept_when_rows_are_taken(source: DirectorySource) -> None:
    """Like every other column."""
    failing = Failing(source)
    failing.down = True
    found = Reader(WANTED, failing).read([b"", write(FIRST, event(0), frame(1))])
    assert found.take(np.array([1])).waiting.tolist() == [True]
    assert found.take(np.array([0])).waiting.tolist() == [False]


@pytest.mark.parametrize("json", [False, True])
def test_a_value_that_is_too_large_is_not_looked_at(source: DirectorySource, *, json: bool) -> None:
    """One byte more than allowed, between neighbours that are read; the limit is a setting."""
    good = b'{"id": "e1", "t": 1, "x": 1.0}' if json else write(FIRST, event(1), frame(1))
    reader = Reader(WANTED, source, json=json, most_bytes=len(good))
    found = reader.read([good, good + b" ", good])
    assert [FAULTS[one] for one in found.faults] == ["", "too_large", ""]
    assert found.ids == [b"e1", b"", b"e1"]
    assert found.details == {1: f"found {len(good) + 1} bytes, expected at most {len(good)}"}


def test_a_value_of_one_mebibyte_is_read_unless_told_otherwise(source: DirectorySource) -> None:
    """What a topic takes by default."""
    tail = bytes((1 << 20) - len(frame(1)))
    found = Reader(WANTED, source).read([frame(1) + tail, frame(1) + tail + b"!"])
    assert [FAULTS[one] for one in found.faults] == ["trailing_bytes", "too_large"]


def test_the_plan_longest_unused_makes_room(source: DirectorySource, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of schemas does not push out the one in use."""
    monkeypatch.setattr("schemas.frames.MOST_PLANS", 2)
    failing = Failing(source)
    reader, one = Reader(WANTED, failing), write(FIRST, event(1), frame(1))
    for number in (2, 3, 2, 3):
        reader.read([one])
        reader.read([frame(number) + b"body"])
    assert failing.asked == 1 + 4
    assert len(reader.plans) == 2


def test_what_a_schema_says_is_short_and_printable_in_a_fault(tmp_path: Path) -> None:
    """The detail goes into a header of the dead letter: it is text of bounded length, whatever the schema holds."""
    source = DirectorySource(tmp_path)
    hostile: list[dict[str, Any]] = [
        {"type": "record", "name": "E", "fields": [{"name": name, "type": "Nowhere"}]}
        for name in ("\ud800", "a\r\nb", "\x1b[31m", "n" * 300, "")
    ]
    hostile += [{"type": "\ud800" * 300, "name": "E"}, {"type": "record", "name": "E", "namespace": 3, "fields": []}]
    hostile += [
        {"type": "record", "name": "E", "fields": [{"name": "id", "type": {"type": "long", "logicalType": "\n"}}]}
    ]
    wide = Wanted("id", "t", tuple(FeatureField(f"{place:0200d}", "float") for place in range(100)))
    ids = [source.add(one) for one in [*hostile, POOR]]
    found = Reader(wide, source).read([frame(number) + b"body" for number in ids])
    assert {FAULTS[one] for one in found.faults} == {"schema_refused"}
    assert all(text.isprintable() and len(text) <= 1000 for text in found.details.values())


def test_an_unknown_schema_is_asked_for_again_when_it_may_have_come(tmp_path: Path) -> None:
    """At most once a second, so that a flood of unknown ids does not read the directory each time."""
    now = [0.0]
    source = DirectorySource(tmp_path, clock=lambda: now[0])
    reader, value = Reader(WANTED, source), write(FIRST, event(1), frame(1))
    assert FAULTS[reader.read([value]).faults[0]] == "unknown_schema"
    assert DirectorySource(tmp_path).add(FIRST) == 1
    assert FAULTS[reader.read([value]).faults[0]] == "unknown_schema"
    now[0] = 1.0
    assert FAULTS[reader.read([value]).faults[0]] == ""


def test_a_schema_is_added_once(tmp_path: Path) -> None:
    """The same schema keeps its id whatever the order of its keys; another gets the next."""
    source = DirectorySource(tmp_path)
    again = json.loads(json.dumps(dict(reversed(FIRST.items()))))
    assert [source.add(FIRST), source.add(SECOND), source.add(again)] == [1, 2, 1]
    assert DirectorySource(tmp_path).ids() == (1, 2)
    assert DirectorySource(tmp_path).by_id(2) == SECOND
    assert [one.name for one in tmp_path.iterdir() if one.suffix != ".avsc"] == []
