"""JSON text from strangers: its size, depth and number of parts are known before a parser sees it."""

import json
import re
from typing import Any, NoReturn

MOST_DEEP = 64
MOST_PARTS = 10_000
MOST_SCHEMA_BYTES = 262_144
BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.?)*+"?)*+[\[\]{}]', re.DOTALL)
"""Everything up to the next bracket that stands in no string; possessive, so that no text is looked at twice."""


class TextRefused(ValueError):
    """A text is larger or deeper than what is parsed, or ambiguous; the message holds none of it."""


def parse_event(text: bytes) -> object:
    """The JSON of an event as UTF-8; strict: no NaN or Infinity, no name twice in one object.

    Raises TextRefused for what is nested deeper than 64 or holds more than 10,000 lists and objects, else
    ValueError or RecursionError for what is no JSON.
    """
    _measure(text)
    return STRICT.decode(text.decode("utf-8"))


def parse_schema(text: str | bytes) -> object:
    """The JSON of a writer's schema; `null` as its text, since None says that there is no schema.

    Raises TextRefused for what is larger than 256 KiB or nested deeper than 64, ValueError for what is no JSON.
    """
    raw = text.encode("utf-8") if isinstance(text, str) else text
    if len(raw) > MOST_SCHEMA_BYTES:
        raise TextRefused(f"a schema of {len(raw)} bytes, expected at most {MOST_SCHEMA_BYTES}")
    _measure(raw)
    parsed: object = STRICT.decode(raw.decode("utf-8"))
    return "null" if parsed is None else parsed


def _measure(text: bytes) -> None:
    """Refuse text that is too deep or has too many parts; flat text passes after two searches for a byte."""
    if text.count(b"[") + text.count(b"{") <= MOST_DEEP:
        return
    depth = parts = 0
    found = BRACKET.match(text)
    while found is not None:
        opens = text[found.end() - 1] in b"[{"
        depth, parts = depth + (1 if opens else -1), parts + opens
        if depth > MOST_DEEP or parts > MOST_PARTS:
            raise TextRefused(f"JSON over {MOST_DEEP} levels or {MOST_PARTS} lists and objects, expected it flat")
        found = BRACKET.match(text, found.end())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may take different ones of two values with one name: neither is taken."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise TextRefused("a JSON object names a field twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse)
