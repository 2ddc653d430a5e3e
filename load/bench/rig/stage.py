"""Where everybody plays: a broker of its own process with the server's JIT, topics, a filled one, bundles."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from driftline.local.broker import Broker
from load.bench.images.events import PIXELS, Shape, images
from load.bench.images.events import SCHEMA as IMAGE
from load.bench.rig.bundles import MODELS, bundle
from load.bench.rig.events import FEATURES, SCHEMA, events, schema_of
from schemas.source import DirectorySource
from stream.kafka.admin import Admin, WantedTopic
from stream.kafka.clients import open_producer

HEAP, PARTITIONS, FLUSH_SECONDS = "1g", 12, 120
STAMPED = {"message.timestamp.type": "LogAppendTime"}
"""The broker's clock, at which a record was appended: what a drain is timed by."""


@dataclass(frozen=True)
class Filled:
    """A topic with so many events in it, and a model for them."""

    topic: str
    events: int
    partitions: int
    model: str
    features: int = FEATURES
    shape: Shape = "columns"


@dataclass(frozen=True)
class Stage:
    """A broker, and a directory for bundles, schemas, logs."""

    brokers: str
    broker_pid: int
    path: Path

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Self]:
        """A stage that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="driftline-bench-") as directory:
            broker = Broker.start(Path(directory) / "kafka", heap=HEAP, fast=False)
            try:
                yield cls(broker.bootstrap, broker.pid, Path(directory))
            finally:
                broker.stop()

    @property
    def schemas(self) -> Path:
        """The schemas by their ids, 1 and up."""
        return self.path / "schemas"

    def topic(self, name: str, partitions: int = PARTITIONS, **settings: str) -> str:
        """Create a topic stamped by the broker; `settings` use `_` for `.`."""
        said = STAMPED | {key.replace("_", "."): value for key, value in settings.items()}
        Admin(self.brokers).create([WantedTopic(name, partitions, said)])
        return name

    def filled(
        self,
        name: str,
        count: int,
        *,
        model: str = "mlp",
        partitions: int = PARTITIONS,
        features: int = FEATURES,
        spare: int = 0,
    ) -> Filled:
        """A topic with `count` events for the model called `model`, each with `spare` bytes that nobody asks for."""
        self.topic(name, partitions)
        self.topic(f"{name}.dlq", partitions)
        schema = self.schema(schema_of(features, spare))
        fill(self.producer(), name, events(count, schema, features=features, spare=spare))
        return Filled(name, count, partitions, model, features)

    def images(self, name: str, count: int, shape: Shape) -> Filled:
        """A topic with `count` events of Crayfish's task."""
        self.topic(name)
        self.topic(f"{name}.dlq")
        fill(self.producer(), name, images(count, shape, self.schema(IMAGE)))
        return Filled(name, count, PARTITIONS, "crayfish", PIXELS, shape)

    def schema(self, schema: object = SCHEMA) -> int:
        """The id of the event's schema."""
        return DirectorySource(self.schemas).add(schema)

    def producer(self) -> Any:
        """Fills topics; nothing is compressed, doubles by chance do not pack."""
        return open_producer(self.brokers, linger_ms=20, queue_buffering_max_messages=1_000_000)

    def onnx(self, model: str) -> Path:
        """The file of a model."""
        return MODELS / f"{model}.onnx"

    def bundle(self, model: str, *, features: int = FEATURES, lacks: str = "", shape: Shape = "columns") -> Path:
        """The bundle of a model for events of that shape, without what it `lacks`."""
        path = self.path / "bundles" / f"{model}-{shape}-{lacks or 'whole'}"
        return bundle(path, self.onnx(model).read_bytes(), features=features, lacks=lacks, shape=shape)


def fill(producer: Any, topic: str, records: Iterator[tuple[bytes, bytes]]) -> None:
    """Produce keys with values. Raises SystemExit when the broker does not take them."""
    for key, value in records:
        while True:
            try:
                producer.produce(topic, value, key)
                break
            except BufferError:
                producer.poll(0.1)
    if producer.flush(FLUSH_SECONDS):
        raise SystemExit(f"{topic}: the broker did not take what the benchmark reads")
