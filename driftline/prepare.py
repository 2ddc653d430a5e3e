"""`driftline prepare`: the topics and schemas that a model's services need, on a Kafka and a registry of one's own."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from driftline.local.retention import kept_for, windows_in
from driftline.local.topics import create_missing
from driftline.output import FAILED, Refusal, say, show, show_json
from driftline.where import JsonOption
from models.contract import Contract, ContractRefused, load_contract
from schemas.contracts import latest
from schemas.lint import SchemaRefused, read_schema
from schemas.topics import declared, topic_name, topics_of
from stream.kafka.admin import Admin, BrokerUnreachable
from stream.kafka.registry import Registry
from stream.properties import properties

WRITTEN = {
    "predictions": "prediction",
    "labels": "label",
    "outcomes": "outcome",
    "profiles": "profile",
    "drift": "drift",
    "alerts": "alert",
}
"""Which contract the records of a kind of topic follow; of features the user's own."""
AGAIN_SECONDS = 1.0

app = typer.Typer()


class Prepared(NamedTuple):
    """The topics that were created, how many there are, and the id of the schema of every subject."""

    created: list[str]
    topics: int
    schemas: dict[str, int]


@app.command()
def prepare(
    *,
    bundle: Annotated[Path, typer.Option(metavar="DIR", help="The bundle, whose contract names the model.")],
    brokers: Annotated[str, typer.Option(metavar="HOST:PORT", help="The Kafka.")],
    kafka_config: Annotated[Path | None, typer.Option(metavar="FILE", help="key=value lines: TLS, SASL.")] = None,
    registry: Annotated[str | None, typer.Option(metavar="URL", help="The schema registry, if there is one.")] = None,
    registry_config: Annotated[Path | None, typer.Option(metavar="FILE", help="key=value lines for it.")] = None,
    event: Annotated[Path | None, typer.Option(metavar="FILE", help="The events' own Avro schema.")] = None,
    partitions: Annotated[int, typer.Option(min=1, help="Of features, predictions, labels and outcomes.")] = 12,
    prefix: Annotated[str, typer.Option(help="What stands before every topic's name.")] = "",
    wait: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for both.")] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Create a model's topics on a Kafka, register its schemas in a registry; what is there already is left alone."""
    contract, schema = _contract(bundle), _event(event)
    admin = Admin(brokers, properties(kafka_config))
    _wait_for(admin.partition_counts, wait)
    made = create(admin, contract, partitions, prefix)
    ids: dict[str, int] = {}
    if registry is not None:
        asked = Registry(registry, registry_config)
        _wait_for(lambda: asked.by_id(1), wait)
        ids = register(asked, subjects(contract.model, prefix, schema))
    _report(Prepared(made, len(declared()), ids), contract.model, as_json=as_json)


def create(admin: Admin, contract: Contract, partitions: int, prefix: str) -> list[str]:
    """Create what is missing, kept for as long as the contract may need it, and return those names.

    Raises BrokerUnreachable, TopicRefused.
    """
    said = topics_of(contract.model, partitions=partitions, prefix=prefix)
    return create_missing(admin, kept_for(said, windows_in(contract)))


def subjects(model: str, prefix: str, event: object | None) -> dict[str, tuple[object, str]]:
    """The schema of every subject of `model`, with how it is to stay compatible; of features where `event` is given."""
    said: dict[str, object] = {kind: latest(name) for kind, name in WRITTEN.items()}
    if event is not None:
        said["features"] = event
    return {
        f"{topic_name(model, kind, prefix=prefix)}-value": (schema, str(declared()[kind]["compatibility"]))
        for kind, schema in said.items()
    }


def register(registry: Registry, wanted: Mapping[str, tuple[object, str]]) -> dict[str, int]:
    """Register the schema of every subject, which stays compatible from then on; their ids. Raises Stopped."""
    ids = {}
    for subject, (schema, compatibility) in wanted.items():
        ids[subject] = registry.id_of(subject, schema, register=True)
        registry.keep_compatible(subject, compatibility)
    return ids


def _wait_for(ask: Callable[[], object], seconds: float) -> None:
    """Return once `ask` is answered. Raises Refusal when that was in vain for so long."""
    deadline, told = time.monotonic() + seconds, False
    while True:
        try:
            ask()
        except (BrokerUnreachable, ConnectionError) as error:
            if time.monotonic() >= deadline:
                raise Refusal(str(error), fix="start it, or give its right address", code=FAILED) from error
            if not told:
                say(f"waiting: {error}")
            told = True
            time.sleep(AGAIN_SECONDS)
        else:
            return


def _contract(bundle: Path) -> Contract:
    try:
        return load_contract(bundle / "contract.yaml")
    except (ContractRefused, OSError) as error:
        raise Refusal(str(error), fix=f"`driftline model verify {bundle}` says more") from error


def _event(file: Path | None) -> Any:
    if file is None:
        return None
    try:
        schema = json.loads(file.read_bytes())
        read_schema(schema)
    except (SchemaRefused, OSError, ValueError, RecursionError) as error:
        raise Refusal(f"{file}: {error}", fix="give an Avro schema (.avsc) of flat records") from error
    return schema


def _report(found: Prepared, model: str, *, as_json: bool) -> None:
    if as_json:
        return show_json({"model": model, **found._asdict()})
    for name in found.created:
        show(f"created: {name}")
    show(f"topics of {model}: {len(found.created)} created, {found.topics - len(found.created)} there before")
    for subject, number in found.schemas.items():
        show(f"schema {number}: {subject}")
    return None
