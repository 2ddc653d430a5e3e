"""The partitioner: the hash that Java clients use."""

import pytest

from stream.partitioner import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_it_is_kafkas_murmur2(key: bytes, signed: int) -> None:
    """The values that Apache Kafka's own test asserts for its Java implementation."""
    assert murmur2(key) == signed & 0xFFFFFFFF
    assert partition_of(key, 12) == (signed & 0x7FFFFFFF) % 12
