"""Ids of a slot in portions, as they lie in the store: many of them together take a third of their bytes."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

MOST = 4_000
"""Ids in one portion."""
QUICK, RAW = 1, -15
"""Level and window of zlib: the quickest, without a head of its own."""
_count = struct.Struct(">H")


def portions(ids: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """All of them in their order, at most MOST together."""
    for first in range(0, len(ids), MOST):
        yield ids[first : first + MOST]


def packed(ids: Sequence[bytes]) -> bytes:
    """One portion: how many there are, by which the store counts them; then, compressed, their sizes and bytes.

    >>> unpacked(packed([b"a", b"", b"bc"]))
    [b'a', b'', b'bc']
    """
    sizes = struct.pack(f"<{len(ids)}H", *map(len, ids))
    return _count.pack(len(ids)) + zlib.compress(sizes + b"".join(ids), QUICK, RAW)


def unpacked(portion: bytes) -> list[bytes]:
    """The ids of a portion. Raises ValueError where it is none."""
    try:
        (count,) = _count.unpack_from(portion)
        text = zlib.decompress(portion[_count.size :], RAW)
        ends = list(accumulate(struct.unpack_from(f"<{count}H", text), initial=2 * count))
    except (struct.error, zlib.error) as error:
        raise ValueError(f"found a portion of ids that begins with {portion[:8].hex() or 'nothing'}: {error}") from None
    if ends[-1] != len(text):
        raise ValueError(f"found a portion of ids of {len(text)} bytes, expected {ends[-1]}")
    return [text[begin:end] for begin, end in pairwise(ends)]
