"""The first door to confluent-kafka: how every client of ours is configured, with the plain producer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException, Producer

from stream.faults import Stopped
from stream.properties import hidden, properties

Config = dict[str, Any]
PARTITIONER = {"partitioner": "murmur2_random"}
# What one answer of the broker may do to our memory. A fetch is small because each of its compressed batches may grow
# a thousandfold (64 kB cost no speed that could be measured); zstd beyond the receive cap is refused by the client,
# the other codecs know no cap: a topic with compression.type=zstd turns theirs into zstd.
READING = {
    "fetch.message.max.bytes": 65_536,
    "fetch.max.bytes": 8_388_608,
    "receive.message.max.bytes": 33_554_432,
}


def client_config(brokers: str, file: Path | None = None) -> Config:
    """What every client of ours starts from; `file` holds TLS and SASL, so that no secret is in a setting."""
    return {
        "bootstrap.servers": brokers,
        "enable.metrics.push": False,
        "log_level": 3,
        # Calmly: with the defaults an unreachable broker costs twenty log lines a second.
        "reconnect.backoff.ms": 250,
        "reconnect.backoff.max.ms": 5_000,
        # `metadata.recovery.strategy` stays at rebootstrap: with none, a client that asks a broker just started, which
        # knows of no broker yet, forgets the only one there is, and a reader then waits for ever.
        **properties(file),
    }


def made(kind: Callable[[Config], Any], config: Config) -> Any:
    """A client of that kind. Raises Stopped for a property that librdkafka refuses; no value of any is shown."""
    try:
        return kind(config)
    except KafkaException as error:
        raise Stopped(
            f"Kafka client: {hidden(error.args[0].str(), config)}",
            cause="a property in the file of Kafka properties is misspelt, or its value is refused",
            fix="correct that line of the file; its content is not shown here, it may be a secret",
            configuration=True,
        ) from None


def open_producer(brokers: str, *, file: Path | None = None, **overrides: str | float | bool) -> Any:
    """An idempotent producer that puts keys where Java clients put them; `overrides` use `_` for `.`."""
    config = {**client_config(brokers, file), **PARTITIONER, "enable.idempotence": True, "linger.ms": 5}
    config.update({name.replace("_", "."): value for name, value in overrides.items()})
    return made(Producer, config)
