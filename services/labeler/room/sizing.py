"""How much memory the waiting room will need, by what comes and how long it stays."""

from services.labeler.core import Terms
from services.labeler.entry import HEAD, LABEL, SEAT
from services.labeler.room.redis_room import BUCKETS

MICROS = 1_000_000
FILL = 0.8
"""The share of its memory up to which a store is filled: the rest is for scripts, buffers and what was not foreseen."""
BUCKET_BYTES = 65
"""What a bucket takes itself: its key, its object, its place among the keys."""
AROUND = 2
"""What one string takes around itself, in a bucket or in a slot; one more where it is long."""
LONG = 64
ROUNDED = 1.125
"""What jemalloc, on which most stores are built, rounds up: measured on Redis 7.0; the embedded Valkey rounds less."""


def bytes_each(id_bytes: int = 24, *, seats: int = 1, labels: int = 0, key_bytes: int = 0) -> int:
    """What one event takes: its entry, its id in a bucket and in a slot of an index; measured on Valkey 9.1.

    `seats` counts model versions and arms that predicted it, `labels` those that were kept; `key_bytes` is 0 where the
    key is the id. Nothing of it depends on how many wait, see `bytes_needed`.

    >>> bytes_each(), bytes_each(labels=1)
    (117, 154)
    """
    entry = HEAD.size + seats * SEAT.itemsize + labels * LABEL.itemsize + key_bytes
    return 2 * _around(id_bytes) + _around(entry)


def _around(size: int) -> int:
    return size + AROUND + (size >= LONG)


def bytes_needed(rate: float, terms: Terms, *, each: int, partitions: int = 12) -> int:
    """What all need that are there at once, where `rate` events a second come and each takes `each` bytes.

    Everybody stays, with a label or without, until nobody's label would be heard any more: that of the horizon, the
    late and the revision window together.
    """
    count = rate * terms.leaves(0) / MICROS
    return round(ROUNDED * (count * each + min(count, partitions * BUCKETS) * BUCKET_BYTES))


def share_that_fits(needed: int, memory: int) -> float:
    """The `join_share` with which what needs `needed` bytes fits into a store of `memory` bytes; 1 where all does.

    >>> share_that_fits(8 << 30, 4 << 30)
    0.4
    """
    return min(1.0, FILL * memory / needed) if needed else 1.0
