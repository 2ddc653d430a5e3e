"""Records too large for comfort, as anybody who may write to a topic can make them."""

from pathlib import Path
from typing import Any

from stream.kafka.clients import open_producer
from stream.records import Headers

MEGABYTE = 1_000_000


def bomb(brokers: str, topic: str, *, count: int, megabytes: int, partition: int = 0, codec: str = "zstd") -> None:
    """Put `count` records on `topic` in one batch that is `megabytes` of zeros when decompressed."""
    producer = open_producer(
        brokers,
        compression_type=codec,
        linger_ms=5_000,
        batch_size=2_000 * MEGABYTE,
        message_max_bytes=900 * MEGABYTE,
    )
    refused: list[str] = []

    def heard(error: Any, _message: Any) -> None:
        refused.extend([str(error)] if error else [])

    value = bytes(megabytes * MEGABYTE // count)
    for _ in range(count):
        producer.produce(topic, value, b"bomb", partition, on_delivery=heard)
    assert producer.flush(30) == 0
    assert refused == []


def large(brokers: str, topic: str, value: bytes, *, key: bytes = b"k", headers: Headers = ()) -> bool:
    """Produce a record up to the topic's own limit, not the producer's; whether the broker took it."""
    producer = open_producer(brokers, message_max_bytes=10 * MEGABYTE, compression_type="zstd")
    took: list[bool] = []

    def heard(error: object, _message: object) -> None:
        took.append(error is None)

    producer.produce(topic, value, key, 0, headers=list(headers), on_delivery=heard)
    assert producer.flush(10) == 0
    return took == [True]


def memory(pid: int, name: str) -> int:
    """Megabytes of a process: VmHWM is the most it ever held, VmRSS what it holds now."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    found = {line.partition(":")[0]: line.partition(":")[2].split()[0] for line in lines if line.startswith("Vm")}
    return int(found[name]) // 1024
