"""The ids of the replay's schemas, in a directory or in a registry."""

import json
from pathlib import Path
from typing import Any

from load.flights.ids import schema_ids
from load.flights.story import FLIGHT_SCHEMA, LABEL_SCHEMA
from schemas.source import DirectorySource
from stream.kafka.registry import Registry
from tests.faults.registry import StandIn


class Noting(StandIn):
    """A registry that notes what it was told to keep, by where."""

    def __init__(self) -> None:
        self.noted: dict[str, object] = {}
        super().__init__()

    def answer(self, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        """As any registry."""
        if body is not None:
            self.noted[path.partition("?")[0]] = json.loads(body["schema"])
        return super().answer(path, body)


def test_a_directory_gives_them_ids(tmp_path: Path) -> None:
    """The same ones each time."""
    flight, label = schema_ids(tmp_path, "flights")
    assert schema_ids(tmp_path, "flights") == (flight, label)
    source = DirectorySource(tmp_path)
    assert [source.by_id(one) for one in (flight, label)] == [FLIGHT_SCHEMA, LABEL_SCHEMA]


def test_a_registry_gives_them_ids() -> None:
    """Two of its own, by which consumers find them, registered under the subjects of the topics' values."""
    registry = Noting()
    try:
        flight, label = schema_ids(registry.url, "flights")
        assert schema_ids(registry.url, "flights") == (flight, label)
        assert registry.noted == {
            "/subjects/flights.features-value/versions": FLIGHT_SCHEMA,
            "/subjects/flights.labels-value/versions": LABEL_SCHEMA,
        }
        asked = Registry(registry.url, patience_seconds=60)
        assert [asked.by_id(one) for one in (flight, label)] == [FLIGHT_SCHEMA, LABEL_SCHEMA]
    finally:
        registry.close()
