"""Where a key belongs: murmur2 as Java clients compute it."""

MASK = 0xFFFFFFFF
M = 0x5BD1E995
SEED = 0x9747B28C


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
