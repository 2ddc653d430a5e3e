"""The golden examples: records, and the bytes that every release must read as those records, for ever."""

import json
from importlib.resources import files
from typing import Any

from schemas.contracts import NAMES, versions
from schemas.records import RecordRefused, read_record, write_record


def example(name: str, version: int) -> dict[str, Any]:
    """The example record of version `version` of contract `name`."""
    return dict(json.loads(_text(f"{name}.v{version}.json")))


def golden_bytes(name: str, version: int) -> bytes:
    """The framed bytes that were frozen with that version."""
    return bytes.fromhex(_text(f"{name}.v{version}.hex"))


def refused() -> list[dict[str, Any]]:
    """Values that no contract reads or writes: name, `hex` or `record`, and why."""
    return list(json.loads(_text("refused.json")))


def file_names() -> set[str]:
    """Every file that stands among the golden ones."""
    return {file.name for file in files("schemas").joinpath("golden").iterdir()}


def check_golden() -> list[str]:
    """Say which golden bytes the latest contracts no longer read as their example; [] is all well.

    A later version may add fields to what an older example says, never change it.
    """
    return [
        f"{name}.v{version}: {why}"
        for name in NAMES
        for version, schema in enumerate(versions(name), start=1)
        if (why := _fault(name, version, schema))
    ]


def still_says(read: object, told: object) -> bool:
    """Whether `read` says all that `told` says; records in it, however deep, may have more fields.

    >>> still_says({"a": [{"b": 1, "new": 0}], "new": 0}, {"a": [{"b": 1}]})
    True
    >>> still_says({"a": [{"b": 2}]}, {"a": [{"b": 1}]})
    False
    """
    if isinstance(told, dict) and isinstance(read, dict):
        return all(name in read and still_says(read[name], value) for name, value in told.items())
    if isinstance(told, list) and isinstance(read, list):
        return len(read) == len(told) and all(map(still_says, read, told))
    return type(read) is type(told) and read == told


def _fault(name: str, version: int, schema: object) -> str:
    try:
        read = read_record(name, golden_bytes(name, version), schema)
    except (OSError, ValueError, RecordRefused) as error:
        return f"the golden bytes cannot be read: {error}"
    told = example(name, version)
    if not still_says(read, told):
        return "the golden bytes no longer read as the example"
    if schema == versions(name)[-1] and write_record(name, told, golden_bytes(name, version)[:5]) != golden_bytes(
        name, version
    ):
        return "the example is no longer written as the golden bytes"
    return ""


def _text(file: str) -> str:
    return files("schemas").joinpath("golden", file).read_text(encoding="utf-8")
