"""Single Avro values as bytes: varints, strings, and the blocks of arrays and maps made of them."""

from collections.abc import Mapping, Sequence

WIDE = (1 << 64) - 1
MORE = 0x80


def write_long(value: int) -> bytes:
    """Write a zigzag varint.

    >>> write_long(-3).hex()
    '05'
    """
    raw = (value << 1 ^ value >> 63) & WIDE
    written = bytearray()
    while raw >= MORE:
        written.append(raw & 0x7F | MORE)
        raw >>= 7
    written.append(raw)
    return bytes(written)


def write_text(text: str) -> bytes:
    """Write a string."""
    encoded = text.encode()
    return write_long(len(encoded)) + encoded


def write_texts(texts: Sequence[str]) -> bytes:
    """Write an array of strings as one block."""
    return (write_long(len(texts)) if texts else b"") + b"".join(map(write_text, texts)) + b"\0"


def write_map(pairs: Sequence[tuple[str, str]] | Mapping[str, str]) -> bytes:
    """Write a map of strings as one block, in the order given."""
    items = list(pairs.items()) if isinstance(pairs, Mapping) else list(pairs)
    body = b"".join(write_text(key) + write_text(value) for key, value in items)
    return (write_long(len(items)) if items else b"") + body + b"\0"
