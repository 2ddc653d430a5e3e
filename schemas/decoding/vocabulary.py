"""A feature's categories as numbers: strings of a whole batch looked up at once."""

import numpy as np
from numpy.typing import NDArray

from schemas.columns import UNSEEN_CATEGORY
from schemas.walk import PAD, Longs, Walk

WORD = 8
MIXERS = tuple(
    np.uint64(seed) for seed in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
)
"""Odd multipliers for hashing; the first one under which no two categories collide is used."""


class Vocabulary:
    """The categories of one feature, sorted by a hash of their bytes; a hit is confirmed byte by byte."""

    def __init__(self, categories: tuple[str, ...]) -> None:
        encoded = [category.encode() for category in categories]
        if len(set(encoded)) != len(encoded):
            raise ValueError("found a category twice, expected each once: remove the second")
        longest = max(map(len, encoded))
        if longest > PAD:
            raise ValueError(f"found a category of {longest} bytes, expected at most {PAD}: shorten it")
        self.places = {category: float(place) for place, category in enumerate(categories)}
        self.words = max(1, -(-longest // WORD))
        padded = b"".join(one.ljust(self.words * WORD, b"\0") for one in encoded)
        whole = np.tri(self.words * WORD + 1, self.words * WORD, k=-1, dtype=np.uint8) * np.uint8(255)
        self.keep = whole.view("<u8")  # row n keeps the first n bytes
        table = np.frombuffer(padded, dtype="<u8").reshape(-1, self.words)
        sizes = np.array([len(one) for one in encoded], dtype=np.int64)
        self.mixer = next(mixer for mixer in MIXERS if len(set(_hash(table, sizes, mixer).tolist())) == len(encoded))
        hashes = _hash(table, sizes, self.mixer)
        self.order = np.argsort(hashes)
        self.hashes, self.table, self.sizes = hashes[self.order], table[self.order], sizes[self.order]

    def look_up(self, walk: Walk, starts: Longs, sizes: Longs) -> NDArray[np.float64]:
        """The place of each string among the categories, UNSEEN_CATEGORY where it is none of them."""
        width = self.words * WORD
        found = walk.every(f"V{width}", width)[starts].view("<u8").reshape(-1, self.words)
        found &= self.keep[np.minimum(sizes, width)]
        spot = np.minimum(np.searchsorted(self.hashes, _hash(found, sizes, self.mixer)), len(self.hashes) - 1)
        known = (self.sizes[spot] == sizes) & (self.table[spot] == found).all(axis=1)
        return np.where(known, self.order[spot], UNSEEN_CATEGORY)


def _hash(table: NDArray[np.uint64], sizes: Longs, mixer: np.uint64) -> NDArray[np.uint64]:
    mixed = (sizes.astype(np.uint64) + np.uint64(1)) * mixer
    for column in range(table.shape[1]):
        mixed = (mixed ^ table[:, column]) * mixer
        mixed ^= mixed >> np.uint64(29)
    return mixed
