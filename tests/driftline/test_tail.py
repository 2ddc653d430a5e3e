"""Records as `driftline tail` shows them: decoded, one line each, harmless to a terminal."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest

from driftline.output import Refusal
from driftline.shown import Shown, decoded
from driftline.tail import tail
from schemas.examples import example
from schemas.framing import HEADER, frame
from schemas.records import write_record
from schemas.source import DirectorySource, guid
from stream.records import Batch, Headers

EVIL = "a\x1b[2J\r\n\x07\u202eb"
EVENT = {
    "type": "record",
    "name": "E",
    "fields": [
        {"name": "name", "type": "string"},
        {"name": "size", "type": "double"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    ],
}
PLAIN = {**EVENT, "fields": [*EVENT["fields"][:2], {"name": "at", "type": "long"}]}
LABEL = {"event_id": "e1", "label": True, "labelled_at": 1_362_096_000_000_000, "revision": 0}


@pytest.fixture
def source(tmp_path: Path) -> DirectorySource:
    """A directory with the event's schema under id 1."""
    made = DirectorySource(tmp_path)
    assert made.add(EVENT) == 1
    return made


def body(name: str = "x", size: float = 1.5) -> bytes:
    """An event without a frame."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(PLAIN), {"name": name, "size": size, "at": 7})
    return out.getvalue()


def shown(
    value: bytes | None, kind: str, source: DirectorySource | None, headers: Headers | None = None, key: bytes = b"k"
) -> Shown:
    """One record, decoded."""
    values: Sequence[bytes | None] = [value]
    batch = Batch(
        topics=["t"],
        partitions=np.array([3], np.int32),
        offsets=np.array([41], np.int64),
        timestamps=np.array([1_362_096_000_123], np.int64),
        keys=[key],
        values=values,
        headers=lambda _row: headers,
    )
    (one,) = decoded(batch, kind, source)
    return one


def data(one: Shown) -> dict[str, Any]:
    """What the JSON line says; a constant that JSON does not know is an error."""
    line = one.as_json()
    assert "\n" not in line
    return dict(json.loads(line, parse_constant=pytest.fail))


def test_an_event_is_read_by_its_own_schema(source: DirectorySource) -> None:
    """Where it stands, its key, its fields; times are whole microseconds."""
    one = shown(frame(1) + body(), "features", source)
    assert one.as_line() == "3:41 k name=x size=1.5 at=7"
    assert data(one) == {
        "partition": 3,
        "offset": 41,
        "timestamp": "2013-03-01T00:00:00.123Z",
        "key": "k",
        "record": {"name": "x", "size": 1.5, "at": 7},
    }


@pytest.mark.parametrize("content", [frame(1), b"\x01" + guid(EVENT)])
def test_a_header_may_name_the_schema(source: DirectorySource, content: bytes) -> None:
    """By id or by GUID; the value is then bare, whatever it begins with."""
    one = shown(body("{"), "features", source, [(HEADER, content)])
    assert one.record == {"name": "{", "size": 1.5, "at": 7}


@pytest.mark.parametrize(
    ("value", "headers", "why"),
    [
        (frame(9) + b"x", None, "schema 9 is not known here"),
        (b"x", [(HEADER, b"\x01" + bytes(16))], "schema 00000000-0000-0000-0000-000000000000 is not known here"),
        (frame(1) + b"\x02", None, "not a body of its schema"),
        (b"{nothing", None, "not JSON"),
        (b"{" + b'"a":[' * 100_000, None, "not JSON"),
        (b"", None, "neither framed nor JSON"),
        (b"text", None, "neither framed nor JSON"),
    ],
)
def test_what_cannot_be_read_is_shown_as_that(
    source: DirectorySource, value: bytes, headers: Headers | None, why: str
) -> None:
    """One bad record does not end the tail."""
    one = shown(value, "features", source, headers)
    assert one.record is None
    assert one.note["unreadable"].startswith(why)
    assert data(one)["note"] == one.note


def test_json_events_are_shown_as_they_are() -> None:
    """Without any schema."""
    assert shown(b'{"a": [1, null]}', "features", None).record == {"a": [1, None]}


def test_nothing_that_a_terminal_obeys_is_printed(source: DirectorySource) -> None:
    """Keys, text in records, headers: escapes in place of control characters; JSON escapes by itself."""
    one = shown(frame(1) + body(EVIL), "features", source, [("dlq.error.reason", EVIL.encode())], key=EVIL.encode())
    assert one.as_line().isprintable()
    assert "a\\x1b[2J\\x0d\\x0a\\x07\\x202eb" in one.as_line()
    assert one.as_json().isascii()
    assert data(one)["record"]["name"] == EVIL
    json_one = shown(json.dumps({EVIL: EVIL}).encode(), "features", None)
    assert json_one.as_line().isprintable()


@pytest.mark.parametrize(("size", "text"), [(float("nan"), "nan"), (float("inf"), "inf"), (-float("inf"), "-inf")])
def test_numbers_that_json_does_not_know_become_text(source: DirectorySource, size: float, text: str) -> None:
    """So that every line can be read by any reader of JSON; deep inside, too."""
    one = shown(frame(1) + body(size=size), "features", source)
    assert data(one)["record"]["size"] == text
    deep = shown(b'{"a": [{"b": NaN}]}', "features", None)
    assert data(deep)["record"] == {"a": [{"b": "nan"}]}


def test_a_label_is_read_by_our_contract() -> None:
    """Also without its schema at hand; people see times as such."""
    one = shown(write_record("label", LABEL, frame(5)), "labels", None)
    assert one.record == LABEL
    assert "labelled_at=2013-03-01T00:00:00.000Z" in one.as_line()
    assert "unreadable" in shown(b"\x00\x00\x00\x00\x05\xff", "labels", None).note


def test_an_outcome_is_read_by_our_contract() -> None:
    """With when it was joined, and where its records stand."""
    outcome = example("outcome", 1)
    one = shown(write_record("outcome", outcome, frame(5)), "outcomes", None)
    assert one.record == outcome
    assert "status=revised seq=2 label=True" in one.as_line()
    assert 'joined_at=2026-09-21T14:13:20.123Z source={"topic":"flights.features"' in one.as_line()


def test_a_watermark_mark_is_shown_as_one() -> None:
    """It has no value."""
    one = shown(None, "predictions", None, [("driftline-watermark", b"7")])
    assert (one.record, one.note) == (None, {"watermark": "7"})


def test_a_dead_letter_shows_its_note_and_its_first_bytes() -> None:
    """Why it was set aside, how many bytes it has; other headers are left out."""
    headers = [("dlq.error.reason", b"empty"), ("dlq.error.offset", b"4"), ("traceparent", b"00-1")]
    one = shown(b"\x01" * 50, "dlq", None, headers)
    assert one.note == {"reason": "empty", "offset": "4", "bytes": "50", "value": "01" * 40}


def test_a_mark_of_a_redrive_is_shown_as_one() -> None:
    """Which letter was sent again; a letter that brings the header is none."""
    assert shown(None, "dlq", None, [("dlq.redriven", b"3/7")]).note == {"redriven": "3/7"}
    forged = [("dlq.redriven", b"3/7"), ("dlq.error.reason", b"empty")]
    assert shown(None, "dlq", None, forged).note == {"reason": "empty"}


def test_a_topic_that_is_none_is_refused() -> None:
    """With those there are."""
    with pytest.raises(Refusal, match="'outcome'") as refused:
        tail("outcome")
    assert "predictions, features, profiles, labels, outcomes, alerts, dlq" in refused.value.fix
