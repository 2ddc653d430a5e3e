"""Dead letters: the original untouched, with a note; by reference when too large."""

import hashlib

import numpy as np
import pytest

from stream.dead_letters import Desk
from stream.records import Batch, Headers

DESK = Desk(topic="t.dlq", group="g", service="scorer", service_version="9", max_bytes=200_000)
HEADERS: Headers = [("trace", b"1"), ("trace", b"2"), ("empty", None)]


def batch(
    values: list[bytes | None], *, headers: Headers = HEADERS, key: bytes = b"key", broken: dict[int, str] | None = None
) -> Batch:
    """Records of partition 3 from offset 40 on."""
    n = len(values)
    return Batch(
        topics=["t"] * n,
        partitions=np.full(n, 3, np.int32),
        offsets=np.arange(40, 40 + n),
        timestamps=np.full(n, 77, np.int64),
        keys=[key] * n,
        values=values,
        headers=lambda _row: headers,
        broken=broken or {},
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


def sole(some: Batch) -> tuple[bytes | None, bytes | None, dict[str, bytes | None]]:
    """Value, key, headers of the letter of a batch's only record."""
    wrote = DESK.letters(some, [0], stage="decode", why={0: ("too_large", "")})
    assert wrote.headers is not None
    return wrote.values[0], wrote.keys[0], dict(wrote.headers[0] or ())


def test_headers_and_key_count() -> None:
    """A record is too large by all of its parts, by the lengths of its headers, too; its key is kept where it fits."""
    many: Headers = [("", None)] * 20_000
    value, key, headers = sole(batch([b"small"], headers=many))
    assert (value, key, headers["dlq.error.size"]) == (None, b"key", b"5")
    assert len(headers) == 14
    value, key, headers = sole(batch([b"small"], key=b"k" * 190_000))
    assert (value, key, headers["dlq.error.sha256"]) == (None, None, hashlib.sha256(b"small").hexdigest().encode())


def test_what_nobody_could_read_goes_by_reference() -> None:
    """Where it stands is all there is to say: no size, no digest of bytes that nobody saw."""
    value, _, headers = sole(batch([None], broken={0: "too much"}))
    assert value is None
    assert headers["dlq.error.reference"] == b"offset"
    assert headers["dlq.error.offset"] == b"40"
    assert not {"dlq.error.sha256", "dlq.error.size", "trace"} & set(headers)


@pytest.mark.parametrize(
    ("said", "attempt"), [(b"2", b"3"), (b"0", b"1"), (b"x", b"1"), (b"-1", b"1"), (b"99999", b"1"), (None, b"1")]
)
def test_a_letter_says_how_often_it_was_tried(said: bytes | None, attempt: bytes) -> None:
    """One more than it was redriven; what claims to be a count without being one is none."""
    _, _, headers = sole(batch([b"x"], headers=[("dlq.redrives", b"7"), ("dlq.redrives", said)]))
    assert headers["dlq.error.attempt"] == attempt
