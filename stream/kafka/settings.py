"""What a transactional log on Kafka is made of, with the client settings that its promises need."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stream.faults import Stopped
from stream.kafka.clients import READING, client_config
from stream.properties import properties

Begin = Literal["earliest", "latest", "refuse"]
Delivery = Literal["exactly_once", "at_least_once"]
TRANSACTION, MESSAGE = "transaction.timeout.ms", "message.timeout.ms"
CALL_SHARE = 0.8
"""The part of a transaction's time after which we give up, so that it is us who end it and not the broker."""


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """What a transactional log is made of; a slot is a name that one live process at a time holds.

    With `delivery` at_least_once nothing is transactional: records are seen as soon as they are written, and again
    after a crash. With `tells_ends` the log knows which places were read to their end.
    A member that has not read again within `max_poll_seconds` loses its places: more than the slowest batch takes.
    The broker answers a fetch once it has `fetch_bytes`, or after 100 ms: who need not see a record at once asks for
    more, and asks seldom.
    The `file` of properties may set what tunes the clients (times, sizes), never what the promises need.
    """

    brokers: str
    group: str
    topics: tuple[str, ...]
    slot: str | None = None
    session: str
    begin: Begin = "refuse"
    rows: int = 500
    max_poll_seconds: float = 300
    tells_ends: bool = False
    fetch_bytes: int = 1
    delivery: Delivery = "exactly_once"
    file: Path | None = None

    def consumer(self) -> dict[str, Any]:
        """The consumer's configuration.

        Memory: what is read ahead is at most 8 MiB plus one answer a broker, unpacked; a batch is at most what
        was read ahead.
        """
        max_poll_millis = round(self.max_poll_seconds * 1000)
        tuned = {
            **READING,
            # No longer than the poll interval, or librdkafka refuses both; the broker takes none below 6 s.
            "session.timeout.ms": min(10_000, max_poll_millis),
            "heartbeat.interval.ms": 2_000,
            "max.poll.interval.ms": max_poll_millis,
            # A partition that was added is found within a minute (default five).
            "topic.metadata.refresh.interval.ms": 60_000,
            "fetch.queue.backoff.ms": 5,
            # After an abort or an assignment reading goes on only once the fetch under way is answered (default 500).
            "fetch.wait.max.ms": 100,
            "fetch.min.bytes": self.fetch_bytes,
            "queued.min.messages": 20_000,
            "queued.max.messages.kbytes": 8_192,
            # An answer is unpacked whole: records that were packed sixty times smaller make 16 MB of this one. One
            # batch of a producer comes whatever its size.
            "fetch.max.bytes": 262_144,
            # No limit to what is read, only what librdkafka wants `fetch.max.bytes` to be no less than.
            "message.max.bytes": 65_536,
        }
        promised = {
            "group.id": self.group,
            "group.protocol": "classic",
            "partition.assignment.strategy": "range",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "enable.partition.eof": self.tells_ends,
            **({"group.instance.id": self.slot} if self.slot else {}),
        }
        return tuned | client_config(self.brokers, self.file) | promised

    def producer(self) -> dict[str, Any]:
        """The producer's configuration; a full queue makes the loop wait, as long as a transaction may."""
        tuned = {
            TRANSACTION: 10_000,
            # Topics are looked at before the start; one that goes missing later fails its transaction soon.
            "topic.metadata.propagation.max.ms": 2_000,
            "topic.metadata.refresh.interval.ms": 60_000,
            "message.max.bytes": 1_114_112,
            "queue.buffering.max.kbytes": 32_768,
            "retry.backoff.ms": 5,
            "linger.ms": 5,
            "compression.type": "zstd",
        }
        if self.delivery == "at_least_once":
            # Of each record only its failure is told; nothing waits for others to be sent with.
            tuned |= {"linger.ms": 0, "enable.idempotence": True, "delivery.report.only.error": True}
            del tuned[TRANSACTION]
        promised = {
            **self._identity(),
            MESSAGE: round(self.call_seconds() * 1000),
            "partitioner": "murmur2_random",
        }
        return tuned | client_config(self.brokers, self.file) | promised

    def _identity(self) -> dict[str, Any]:
        """Who writes: nobody in particular, where nothing is transactional."""
        name = f"{self.group}.{self.slot or self.session}"
        return {"client.id": name} if self.delivery == "at_least_once" else {"transactional.id": name}

    def call_seconds(self) -> float:
        """How long a write, or flush and offsets and commit together, may take: less than a transaction may last.

        Raises Stopped when the file's transaction.timeout.ms is no number.
        """
        said = properties(self.file).get(TRANSACTION, "10000")
        if not said.isdigit():
            fix = "give it in milliseconds"
            raise Stopped(f"{self.file}: {TRANSACTION} is no number", fix=fix, configuration=True)
        return CALL_SHARE * int(said) / 1000
