"""Stepping over arrays and maps, row by row, at a cost bounded by the row's own bytes and a number of items."""

from collections.abc import Callable

import numpy as np

from schemas.lint import Type

Skip = Callable[[bytes, int, int], int]
"""(data, at, end) -> the position after the value; raises Broken, and never looks beyond `end`."""

MOST_ITEMS = 4096
"""Blocks and items of a row that are stepped over one by one; items of a fixed width and whole numbers are not."""
LONGEST_VARINT = 10
FEW, MANY = 32, 65_536
"""Whole numbers that are read one by one faster than at once, and how many at once so that they fit a cache."""
FIXED_WIDTH = {"null": 0, "float": 4, "double": 8}


class Broken(Exception):
    """The row ends before its value does (`cut`), or holds a byte that no writer writes."""

    def __init__(self, *, cut: bool) -> None:
        super().__init__("truncated" if cut else "bad value")
        self.cut = cut


class TooMany(Exception):
    """The row holds more items than are stepped over one by one."""


class Purse:
    """How many more blocks and items of the row at hand may be stepped over one by one."""

    def __init__(self) -> None:
        self.left = MOST_ITEMS

    def pay(self, items: int) -> None:
        """Take `items` out. Raises TooMany when there are not so many left."""
        self.left -= items
        if self.left < 0:
            raise TooMany


def skipper(node: Type, purse: Purse) -> Skip:
    """The function that steps over one value of type `node`; what costs time is paid from `purse`."""
    if node.kind in FIXED_WIDTH or node.kind == "fixed":
        return _fixed(FIXED_WIDTH.get(node.kind, node.size))
    if node.kind in ("string", "bytes"):
        return _text
    if node.kind == "record":
        return _record([skipper(part, purse) for _, part in node.fields])
    if node.kind == "union":
        return _union([skipper(branch, purse) for branch in node.branches])
    if node.kind in ("array", "map"):
        item = skipper(node.branches[0], purse)
        pairs = _each(_record([_text, item]), purse)
        return _blocks(_items(node.branches[0], item, purse) if node.kind == "array" else pairs, purse)
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


def _items(node: Type, item: Skip, purse: Purse) -> Items:
    width = FIXED_WIDTH.get(node.kind, node.size)
    if node.kind in ("int", "long"):
        return _whole_numbers(item)
    if not width:
        return _each(item, purse)

    def skip(data: bytes, at: int, end: int, count: int) -> int:
        return _fixed(count * width)(data, at, end)

    return skip


def _whole_numbers(item: Skip) -> Items:
    """Varints: many of them are found at once, by the bytes that end one."""

    def skip(data: bytes, at: int, end: int, count: int) -> int:
        while count >= FEW:
            some = min(count, MANY)
            at, count = _over(data, at, end, some), count - some
        for _ in range(count):
            at = item(data, at, end)
        return at

    return skip


def _over(data: bytes, at: int, end: int, count: int) -> int:
    """The position after `count` varints."""
    seen = np.frombuffer(data, np.uint8, min(end - at, count * LONGEST_VARINT), at)
    stops = np.flatnonzero(seen < 0x80)[:count]  # noqa: PLR2004 - the continuation bit
    last = int(stops[-1]) if len(stops) else -1
    whole = int(np.diff(stops, prepend=-1).max(initial=0)) <= LONGEST_VARINT
    if len(stops) < count or not whole:
        raise Broken(cut=whole and len(seen) - 1 - last < LONGEST_VARINT)
    return at + last + 1


def _each(item: Skip, purse: Purse) -> Items:
    def skip(data: bytes, at: int, end: int, count: int) -> int:
        purse.pay(count)
        for _ in range(count):
            at = item(data, at, end)
        return at

    return skip


def _blocks(items: Items, purse: Purse) -> Skip:
    """Blocks of items; each takes a byte or more (see the linter), so a count beyond the row's bytes is a lie."""

    def skip(data: bytes, at: int, end: int) -> int:
        while True:
            count, at = read_long(data, at, end)
            if count == 0:
                return at
            purse.pay(1)
            closes = None
            if count < 0:
                size, at = read_long(data, at, end)
                count, closes = -count, at + size
            if count > end - at:
                raise Broken(cut=True)
            at = items(data, at, end, count)
            if closes not in (None, at):
                raise Broken(cut=False)

    return skip
