"""Flights as events of a benchmark: strings and nulls as they are, under ids that are counted like the others'."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from load.bench.players.ours import ours, scorer
from load.bench.players.systems import System
from load.bench.rig.bundles import MODELS
from load.bench.rig.events import event_id
from load.bench.rig.stage import PARTITIONS, Filled, Stage, fill
from load.flights.story import FLIGHT_SCHEMA, encode, feature_rows
from load.flights.table import read_flights
from models.build import build_bundle
from models.contract import read_contract
from models.reference import reference_of
from schemas.reader import Reader
from schemas.source import DirectorySource
from services.scorer.kit import wanted_of

FIRST, LAST = date(2013, 3, 1), date(2013, 12, 31)
BUNDLE = Path("load/flights/bundle")
NETWORK = "mlp-flights"
TOGETHER, REFERENCE_ROWS = 20_000, 4_000


def flights(count: int, schema_id: int) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of so many flights; after the last of them the first come again, as other events."""
    table = read_flights(FIRST, LAST)
    for first in range(0, count, TOGETHER):
        numbers = range(first, min(count, first + TOGETHER))
        rows = feature_rows(table.take([number % table.num_rows for number in numbers]))
        named = [{**row, "event_id": event_id(number).decode()} for number, row in zip(numbers, rows, strict=True)]
        yield from zip(map(event_id, numbers), encode(named, FLIGHT_SCHEMA, schema_id), strict=True)


def filled(stage: Stage, name: str, count: int) -> Filled:
    """A topic of flights."""
    stage.topic(name, PARTITIONS)
    stage.topic(f"{name}.dlq", PARTITIONS)
    fill(stage.producer(), name, flights(count, stage.schema(FLIGHT_SCHEMA)))
    # What `ours` is told of a model it takes from here, then is told another bundle.
    return Filled(name, count, PARTITIONS, "mlp")


def served(stage: Stage, model: str) -> System:
    """Our scorer with a bundle for flights: that of the demo, "lightgbm", or a network, "mlp"."""
    bundle = BUNDLE if model == "lightgbm" else network(stage)
    return scorer("flights", f"flights, {model}", partial(ours, bundle=bundle))


def network(stage: Stage) -> Path:
    """The bundle of the network, built on the first flights; whoever had not left is what it is asked for."""
    path = stage.path / "bundles" / NETWORK
    if path.exists():
        return path
    text = (BUNDLE / "contract.yaml").read_text(encoding="utf-8").replace("score: probabilities", "score: score")
    contract = read_contract(text)
    values = [value for _, value in flights(REFERENCE_ROWS, stage.schema(FLIGHT_SCHEMA))]
    read = Reader(wanted_of(contract), DirectorySource(stage.schemas)).read(values)
    late = (read.matrix[:, -1] > np.median(read.matrix[:, -1])).astype(np.float64)
    reference = reference_of(contract, matrix=read.matrix, times=read.times, labels=late)
    onnx = (MODELS / f"{NETWORK}.onnx").read_bytes()
    build_bundle(onnx=onnx, contract=contract, contract_text=text, reference=reference, out=path)
    return path
