"""How what the sidecar says is written: as its Avro contract where there is one, else as JSON."""

from collections.abc import Callable, Mapping
from typing import Any

from schemas.contracts import NAMES
from schemas.records import write_record
from services.drift.keeping.snapshot import canonical
from services.start.schemas import Schemas


def encoder(schemas: Schemas, topic: str, contract: str) -> Callable[[Mapping[str, Any]], bytes]:
    """What writes a record of `contract` for `topic`."""
    if contract not in NAMES:
        return canonical
    frame = schemas.frame(topic, contract)
    return lambda record: write_record(contract, record, frame)
