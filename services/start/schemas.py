"""Where a service finds schemas, with how its own records stand on the wire."""

from collections.abc import Callable

import structlog

from schemas.contracts import latest
from schemas.framing import frame
from schemas.json_text import parse_schema
from schemas.pins import Pinned, PinsRefused
from schemas.source import DirectorySource, Patient, SchemaSource
from services.start.settings import ServiceSettings
from stream.faults import Stopped


class Schemas:
    """One source of schemas, pinned; `frame` gives the five bytes of one of our own contracts on a topic."""

    def __init__(self, told: ServiceSettings, prefix: str) -> None:
        """Raises Stopped unless `told` names exactly one source; `prefix` is what its variables begin with."""
        source, self._id_of = _source(told, prefix)
        self.source: SchemaSource = Patient(_pinned(source, told))
        self._frames: dict[tuple[str, str], bytes] = {}

    def frame(self, topic: str, contract: str) -> bytes:
        """What stands before a record of `contract` on `topic`; asked for once."""
        if (topic, contract) not in self._frames:
            self._frames[topic, contract] = frame(self._id_of(f"{topic}-value", latest(contract)))
        return self._frames[topic, contract]


def _pinned(source: SchemaSource, told: ServiceSettings) -> Pinned:
    """The source, held to what each id named when it was first used, over restarts where a file keeps that."""
    file = told.schema_pins or (None if told.state is None else told.state / "schema-pins")
    try:
        return Pinned(source, file, told=lambda words: structlog.get_logger().error("schema changed", what=words))
    except PinsRefused as refused:
        raise Stopped(
            f"{file}: {refused}",
            cause="the file of schema pins was changed by hand, or is another file",
            fix="restore it; without it the next start pins what the source says then",
            configuration=True,
        ) from refused


def _source(told: ServiceSettings, prefix: str) -> tuple[SchemaSource, Callable[[str, object], int]]:
    """Where schemas come from, with how our own get their ids."""
    if told.registry_url is not None and told.schemas is None:
        from stream.kafka.registry import Registry  # noqa: PLC0415 - its client takes a third of a start to import

        registry = Registry(told.registry_url, told.registry_config, parse=parse_schema)
        register = told.register_schemas
        return registry, lambda subject, schema: registry.id_of(subject, schema, register=register)
    if told.schemas is None or told.registry_url is not None:
        raise Stopped(
            "one schema source is needed",
            cause="neither or both are set",
            fix=f"set {prefix}SCHEMAS to a directory or {prefix}REGISTRY_URL, not both",
            configuration=True,
        )
    directory = DirectorySource(told.schemas)
    return directory, lambda _subject, schema: directory.add(schema)
