"""Driftline's own Avro contracts: every version ever kept, in order."""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from schemas.source import guid

NAMES = ("prediction", "label", "profile", "outcome", "drift", "alert")
FILE = re.compile(r"^(?P<name>[a-z]+)\.v(?P<version>[1-9][0-9]*)\.avsc$")


@cache
def versions(name: str) -> tuple[dict[str, Any], ...]:
    """Every kept version of contract `name` as parsed JSON, oldest first.

    Raises KeyError for a name that is not in NAMES, ValueError when a version between is missing.
    """
    if name not in NAMES:
        raise KeyError(f"found contract {name!r}, expected one of {', '.join(NAMES)}")
    found = {}
    for file in files("schemas").joinpath("avro").iterdir():
        named = FILE.match(file.name)
        if named and named["name"] == name:
            found[int(named["version"])] = json.loads(file.read_text(encoding="utf-8"))
    if sorted(found) != list(range(1, len(found) + 1)):
        raise ValueError(f"{name}: found versions {sorted(found)}, expected 1 up without a gap: keep them all")
    return tuple(found[version] for version in sorted(found))


def latest(name: str) -> dict[str, Any]:
    """The version of contract `name` that is written today."""
    return versions(name)[-1]


def fingerprint(schema: object) -> str:
    """The name of a schema's exact text: the hex MD5 of its canonical JSON, as DirectorySource's GUIDs.

    >>> fingerprint("string")
    '095d71cf12556b9d5e330ad575b3df5d'
    """
    return guid(schema).hex()
