"""Ids with their positions as the store keeps them, 16 bytes each."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDTH = 16
PLACE = np.dtype([("topic", "<u4"), ("partition", "<i4"), ("offset", "<i8")])


class Packed(NamedTuple):
    """n ids, n places: WIDTH bytes each, end to end."""

    ids: bytes
    places: bytes

    def part(self, start: int, end: int) -> "Packed":
        """Rows [start, end)."""
        return Packed(self.ids[WIDTH * start : WIDTH * end], self.places[WIDTH * start : WIDTH * end])

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.ids) // WIDTH


def packed(
    ids: Sequence[bytes], topic: str, partitions: NDArray[np.int32], offsets: NDArray[np.int64], *, owner: str
) -> Packed:
    """Each id as a hash of it with its owner; each place as topic (hashed), partition and offset.

    A hash bounds the key whatever an id holds. It is BLAKE2b of 128 bits (RFC 7693), the owner in its
    personalisation, so that two owners never share an id. Two different ids with one hash would be taken for one
    event, and the later one not scored: with 10^9 ids in the horizon the chance of that is about 10^-21.
    """
    person = blake2b(owner.encode(), digest_size=blake2b.PERSON_SIZE).digest()
    places = np.empty(len(ids), PLACE)
    places["topic"] = int.from_bytes(blake2b(topic.encode(), digest_size=4).digest(), "little")
    places["partition"], places["offset"] = partitions, offsets
    hashed = b"".join([blake2b(one, digest_size=WIDTH, person=person).digest() for one in ids])
    return Packed(hashed, places.tobytes())
