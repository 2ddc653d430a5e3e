"""Where a key belongs: murmur2 as Java clients compute it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MASK = 0xFFFFFFFF
M = 0x5BD1E995
SEED = 0x9747B28C
FEW = 16
"""Keys of one length that are hashed one by one faster than at once."""


def murmur2(key: bytes) -> int:
    """The 32-bit murmur2 hash of `key` with Kafka's seed (org.apache.kafka.common.utils.Utils.murmur2).

    >>> murmur2(b"21") & 0x7FFFFFFF
    1173551340
    """
    h = SEED ^ len(key)
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * M & MASK
        k = (k ^ (k >> 24)) * M & MASK
        h = (h * M & MASK) ^ k
    if whole < len(key):
        h = (h ^ int.from_bytes(key[whole:], "little")) * M & MASK
    h = (h ^ (h >> 13)) * M & MASK
    return h ^ (h >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that `murmur2_random` gives a non-null key.

    >>> partition_of(b"21", 12)
    0
    """
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def partitions_of(keys: Sequence[bytes | None], partitions: int) -> NDArray[np.int32]:
    """The partition of each key as partition_of has it, -1 for a null key, which may be anywhere.

    >>> partitions_of([b"21", None, b"foobar"], 12).tolist()
    [0, -1, 6]
    """
    found = np.full(len(keys), -1, dtype=np.int32)
    by_size: dict[int, list[int]] = {}
    for row, key in enumerate(keys):
        if key is not None:
            by_size.setdefault(len(key), []).append(row)
    for size, rows in by_size.items():
        if len(rows) < FEW:
            found[rows] = [partition_of(keys[row] or b"", partitions) for row in rows]
            continue
        joined = b"".join([keys[row] or b"" for row in rows])
        hashes = _murmur2_of(np.frombuffer(joined, dtype=np.uint8).reshape(len(rows), size))
        found[rows] = (hashes & np.uint32(0x7FFFFFFF)) % np.uint32(partitions)
    return found


def _murmur2_of(keys: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The hashes of (n, size) bytes; arithmetic of uint32 is modulo 2^32, as it should be."""
    rows, size = keys.shape
    m, whole = np.uint32(M), size & ~3
    h = np.full(rows, SEED ^ size, dtype=np.uint32)
    for k in np.ascontiguousarray(keys[:, :whole]).view("<u4").T.astype(np.uint32):
        mixed = k * m
        h = (h * m) ^ ((mixed ^ (mixed >> np.uint32(24))) * m)
    if whole < size:
        tail = np.zeros((rows, 4), dtype=np.uint8)
        tail[:, : size - whole] = keys[:, whole:]
        h = (h ^ tail.view("<u4")[:, 0]) * m
    h = (h ^ (h >> np.uint32(13))) * m
    return h ^ (h >> np.uint32(15))
