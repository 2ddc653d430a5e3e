"""The ids of the replay's schemas, in a directory or in a registry."""

from pathlib import Path

from load.flights.ids import schema_ids
from load.flights.story import FLIGHT_SCHEMA, LABEL_SCHEMA
from schemas.source import DirectorySource
from stream.kafka.registry import Registry
from tests.faults.registry import StandIn


def test_a_directory_gives_them_ids(tmp_path: Path) -> None:
    """The same ones each time."""
    flight, label = schema_ids(tmp_path, "flights")
    assert schema_ids(tmp_path, "flights") == (flight, label)
    source = DirectorySource(tmp_path)
    assert [source.by_id(one) for one in (flight, label)] == [FLIGHT_SCHEMA, LABEL_SCHEMA]


def test_a_registry_gives_them_ids() -> None:
    """Two of its own, by which consumers find them."""
    registry = StandIn()
    try:
        flight, label = schema_ids(registry.url, "flights")
        assert schema_ids(registry.url, "flights") == (flight, label)
        asked = Registry(registry.url, patience_seconds=60)
        assert [asked.by_id(one) for one in (flight, label)] == [FLIGHT_SCHEMA, LABEL_SCHEMA]
    finally:
        registry.close()
