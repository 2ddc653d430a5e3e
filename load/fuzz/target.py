"""The target: bytes in, one of the readers of strangers' bytes run on them, an exception out when a law is broken."""

import io
import json
from collections.abc import Callable
from typing import Any

import fastavro
import numpy as np

from load.fuzz.dice import Dice, draw_schema, draw_value
from load.fuzz.oracle import WANTED, check_agreement, check_neighbours, hold
from models.contract import ContractRefused, read_contract
from schemas.columns import FAULTS
from schemas.contracts import NAMES
from schemas.framing import HEADER, PREFIX_BYTES, frame
from schemas.json_text import parse_schema
from schemas.lint import SchemaRefused, read_schema
from schemas.plan import compile_plan
from schemas.reader import Reader
from schemas.records import RecordRefused, read_record, without_logical_types
from schemas.source import SourceUnavailable

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "id", "type": ["null", "string"]},
        {"name": "f0", "type": ["null", "double", "boolean"]},
        {"name": "f1", "type": {"type": "enum", "name": "K", "symbols": ["lo", "hi"]}},
        {"name": "x0", "type": {"type": "array", "items": ["null", "string", {"type": "map", "values": "int"}]}},
        {"name": "x1", "type": {"type": "array", "items": "long"}},
        {"name": "t", "type": "long"},
        {"name": "f2", "type": ["int", "float"]},
        {"name": "x2", "type": {"type": "fixed", "name": "F", "size": 3}},
        {"name": "f3", "type": "boolean"},
    ],
}
GOOD_BODY = b"\x02\x02a" + b"\x00" + b"\x00" + b"\x00" + b"\x00" + b"\x0a" + b"\x00\x02" + b"abc" + b"\x01"
GOOD_JSON = b'{"id": "a", "t": 5}'
NEAR_BYTES = 24
DOWN = 9
"""The id of a schema that cannot be asked for."""


class OneSchema:
    """A source that knows schema 1, and cannot be asked for 9."""

    def __init__(self, schema: object) -> None:
        self.schema = schema

    def by_id(self, schema_id: int) -> object | None:
        """The schema."""
        if schema_id == DOWN:
            raise SourceUnavailable("down")
        return self.schema if schema_id == 1 else None

    def by_guid(self, guid: bytes) -> object | None:
        """The schema, by GUIDs that begin with a zero."""
        return self.schema if guid[0] == 0 else None


AVRO, JSON = Reader(WANTED, OneSchema(SCHEMA)), Reader(WANTED, OneSchema(None), json=True)


def body(data: bytes) -> None:
    """Any bytes as the body of a known schema."""
    found = check_neighbours(lambda bodies: AVRO.read([frame(1) + one for one in bodies]), data, GOOD_BODY)
    check_agreement(found, data, SCHEMA)


def drawn(data: bytes) -> None:
    """A drawn schema, a drawn record of it as fastavro writes it, and everything that is one byte away from it."""
    dice = Dice(data)
    schema = draw_schema(dice)
    try:
        plan = compile_plan(schema, WANTED)
    except SchemaRefused:
        return
    plain, written = fastavro.parse_schema(without_logical_types(schema)), io.BytesIO()
    try:
        fastavro.schemaless_writer(written, plain, draw_value(dice, schema))
    except Exception:  # noqa: BLE001 - fastavro takes no such value
        return
    good = written.getvalue()
    rows = [good, *_neighbours_of(good), dice.rest(), good]
    found = plan.decode(rows, 0)
    hold(found.faults[0] == found.faults[-1] == plan.decode([good], 0).faults[0], "a neighbour is harmed")
    for row, value in enumerate(rows):
        check_agreement(found.take(np.array([row])), value, schema)


def _neighbours_of(value: bytes) -> list[bytes]:
    """`value` cut at each byte, and with each byte a little different: another index, a longer varint, a lie."""
    near = range(min(len(value), NEAR_BYTES))
    changed = [
        value[:at] + bytes([(value[at] + step) % 256]) + value[at + 1 :] for at in near for step in (1, 2, 128, 255)
    ]
    return changed + [value[:at] for at in near]


def schema_text(data: bytes) -> None:
    """Any bytes as the text of a schema."""
    try:
        schema = parse_schema(data)
    except (ValueError, RecursionError):
        return
    for use in (read_schema, lambda one: compile_plan(one, WANTED)):
        try:
            use(schema)
        except SchemaRefused as refused:
            hold(str(refused).isprintable(), "a refusal cannot be shown")
    Reader(WANTED, OneSchema(schema)).read([frame(1) + data[:40], frame(1)])


def json_event(data: bytes) -> None:
    """Any bytes as a JSON event; what a lax parser does not take, we do not either."""
    found = check_neighbours(JSON.read, data, GOOD_JSON)
    if found.faults[0] == 0:
        event = json.loads(data)
        hold(found.ids[0] == str(event["id"]).encode(), "the id differs")


def record(data: bytes) -> None:
    """Any bytes as a record of our own contracts, whole or in part."""
    dice = Dice(data)
    name, fields = dice.one(NAMES), dice.one(((), ("event_id",), ("ranges",)))
    try:
        read_record(name, dice.rest(), fields=fields)
    except RecordRefused:
        return


def framed(data: bytes) -> None:
    """Any bytes as values and as headers that name their schemas."""
    dice = Dice(data)
    values, headers = [], {}
    for row in range(1 + dice.below(4)):
        value = dice.take(dice.below(40))
        values.append(dice.one((value, frame(1) + GOOD_BODY, frame(DOWN) + value, frame(2) + value, b"")))
        name = dice.one((HEADER, "other"))
        headers[row] = [(name, dice.one((None, frame(1), frame(DOWN), b"\x01" + dice.take(16), value)))]
    for given in (None, headers.get):
        found = AVRO.read(values, given)
        hold(not found.faults[found.waiting].any(), "a row that waits has a fault")
        for row, value in enumerate(values):
            if given is None and value[:PREFIX_BYTES] == frame(DOWN):
                hold(found.waiting[row], "a row whose schema cannot be asked for does not wait")
            if given is None and value == frame(1) + GOOD_BODY:
                hold(FAULTS[found.faults[row]] == "" and found.ids[row] == b"a", "a good row is not read")


def contract(data: bytes) -> None:
    """Any text as a contract."""
    try:
        read_contract(data.decode("utf-8", errors="replace"))
    except ContractRefused:
        return


TARGETS: tuple[Callable[[bytes], None], ...] = (body, drawn, schema_text, json_event, record, framed, contract)


def run(data: bytes) -> None:
    """Run the target that the first byte names on the others."""
    if data:
        TARGETS[data[0] % len(TARGETS)](data[1:])


def seeds() -> list[bytes]:
    """Inputs to begin with: one or more that get far into each target."""
    from_schema = json.dumps(SCHEMA).encode()
    good = (GOOD_BODY, bytes(range(1, 200)), from_schema, GOOD_JSON, b"\x00\x00" + frame(1) + GOOD_BODY, b"\x03\x01ab")
    return [bytes([place]) + data for place, data in enumerate((*good, b"model: a\nversion: '1'\n"))]
