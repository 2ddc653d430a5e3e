"""A batch of mixed schemas and framings comes back in the batch's order, each row with its own fault."""

import json
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


def test_a_source_that_cannot_be_asked_is_not_the_records_fault(tmp_path: Path) -> None:
    """The batch is refused as a whole, to be read again."""
    (tmp_path / "1.avsc").write_text("{", encoding="utf-8")
    with pytest.raises(SourceUnavailable, match=r"expected readable <id>.avsc"):
        Reader(WANTED, DirectorySource(tmp_path)).read([frame(1)])


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
