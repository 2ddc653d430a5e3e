"""What a transactional log on Kafka is made of, with the client settings that its promises need."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stream.kafka.clients import client_config

Begin = Literal["earliest", "latest", "refuse"]


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """What a transactional log is made of; a slot is a name that one live process at a time holds."""

    brokers: str
    group: str
    topics: tuple[str, ...]
    slot: str | None = None
    session: str
    begin: Begin = "refuse"
    rows: int = 500
    file: Path | None = None

    def consumer(self) -> dict[str, Any]:
        """The consumer's configuration."""
        config = client_config(self.brokers, self.file) | {
            "group.id": self.group,
            "group.protocol": "classic",
            "partition.assignment.strategy": "range",
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 2_000,
            "max.poll.interval.ms": 300_000,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "fetch.queue.backoff.ms": 5,
            # After an abort or an assignment reading goes on only once the fetch under way is answered (default 500).
            "fetch.wait.max.ms": 100,
            "queued.min.messages": 20_000,
            "queued.max.messages.kbytes": 32_768,
        }
        return config | ({"group.instance.id": self.slot} if self.slot else {})

    def producer(self) -> dict[str, Any]:
        """The producer's configuration."""
        return client_config(self.brokers, self.file) | {
            "transactional.id": f"{self.group}.{self.slot or self.session}",
            "transaction.timeout.ms": 10_000,
            "message.timeout.ms": 8_000,
            # Topics are looked at before the start; one that goes missing later fails its transaction soon.
            "topic.metadata.propagation.max.ms": 2_000,
            "message.max.bytes": 1_114_112,
            "retry.backoff.ms": 5,
            "linger.ms": 5,
            "compression.type": "zstd",
            "partitioner": "murmur2_random",
        }
