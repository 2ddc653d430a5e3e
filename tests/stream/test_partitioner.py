"""The partitioner: the hash that Java clients use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.partitioner import murmur2, partition_of, partitions_of


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


KEYS = st.lists(st.none() | st.binary(max_size=12) | st.binary(min_size=60, max_size=70), max_size=20)


@given(KEYS, st.integers(0, 9), st.lists(st.binary(min_size=9, max_size=9), max_size=40), st.integers(1, 2**31 - 1))
def test_many_keys_belong_where_each_does(
    some: list[bytes | None], size: int, alike: list[bytes], partitions: int
) -> None:
    """Keys of any length in one batch, few of a length and many; a null key belongs nowhere, an empty one does."""
    keys = [*some, *(key[:size] for key in alike)]
    found = partitions_of(keys, partitions)
    assert found.tolist() == [-1 if key is None else partition_of(key, partitions) for key in keys]
