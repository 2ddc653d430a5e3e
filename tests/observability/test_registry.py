"""The registry's door before a real Apicurio: what it knows, refuses and hands out, and a scorer that asks it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Schema,
    SchemaRegistryClient,
    ServerConfig,
)

from schemas.contracts import NAMES, versions
from schemas.framing import frame
from stream.faults import Stopped
from stream.kafka.registry import Registry
from tests.broker.scorer_proof import prove_each_once
from tests.broker.scorer_world import World
from tests.observability.apicurio import real
from tests.services.scorer.world import EVENT, event, write_event

PATIENCE_SECONDS = 60.0
WIDER: dict[str, Any] = {**EVENT, "fields": [*EVENT["fields"], {"name": "needed", "type": "long"}]}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One registry for this file."""
    with real(tmp_path_factory.mktemp("apicurio")) as url:
        yield url


@pytest.fixture
def client(address: str) -> Iterator[SchemaRegistryClient]:
    """Confluent's own client, as a user's pipeline has it; every change must be FULL_TRANSITIVE."""
    with SchemaRegistryClient.new_client({"url": address}) as made:
        made.set_config(config=ServerConfig(compatibility=ConfigCompatibilityLevel.FULL_TRANSITIVE))
        yield made


@pytest.fixture
def doors(address: str) -> Iterator[tuple[Registry, Registry]]:
    """Two of our doors to it: what one has said, the other knows from the registry alone."""
    made = (Registry(address, patience_seconds=PATIENCE_SECONDS), Registry(address, patience_seconds=PATIENCE_SECONDS))
    yield made
    for one in made:
        one._client.__exit__()


@pytest.fixture
def registry(doors: tuple[Registry, Registry]) -> Registry:
    """One of them."""
    return doors[0]


def test_our_contracts_are_taken_version_after_version(
    doors: tuple[Registry, Registry], client: SchemaRegistryClient
) -> None:
    """Each kept version is compatible with those before it, and comes back by its id as it was."""
    registry, other = doors
    for name in NAMES:
        ids = [registry.id_of(f"ours.{name}-value", schema, register=True) for schema in versions(name)]
        assert [other.by_id(number) for number in ids] == list(versions(name))
        assert registry.id_of(f"ours.{name}-value", versions(name)[-1], register=False) == ids[-1]
        assert len(client.get_versions(f"ours.{name}-value")) == len(ids)


def test_what_it_does_not_know_is_none_and_nothing_is_registered_unasked(registry: Registry) -> None:
    """No id, no GUID, no subject of that name; it may not be registered, so that the service stops."""
    assert registry.by_id(2_000_000_000) is None
    assert registry.by_guid(bytes(range(16))) is None
    with pytest.raises(Stopped, match="never-seen"):
        registry.id_of("never-seen-value", EVENT, register=False)


def test_a_change_that_breaks_readers_is_refused_by_it(registry: Registry, client: SchemaRegistryClient) -> None:
    """A field that all must have, which old records lack."""
    client.register_schema("broken-value", Schema(json.dumps(EVENT), "AVRO"))
    with pytest.raises(Stopped, match="broken-value"):
        registry.id_of("broken-value", WIDER, register=True)


def test_a_scorer_reads_what_it_names(
    address: str, client: SchemaRegistryClient, brokers: str, prefix: str, tmp_path: Path
) -> None:
    """Events of a producer that registered its schema there; of an id that it never gave out, dead letters."""
    world = World(brokers, prefix, tmp_path)
    try:
        head = frame(client.register_schema(f"{world.features}-value", Schema(json.dumps(EVENT), "AVRO")))
        scorer = world.scorer(schemas=None, registry_url=address, register_schemas=True, state=tmp_path / "state")
        world.feed([write_event(event(n), head) for n in range(40)])
        world.feed([write_event(event(40), frame(2_000_000_000))])
        world.drain()
        assert scorer.stop() == 0, world.logs()
        found = prove_each_once(world, dead=1)
        assert sorted(p["mode"] if (p := one.prediction) else "dead" for one in found) == ["dead"] + ["scored"] * 40
        assert client.get_latest_version(f"{world.predictions}-value").schema.schema_type == "AVRO"
    finally:
        world.close()
