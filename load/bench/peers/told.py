"""What a peer is told by PEER_* variables."""

import os
from dataclasses import dataclass, field


def _said(name: str, other: str = "") -> str:
    return os.environ.get(f"PEER_{name}", other)


@dataclass(frozen=True)
class Told:
    """The same for every peer; the Java ones read it in Told.java."""

    brokers: str = field(default_factory=lambda: _said("BROKERS"))
    input: str = field(default_factory=lambda: _said("INPUT"))
    output: str = field(default_factory=lambda: _said("OUTPUT"))
    group: str = field(default_factory=lambda: _said("GROUP"))
    model: str = field(default_factory=lambda: _said("MODEL"))
    exactly_once: bool = field(default_factory=lambda: _said("DELIVERY") == "exactly_once")
    commit_seconds: float = field(default_factory=lambda: int(_said("COMMIT_MILLIS", "100")) / 1000)
    linger_millis: int = field(default_factory=lambda: int(_said("LINGER_MILLIS", "5")))
    rows: int = 500

    def reading(self) -> dict[str, str | bool | int]:
        """A consumer's settings, as its documentation has them; without commits of its own."""
        return {
            "bootstrap.servers": self.brokers,
            "group.id": self.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.queue.backoff.ms": 5,
        }

    def writing(self) -> dict[str, str | int]:
        """A producer's settings."""
        told: dict[str, str | int] = {
            "bootstrap.servers": self.brokers,
            "linger.ms": self.linger_millis,
            "partitioner": "murmur2_random",
            "queue.buffering.max.messages": 1_000_000,
        }
        return told | ({"transactional.id": self.group, "retry.backoff.ms": 5} if self.exactly_once else {})
