"""Stepping over arrays and maps, row by row, at a cost bounded by the row's own bytes."""

from collections.abc import Callable

from schemas.lint import Type

Skip = Callable[[bytes, int, int], int]
"""(data, at, end) -> the position after the value; raises Broken, and never looks beyond `end`."""

LONGEST_VARINT = 10
FIXED_WIDTH = {"null": 0, "float": 4, "double": 8}


class Broken(Exception):
    """The row ends before its value does (`cut`), or holds a byte that no writer writes."""

    def __init__(self, *, cut: bool) -> None:
        super().__init__("truncated" if cut else "bad value")
        self.cut = cut


def skipper(node: Type) -> Skip:
    """The function that steps over one value of type `node`."""
    if node.kind in FIXED_WIDTH or node.kind == "fixed":
        return _fixed(FIXED_WIDTH.get(node.kind, node.size))
    if node.kind in ("string", "bytes"):
        return _text
    if node.kind == "record":
        return _record([skipper(part) for _, part in node.fields])
    if node.kind == "union":
        return _union([skipper(branch) for branch in node.branches])
    if node.kind in ("array", "map"):
        item = skipper(node.branches[0])
        return _blocks(_items(node.branches[0], item) if node.kind == "array" else _each(_record([_text, item])))
    return _index({"boolean": 0, "enum": len(node.symbols)}.get(node.kind))


def read_long(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Read one zigzag varint; returns its value and the position after it."""
    raw = shift = 0
    for place in range(at, min(end, at + LONGEST_VARINT)):
        byte = data[place]
        raw |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            return (raw >> 1) ^ -(raw & 1), place + 1
        shift += 7
    raise Broken(cut=end < at + LONGEST_VARINT)


def _fixed(width: int) -> Skip:
    def skip(_data: bytes, at: int, end: int) -> int:
        if at + width > end:
            raise Broken(cut=True)
        return at + width

    return skip


def _text(data: bytes, at: int, end: int) -> int:
    size, at = read_long(data, at, end)
    if size < 0 or at + size > end:
        raise Broken(cut=size >= 0)
    return at + size


def _index(count: int | None) -> Skip:
    """An enum of `count` symbols; 0 is a boolean, None any number."""

    def skip(data: bytes, at: int, end: int) -> int:
        value, after = read_long(data, at, end)
        if count is not None and not 0 <= (data[at] if count == 0 else value) < (count or 2):
            raise Broken(cut=False)
        return after

    return skip


def _record(parts: list[Skip]) -> Skip:
    def skip(data: bytes, at: int, end: int) -> int:
        for part in parts:
            at = part(data, at, end)
        return at

    return skip


def _union(branches: list[Skip]) -> Skip:
    def skip(data: bytes, at: int, end: int) -> int:
        index, at = read_long(data, at, end)
        if not 0 <= index < len(branches):
            raise Broken(cut=False)
        return branches[index](data, at, end)

    return skip


Items = Callable[[bytes, int, int, int], int]
"""(data, at, end, count) -> the position after `count` items."""


def _items(node: Type, item: Skip) -> Items:
    width = FIXED_WIDTH.get(node.kind, node.size)
    if not width:
        return _each(item)

    def skip(data: bytes, at: int, end: int, count: int) -> int:
        return _fixed(count * width)(data, at, end)

    return skip


def _each(item: Skip) -> Items:
    def skip(data: bytes, at: int, end: int, count: int) -> int:
        for _ in range(count):
            at = item(data, at, end)
        return at

    return skip


def _blocks(items: Items) -> Skip:
    """Blocks of items; each takes a byte or more (see the linter), so a count that lies ends with the row."""

    def skip(data: bytes, at: int, end: int) -> int:
        while True:
            count, at = read_long(data, at, end)
            if count == 0:
                return at
            closes = None
            if count < 0:
                size, at = read_long(data, at, end)
                count, closes = -count, at + size
            at = items(data, at, end, count)
            if closes not in (None, at):
                raise Broken(cut=False)

    return skip
