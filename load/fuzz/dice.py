"""Dice: a fuzzer's bytes spent on choices, so that bytes that change a little make a schema that changes a little."""

import struct
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")
PLAIN = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
LOGICAL = ("timestamp-millis", "timestamp-micros", "timestamp-nanos", "decimal", "date", "made-up")
DEEPEST = 4
Named = dict[str, str]


class Dice:
    """Choices made by `data`; when it is spent, every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.named = data, 0, 0

    def below(self, sides: int) -> int:
        """A number below `sides`, which is at most 256."""
        return self.take(1)[0] % sides

    def one(self, of: Sequence[T]) -> T:
        """One of up to 256 things."""
        return of[self.below(len(of))]

    def take(self, count: int) -> bytes:
        """The next `count` bytes, zeros when there are no more."""
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken.ljust(count, b"\0")

    def rest(self) -> bytes:
        """Every byte that is left."""
        return self.data[self.at :]

    def whole(self, bits: int) -> int:
        """A whole number of `bits` bits with its sign: small, or any, or one at the edge."""
        kind = self.below(4)
        if kind == 0:
            return self.below(8) - 4
        if kind == 1:
            return self.one((-(1 << bits - 1), (1 << bits - 1) - 1))
        return int.from_bytes(self.take(bits // 8), "big", signed=True)

    def text(self) -> str:
        """A short text of any characters that have an encoding."""
        return self.take(self.below(20)).decode("utf-8", errors="replace")


def draw_schema(dice: Dice) -> dict[str, Any]:
    """A record with an id, a time, features f0 to f2 and strangers between them."""
    name: Any = dice.one(("string", "long", "int", ["null", "string"], ["string", "long"]))
    fields = [{"name": "id", "type": name}]
    moment: Any = dice.one(("long", "string", ["null", "long"], "int"))
    logical = dice.one(("", *LOGICAL))
    fields.append({"name": "t", "type": {"type": "long", "logicalType": logical} if logical else moment})
    fields += [{"name": f"f{place}", "type": _type(dice, 1)} for place in range(dice.below(4))]
    fields += [{"name": f"x{place}", "type": _type(dice, DEEPEST)} for place in range(dice.below(4))]
    ordered = [fields.pop(dice.below(len(fields))) for _ in range(len(fields))]
    return {"type": "record", "name": "Event", "fields": ordered}


def _type(dice: Dice, deep: int) -> Any:
    """Half of the types are plain, and all that are `deep` enough; a named one has a name of its own."""
    kind = dice.below(2 * len(PLAIN) if deep > 0 else len(PLAIN))
    if kind < len(PLAIN):
        return PLAIN[kind]
    dice.named += 1
    return MADE[kind - len(PLAIN)](dice, deep - 1, {"name": f"N{dice.named}"})


def _union(dice: Dice, deep: int, _named: Named) -> Any:
    return [_type(dice, deep) for _ in range(1 + dice.below(3))]


def _enum(dice: Dice, _deep: int, named: Named) -> Any:
    return {"type": "enum", **named, "symbols": ["a", "lo", "hi"][: 1 + dice.below(3)]}


def _fixed(dice: Dice, _deep: int, named: Named) -> Any:
    return {"type": "fixed", **named, "size": dice.below(5)}


def _record(dice: Dice, deep: int, named: Named) -> Any:
    parts = [{"name": f"p{place}", "type": _type(dice, deep)} for place in range(dice.below(3))]
    return {"type": "record", **named, "fields": parts}


def _array(dice: Dice, deep: int, _named: Named) -> Any:
    return {"type": "array", "items": _type(dice, deep)}


def _map(dice: Dice, deep: int, _named: Named) -> Any:
    return {"type": "map", "values": _type(dice, deep)}


MADE = (_union, _union, _union, _enum, _fixed, _record, _array, _map)


def draw_value(dice: Dice, kind: Any) -> Any:
    """A value of Avro type `kind`; of a union as (name of the branch, value) where fastavro can tell branches apart."""
    if isinstance(kind, list):
        branch = dice.one(kind)
        return draw_value(dice, branch) if isinstance(branch, dict) else (branch, draw_value(dice, branch))
    if isinstance(kind, dict):
        return _made(dice, kind)
    plain: dict[str, Any] = {
        "null": lambda: None,
        "boolean": lambda: dice.below(2) == 1,
        "int": lambda: dice.whole(32),
        "long": lambda: dice.whole(64),
        "float": lambda: struct.unpack("<f", dice.take(4))[0],
        "double": lambda: struct.unpack("<d", dice.take(8))[0],
        "bytes": lambda: dice.take(dice.below(20)),
        "string": dice.text,
    }
    return plain[kind]()


def _made(dice: Dice, kind: dict[str, Any]) -> Any:
    if kind["type"] == "record":
        return {one["name"]: draw_value(dice, one["type"]) for one in kind["fields"]}
    if kind["type"] == "array":
        return [draw_value(dice, kind["items"]) for _ in range(dice.below(4))]
    if kind["type"] == "map":
        return {dice.text(): draw_value(dice, kind["values"]) for _ in range(dice.below(3))}
    if kind["type"] == "enum":
        return dice.one(kind["symbols"])
    return dice.take(kind["size"]) if kind["type"] == "fixed" else draw_value(dice, kind["type"])
