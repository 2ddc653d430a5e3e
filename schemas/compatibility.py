"""Whether versions of a schema can read each other, as Apache Avro's own checker sees it."""

import json
from collections.abc import Sequence
from itertools import combinations

import avro.compatibility
import avro.errors
import avro.schema

from schemas.lint import SchemaRefused, read_schema


def check_compatibility(old: object, new: object) -> list[str]:
    """Say in plain sentences what keeps a reader with either schema from reading the other's records.

    [] is compatible. Raises SchemaRefused when one of them is not a schema.
    """
    return [f"with the new schema old records cannot be read: {why}" for why in _against(reader=new, writer=old)] + [
        f"with the old schema new records cannot be read: {why}" for why in _against(reader=old, writer=new)
    ]


def check_transitive(schemas: Sequence[tuple[str, object]]) -> list[str]:
    """FULL_TRANSITIVE: every pair of named schemas, oldest first, both ways; [] is compatible."""
    return [
        f"{first} and {second}: {why}"
        for (first, old), (second, new) in combinations(schemas, 2)
        for why in check_compatibility(old, new)
    ]


def _against(*, reader: object, writer: object) -> list[str]:
    found = avro.compatibility.ReaderWriterCompatibilityChecker().get_compatibility(_parse(reader), _parse(writer))
    if found.compatibility is avro.compatibility.SchemaCompatibilityType.compatible:
        return []
    kinds = ", ".join(sorted({kind.name.replace("_", " ") for kind in found.incompatibilities}))
    return [f"{kinds}: {'; '.join(sorted(found.messages))} (at {', '.join(sorted(found.locations - {'/'}))})"]


def _parse(schema: object) -> avro.schema.Schema:
    """Parse with Apache Avro, after our own linter: it would recurse without bound."""
    read_schema(schema)
    try:
        return avro.schema.parse(json.dumps(schema))
    except (avro.errors.AvroException, ValueError, RecursionError) as error:
        raise SchemaRefused(f"Apache Avro cannot read it: {error}") from error
