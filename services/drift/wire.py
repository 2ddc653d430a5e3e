"""How what the sidecar says is written: as its Avro contract where there is one, else as JSON."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from schemas.contracts import NAMES
from schemas.records import RecordRefused, read_record, write_record
from services.drift.keeping.snapshot import canonical
from services.start.schemas import Schemas

REPORT = "drift"
"""The contract of a report."""


def encoder(schemas: Schemas, topic: str, contract: str) -> Callable[[Mapping[str, Any]], bytes]:
    """What writes a record of `contract` for `topic`."""
    if contract not in NAMES:
        return canonical
    frame = schemas.frame(topic, contract)
    return lambda record: write_record(contract, record, frame)


def read_report(value: bytes) -> Mapping[str, Any]:
    """A report as it was written, whether as Avro or as JSON; empty for what is none."""
    try:
        return dict(json.loads(value)) if value.startswith(b"{") else read_record(REPORT, value)
    except (RecordRefused, ValueError, KeyError):
        return {}
