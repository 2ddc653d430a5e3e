"""Dead letters: the original untouched, with a note; by reference when too large."""

import hashlib

import numpy as np

from stream.dead_letters import Desk
from stream.records import Batch

DESK = Desk(topic="t.dlq", group="g", service="scorer", service_version="9", max_bytes=200_000)
HEADERS = [("trace", b"1"), ("trace", b"2"), ("empty", None)]


def batch(values: list[bytes | None]) -> Batch:
    """Records of partition 3 from offset 40 on."""
    n = len(values)
    return Batch(
        topics=["t"] * n,
        partitions=np.full(n, 3, np.int32),
        offsets=np.arange(40, 40 + n),
        timestamps=np.full(n, 77, np.int64),
        keys=[b"key"] * n,
        values=values,
        headers=lambda _row: HEADERS,
    )


def letter(value: bytes | None, message: str = "why") -> tuple[bytes | None, dict[str, bytes | None]]:
    """The letter of one record."""
    wrote = DESK.letters(batch([b"fine", value]), [1], stage="decode", why={1: ("truncated", message)})
    assert (wrote.topic, wrote.keys, wrote.partitions) == ("t.dlq", [b"key"], [3])
    assert wrote.headers is not None
    headers = list(wrote.headers[0] or ())
    assert headers[: len(HEADERS)] == HEADERS or "dlq.error.reference" in dict(headers)
    return wrote.values[0], dict(headers)


def test_the_original_is_kept() -> None:
    """Value, key, partition number, headers as they came; the note says why and where."""
    value, headers = letter(b"\x00bad")
    assert value == b"\x00bad"
    assert {name.removeprefix("dlq.error."): v for name, v in headers.items() if name.startswith("dlq.")} == {
        "topic": b"t",
        "partition": b"3",
        "offset": b"41",
        "timestamp": b"77",
        "group": b"g",
        "service": b"scorer",
        "service_version": b"9",
        "attempt": b"1",
        "stage": b"decode",
        "reason": b"truncated",
        "message": b"why",
    }


def test_a_null_value_stays_null() -> None:
    """A null record is set aside as null."""
    assert letter(None)[0] is None


def test_what_is_too_large_goes_by_reference() -> None:
    """The letter then holds the offset, size and digest instead of the bytes."""
    large = b"x" * 190_000
    value, headers = letter(large)
    assert value is None
    assert headers["dlq.error.reference"] == b"offset"
    assert headers["dlq.error.offset"] == b"41"
    assert headers["dlq.error.size"] is not None
    assert int(headers["dlq.error.size"]) >= len(large)
    assert headers["dlq.error.sha256"] == hashlib.sha256(large).hexdigest().encode()


def test_a_long_message_is_cut() -> None:
    """A note cannot grow without bound."""
    _, headers = letter(b"x", "m" * 5_000)
    assert headers["dlq.error.message"] == b"m" * 1024
