"""Single records of our own contracts, for the edges where one record at a time is enough."""

import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any

import fastavro

from schemas.contracts import latest, versions
from schemas.framing import PREFIX_BYTES, framed_id
from schemas.lint import SchemaRefused, read_schema
from schemas.source import canonical


class RecordRefused(ValueError):
    """Bytes are not a whole record of the contract."""


def read_record(
    name: str, value: bytes, written: object | None = None, *, fields: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Read a framed record of contract `name` as its latest version knows it; `written` is its schema.

    Without `written` one of the kept versions wrote it, the newest of which it is a whole record; with `fields` the
    others are skipped. Times are whole microseconds. Raises RecordRefused for what is unframed, cut or too long.
    """
    if framed_id(value) is None:
        raise RecordRefused(f"{name}: found {len(value)} bytes unframed, expected 00, a schema id, a body")
    if written is not None:
        return _read(name, value, written, fields)
    newest, *older = _kept(name)
    body = value[PREFIX_BYTES:]
    try:
        return _read_body(name, body, newest, fields)
    except RecordRefused:
        for writer in older:
            with suppress(RecordRefused):
                return _read_body(name, body, writer, fields)
        raise


@cache
def _kept(name: str) -> tuple[Any, ...]:
    """The kept versions of contract `name` as fastavro knows them, newest first."""
    return tuple(_plain(canonical(schema)) for schema in reversed(versions(name)))


def _read(name: str, value: bytes, written: object, fields: tuple[str, ...]) -> dict[str, Any]:
    """Read a framed record that was written as `written`."""
    try:
        writer = _plain(canonical(written))
    except Exception as error:  # fastavro raises whatever it ran into
        raise RecordRefused(f"{name}: not a body of that schema: {type(error).__name__}") from error
    return _read_body(name, value[PREFIX_BYTES:], writer, fields)


def body_reader(name: str, written: object) -> Callable[[bytes], dict[str, Any]]:
    """What reads bodies of contract `name` that were written as `written`, as its latest version knows them.

    It raises RecordRefused as read_record does. Raises SchemaRefused for what is no schema, or not safe to read.
    """
    try:
        writer = _plain(canonical(written))
    except SchemaRefused:
        raise
    except Exception as error:  # fastavro raises whatever it ran into
        raise SchemaRefused(f"{name}: fastavro cannot read it: {type(error).__name__}") from error
    return lambda body: _read_body(name, body, writer, ())


def _read_body(name: str, value: bytes, writer: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    body = io.BytesIO(value)
    try:
        record = fastavro.schemaless_reader(body, writer, _part(name, fields))
    except Exception as error:  # fastavro raises whatever its C code ran into
        raise RecordRefused(f"{name}: not a body of that schema: {type(error).__name__}") from error
    if body.read(1):
        raise RecordRefused(f"{name}: bytes left after the record, expected a whole record and no more")
    return dict(record)


@cache
def _part(name: str, fields: tuple[str, ...]) -> Any:
    """The contract with some of its fields only; all of them where none is named."""
    whole = latest(name)
    if not fields:
        return _plain(canonical(whole))
    return _plain(canonical({**whole, "fields": [field for field in whole["fields"] if field["name"] in fields]}))


def read_any(value: bytes, written: object) -> dict[str, Any]:
    """Read a framed record by its writer's schema alone, whatever contract it follows.

    Times are whole microseconds. Raises RecordRefused.
    """
    try:
        body = io.BytesIO(value[PREFIX_BYTES:])
        return dict(fastavro.schemaless_reader(body, _plain(canonical(written)), None))
    except Exception as error:  # fastavro raises whatever its C code ran into
        raise RecordRefused(f"not a body of its schema: {type(error).__name__}") from error


def write_record(name: str, record: Mapping[str, Any], prefix: bytes) -> bytes:
    """Write `record` as the latest version of contract `name`, with `prefix` in front.

    Times are whole microseconds. Raises RecordRefused for a record that the contract does not allow.
    """
    out = io.BytesIO()
    out.write(prefix)
    try:
        schema = _kept(name)[0]
        # The writer alone would cut 1.5 to 1 in a long. What is wrong is told once something is: the telling costs.
        if not fastavro.validate(dict(record), schema, raise_errors=False):
            fastavro.validate(dict(record), schema)
        fastavro.schemaless_writer(out, schema, dict(record), strict_allow_default=True)
    except Exception as error:  # fastavro raises whatever its C code ran into
        raise RecordRefused(f"{name}: cannot be written: {type(error).__name__}: {error}") from error
    return out.getvalue()


@lru_cache(maxsize=1000)
def _plain(schema: bytes) -> Any:
    """Parse a canonical schema without logical types, after our linter: a recursive one kills fastavro."""
    parsed = json.loads(schema)
    read_schema(parsed)
    return fastavro.parse_schema(without_logical_types(parsed))


def without_logical_types(schema: Any) -> Any:
    """Copy `schema` without logical types, so that readers give numbers and not datetimes."""
    if isinstance(schema, dict):
        return {key: without_logical_types(value) for key, value in schema.items() if key != "logicalType"}
    return [without_logical_types(one) for one in schema] if isinstance(schema, list) else schema
