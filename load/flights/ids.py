"""The ids of the replay's two schemas, which it registers where it may find none yet."""

from pathlib import Path

from load.flights.story import FLIGHT_SCHEMA, LABEL_SCHEMA
from schemas.source import DirectorySource
from schemas.topics import topic_name


def schema_ids(schemas: Path | str, model: str) -> tuple[int, int]:
    """The ids of events and labels in a schema directory, or in the registry at an address.

    Raises Stopped when the registry does not take them.
    """
    if isinstance(schemas, Path):
        source = DirectorySource(schemas)
        return source.add(FLIGHT_SCHEMA), source.add(LABEL_SCHEMA)
    from stream.kafka.registry import Registry  # noqa: PLC0415 - its client takes a third of a start to import

    registry = Registry(schemas)
    features, labels = (f"{topic_name(model, kind)}-value" for kind in ("features", "labels"))
    flight = registry.id_of(features, FLIGHT_SCHEMA, register=True)
    return flight, registry.id_of(labels, LABEL_SCHEMA, register=True)
