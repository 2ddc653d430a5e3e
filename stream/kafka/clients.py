"""The first door to confluent-kafka: how every client of ours is configured, with the plain producer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException, Producer

from stream.faults import Stopped

Config = dict[str, Any]
PARTITIONER = {"partitioner": "murmur2_random"}
SHORTEST_SECRET = 4


def client_config(brokers: str, file: Path | None = None) -> Config:
    """What every client of ours starts from; `file` holds TLS and SASL, so that no secret is in a setting."""
    return {
        "bootstrap.servers": brokers,
        "enable.metrics.push": False,
        "log_level": 3,
        # Calmly: with the defaults an unreachable broker costs twenty log lines a second.
        "reconnect.backoff.ms": 250,
        "reconnect.backoff.max.ms": 5_000,
        **properties(file),
    }


def properties(file: Path | None) -> Config:
    """The key=value lines of `file`. Raises Stopped naming the line that is none, never its content."""
    found: Config = {}
    for number, line in enumerate(_lines(file) if file else (), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, sign, value = line.partition("=")
            if not sign:
                fix = "write one librdkafka property a line"
                raise Stopped(f"{file}:{number}: not a key=value line", fix=fix, configuration=True)
            found[name.strip()] = value.strip()
    return found


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        fix = "give a file of key=value lines that this user may read"
        raise Stopped(f"{file}: {why}", fix=fix, configuration=True) from None


def hidden(text: str, config: Config) -> str:
    """`text` without the values of `config`: any of them may be a secret, or one typed in the wrong place.

    >>> hidden('Invalid value "hunter2" for "sasl.mechanism"', {"sasl.mechanism": "hunter2"})
    'Invalid value "***" for "sasl.mechanism"'
    """
    values = {value for value in config.values() if isinstance(value, str) and len(value) >= SHORTEST_SECRET}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "***")
    return text


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
