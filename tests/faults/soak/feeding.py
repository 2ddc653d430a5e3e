"""What a soak feeds: numbered events, each of a kind that its number and the seed alone decide."""

import io
import threading
import time
import zlib
from array import array
from typing import Any, Final

import fastavro
from confluent_kafka import Producer

from stream.kafka.clients import PARTITIONER, client_config
from stream.records import Headers
from tests.services.scorer.world import EVENT, START_MICROS, event

KEYS: Final = 400
MARK_HEADER, NUMBER_HEADER = "driftline-watermark", "soak-number"
SECOND_MICROS = 1_000_000
HEAVY_BYTES = 300_000
NAN = float("nan")
PLAIN = fastavro.parse_schema(
    {**EVENT, "fields": [{**f, "type": "long"} if f["name"] == "event_time" else f for f in EVENT["fields"]]}
)
SCORED, DEGRADED, REJECTED, DEAD, MARK = range(5)
"""How an input is answered; a mark is copied."""
REFUSED: dict[str, dict[str, Any]] = {
    "null": {"amount": None},
    "not a number": {"amount": NAN},
    "out of range": {"hour": 24},
    "unseen": {"carrier": "ZZ"},
}
UNREADABLE = ("empty", "no frame", "unknown schema", "truncated", "trailing")
SHARES = (("mark", 20), ("heavy", 3), *((kind, 30) for kind in REFUSED), *((kind, 30) for kind in UNREADABLE))
"""In ten thousand; the others are good."""
ANSWERS = {
    "good": (SCORED, DEGRADED),
    # Whether an event of a size like this is still served is a setting's affair.
    "heavy": (SCORED, DEGRADED, DEAD),
    "mark": (MARK,),
    **dict.fromkeys(REFUSED, (REJECTED,)),
    **dict.fromkeys(UNREADABLE, (DEAD,)),
}


def kind_of(seed: int, number: int) -> str:
    """What kind of input `number` is."""
    left = zlib.crc32(b"%d:%d" % (seed, number)) % 10_000
    for kind, share in SHARES:
        if left < share:
            return kind
        left -= share
    return "good"


def key_of(seed: int, number: int) -> bytes:
    """The key of an input."""
    return b"k%d" % (zlib.crc32(b"key %d:%d" % (seed, number)) % KEYS)


def wire_of(seed: int, number: int, prefix: bytes) -> tuple[bytes | None, Headers]:
    """The value of an input with its headers; `prefix` frames events."""
    kind = kind_of(seed, number)
    said: list[tuple[str, bytes | None]] = [(NUMBER_HEADER, b"%d" % number)]
    if kind == "mark":
        return None, [*said, (MARK_HEADER, b"%d" % (START_MICROS + number * SECOND_MICROS))]
    if kind in ("empty", "no frame"):
        return (b"" if kind == "empty" else b"1234"), said
    good = _event(number, prefix, REFUSED.get(kind, {"ignored": "x" * HEAVY_BYTES} if kind == "heavy" else {}))
    spoilt = {"unknown schema": b"\x00\x00\x00\x27\x0f" + good[5:], "truncated": good[:-4], "trailing": good + b"\x00"}
    return spoilt.get(kind, good), said


def _event(number: int, prefix: bytes, other: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    out.write(prefix)
    at = START_MICROS + number * SECOND_MICROS
    fastavro.schemaless_writer(out, PLAIN, event(number, event_time=at, **other))
    return out.getvalue()


class Feeder:
    """A producer in a thread of its own: `step` apart, its numbers come at a pace that can be changed."""

    def __init__(
        self, brokers: str, topic: str, *, seed: int, prefix: bytes, first: int, step: int, rate: float
    ) -> None:
        self.rate = rate
        self.delivered = array("q")
        self.refused: list[str] = []
        self._topic, self._seed, self._prefix = topic, seed, prefix
        self._number, self._step = first, step
        quiet = {**client_config(brokers), **PARTITIONER, "enable.idempotence": True, "linger.ms": 5, "log_level": 0}
        self._producer = Producer(quiet)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            now = time.monotonic()
            while due <= now and not self._stop.is_set():
                self._send()
                due += 1 / self.rate
            self._producer.poll(0.01)

    def _send(self) -> None:
        number = self._number
        value, headers = wire_of(self._seed, number, self._prefix)

        def heard(error: Any, _message: Any) -> None:
            if error is None:
                self.delivered.append(number)
            else:
                self.refused.append(f"{number}: {error}")

        while True:
            try:
                self._producer.produce(
                    self._topic, value, key_of(self._seed, number), headers=list(headers), on_delivery=heard
                )
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._number += self._step
                return

    def stop(self, timeout_seconds: float = 60.0) -> int:
        """Feed no more and wait for what is under way; how many are still under way after that."""
        self._stop.set()
        self._thread.join()
        return int(self._producer.flush(timeout_seconds))
