"""The linter: a writer's Avro schema becomes a small tree, or is refused before it can cost anything."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

MAX_DEPTH = 16
MAX_FIELDS = 2000
MAX_SYMBOLS = 10_000
MOST_NAME = 256
MOST_DIGITS = 76
"""The most digits of a decimal: what the widest common store (BigQuery's BIGNUMERIC) keeps."""
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
SMALLEST = {"null": 0, "float": 4, "double": 8}


class SchemaRefused(ValueError):
    """A writer's schema cannot be read safely, or lacks what the model needs; the message names the place."""


@dataclass(frozen=True)
class Type:
    """One node: Avro type `kind`, fewest bytes on the wire, and `bulk`, its nodes and levels written out."""

    kind: str
    name: str = ""
    logical: str = ""
    fields: "tuple[tuple[str, Type], ...]" = ()
    branches: "tuple[Type, ...]" = ()
    symbols: tuple[str, ...] = ()
    size: int = 0
    smallest: int = 1
    bulk: tuple[int, int] = (1, 1)


def read_schema(schema: object) -> Type:
    """Turn a parsed JSON schema into its tree.

    Raises SchemaRefused for what is not Avro, is recursive, deeper than 16, larger than 2000 fields written
    out, holds arrays or maps whose items take no bytes, decimals without bounds, or names that no log should show.
    """
    if isinstance(schema, str) and schema not in PRIMITIVES:
        raise SchemaRefused(f"schema: found {schema[:MOST_NAME]!r}, expected a record")
    root = _Linter().read(schema, "", "schema", MAX_DEPTH)
    if root.kind != "record":
        raise SchemaRefused(f"schema: found {root.kind} at the top, expected a record")
    return root


class _Linter:
    """Reads one schema; `known` holds its named types, None while one is still being read."""

    def __init__(self) -> None:
        self.known: dict[str, Type | None] = {}

    def read(self, schema: object, space: str, where: str, depth: int) -> Type:
        if depth <= 0:
            raise SchemaRefused(f"{where}: nested deeper than {MAX_DEPTH}, expected a flat record")
        if isinstance(schema, str):
            return (
                Type(schema, smallest=SMALLEST.get(schema, 1))
                if schema in PRIMITIVES
                else self.named(schema, space, where)
            )
        if isinstance(schema, list):
            return self.union(schema, space, where, depth)
        if not isinstance(schema, dict):
            raise SchemaRefused(f"{where}: found {type(schema).__name__}, expected an Avro type")
        kind = schema.get("type")
        if kind in ("record", "error", "enum", "fixed"):
            return self.definition(schema, space, where, depth)
        if kind in ("array", "map"):
            return self.block(schema, space, where, depth)
        return _logical(self.read(kind, space, where, depth - 1), schema, where)

    def named(self, name: str, space: str, where: str) -> Type:
        full = name if "." in name or not space else f"{space}.{name}"
        full = full if full in self.known else name
        if full not in self.known:
            raise SchemaRefused(
                f"{where}: found type {name[:MOST_NAME]!r}, expected an Avro type or a name defined before"
            )
        found = self.known[full]
        if found is None:
            raise SchemaRefused(f"{where}: {name} holds itself; a recursive schema is not read, flatten it")
        return found

    def union(self, schema: list[Any], space: str, where: str, depth: int) -> Type:
        if len(schema) > MAX_FIELDS:
            raise SchemaRefused(f"{where}: a union of {len(schema)} branches, expected at most {MAX_FIELDS}")
        branches = tuple(self.read(branch, space, where, depth - 1) for branch in schema)
        keys = [branch.name or branch.kind for branch in branches]
        if not branches or "union" in keys or len(set(keys)) != len(keys):
            raise SchemaRefused(f"{where}: a union needs branches of different types, none of them a union")
        return Type("union", branches=branches, bulk=_bulk(branches, where))

    def block(self, schema: Mapping[str, Any], space: str, where: str, depth: int) -> Type:
        kind = str(schema["type"])
        item = self.read(schema.get("items" if kind == "array" else "values"), space, where, depth - 1)
        if item.smallest == 0:
            raise SchemaRefused(f"{where}: {kind} items take no bytes, so a few bytes could claim any number of them")
        return Type(kind, branches=(item,), bulk=_bulk((item,), where))

    def definition(self, schema: Mapping[str, Any], space: str, where: str, depth: int) -> Type:
        kind = str(schema["type"])
        name = _name(schema.get("name"), f"{where}: a {kind}")
        space = _name(schema["namespace"], f"{where}: a namespace") if schema.get("namespace") else space
        full = name if "." in name or not space else f"{space}.{name}"
        if full in self.known:
            raise SchemaRefused(f"{where}: {full} is defined twice")
        self.known[full] = None
        if kind == "enum":
            found = _enum(schema, full, where)
        elif kind == "fixed":
            found = _fixed(schema, full, where)
        else:
            found = self.record(schema, full, where, depth)
        self.known[full] = found
        return found

    def record(self, schema: Mapping[str, Any], full: str, where: str, depth: int) -> Type:
        raw = schema.get("fields")
        if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
            raise SchemaRefused(f"{where}: record {full} needs a list of fields with names")
        if len(raw) > MAX_FIELDS:
            raise SchemaRefused(f"{where}: {len(raw)} fields, expected at most {MAX_FIELDS}")
        space = full.rpartition(".")[0]
        named = [(_name(one.get("name"), f"{where}: a field"), one.get("type")) for one in raw]
        fields = tuple((name, self.read(kind, space, f"{where}.{name}", depth - 1)) for name, kind in named)
        if len({name for name, _ in fields}) != len(fields):
            raise SchemaRefused(f"{where}: record {full} names a field twice")
        types = tuple(one for _, one in fields)
        smallest = sum(one.smallest for one in types)
        return Type("record", name=full, fields=fields, smallest=smallest, bulk=_bulk(types, where))


def _bulk(parts: tuple[Type, ...], where: str) -> tuple[int, int]:
    """Nodes and levels of a node over `parts`; a named type counts each time it is used."""
    nodes = 1 + sum(part.bulk[0] for part in parts if part.kind != "null")
    levels = 1 + max((part.bulk[1] for part in parts), default=0)
    if nodes > 2 * MAX_FIELDS or levels > MAX_DEPTH:
        raise SchemaRefused(f"{where}: over {MAX_FIELDS} fields or {MAX_DEPTH} levels written out, flatten it")
    return nodes, levels


def _name(found: object, whose: str) -> str:
    """A name that messages may show: some text, short, all of it printable."""
    if not isinstance(found, str) or not found:
        raise SchemaRefused(f"{whose} without a name, expected some text")
    if len(found) > MOST_NAME or not found.isprintable():
        raise SchemaRefused(f"{whose} named {found[:MOST_NAME]!a}, expected at most {MOST_NAME} printable characters")
    return found


def _logical(inner: Type, schema: Mapping[str, Any], where: str) -> Type:
    """`inner` with the logical type that `schema` gives it, if any; a decimal needs bounds."""
    found = schema.get("logicalType")
    if not isinstance(found, str):
        return inner
    logical = _name(found, f"{where}: a logical type")
    if logical == "big-decimal" or (logical == "decimal" and not _bounded(schema)):
        raise SchemaRefused(f"{where}: a {logical} without bounds, expected a precision of at most {MOST_DIGITS}")
    return replace(inner, logical=logical)


def _bounded(schema: Mapping[str, Any]) -> bool:
    digits, scale = schema.get("precision"), schema.get("scale", 0)
    return type(digits) is int and type(scale) is int and 0 <= scale <= digits and 1 <= digits <= MOST_DIGITS


def _enum(schema: Mapping[str, Any], full: str, where: str) -> Type:
    symbols = schema.get("symbols")
    if not isinstance(symbols, list) or not symbols or len(symbols) > MAX_SYMBOLS:
        raise SchemaRefused(f"{where}: enum {full} needs between 1 and {MAX_SYMBOLS} symbols")
    if not all(isinstance(symbol, str) for symbol in symbols) or len(set(symbols)) != len(symbols):
        raise SchemaRefused(f"{where}: enum {full} needs symbols that are text, each once")
    return Type("enum", name=full, symbols=tuple(symbols))


def _fixed(schema: Mapping[str, Any], full: str, where: str) -> Type:
    size = schema.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 31:
        raise SchemaRefused(f"{where}: fixed {full} needs a size in bytes")
    return _logical(Type("fixed", name=full, size=size, smallest=size), schema, where)
