"""Confluent's framing: how a message says which schema wrote it, in five bytes in front or in a header."""

import struct
from collections.abc import Sequence
from uuid import UUID

MAGIC = 0
PREFIX_BYTES = 5
HEADER = "__value_schema_id"
GUID_VERSION = 1
GUID_BYTES = 16


def frame(schema_id: int) -> bytes:
    """The five bytes that stand before a body written with schema `schema_id`.

    >>> frame(7).hex()
    '0000000007'
    """
    return struct.pack(">bI", MAGIC, schema_id)


def framed_id(value: bytes) -> int | None:
    """The schema id in front of `value`; None when it is not framed so."""
    if len(value) < PREFIX_BYTES or value[0] != MAGIC:
        return None
    return int.from_bytes(value[1:PREFIX_BYTES], "big")


def header_reference(headers: Sequence[tuple[str, bytes | None]] | None) -> bytes | None:
    """The content of the schema header; None without one. The last one counts when it is given twice."""
    for name, content in reversed(headers or ()):
        if name == HEADER:
            return bytes(content or b"")
    return None


def guid_of(reference: bytes) -> bytes | None:
    """The 16-byte GUID in a header's content; None when it holds something else."""
    return reference[1:] if len(reference) == 1 + GUID_BYTES and reference[0] == GUID_VERSION else None


def guid_text(guid: bytes) -> str:
    """A GUID as registries print it."""
    return str(UUID(bytes=guid))
