"""How much memory the waiting room will need, by what comes and how long it stays."""

from services.labeler.core import Terms
from services.labeler.entry import HEAD, LABEL, SEAT

MICROS = 1_000_000
FILL = 0.8
"""The share of its memory up to which a store is filled: the rest is for scripts, buffers and what was not foreseen."""
FIELD, TEXT, POINTER = 6, 4, 8
"""What a field and its value take around themselves where they lie together, a text of its own, the way to it."""
TOGETHER = 120
"""Up to so many bytes a field and its value lie together."""
STEP, LEAST = 16, 8
"""Memory is given out in steps of so many bytes, the first of which is short by so many."""
TABLE = 14
"""What the table of a hash takes for one field, between 9 where it has just filled up and 18 where it has grown."""
PACKED = 0.5
"""What is left of an id in a slot of an index at most, where it has the entropy of hexadecimal digits."""
ROUNDED = 1.125
"""What jemalloc, on which most stores are built, rounds up beyond that."""


def bytes_each(id_bytes: int = 24, *, seats: int = 1, labels: int = 0, key_bytes: int = 0) -> int:
    """What one event takes: its entry, its id beside it and in a slot of an index; measured on Valkey 9.1.

    `seats` counts model versions and arms that predicted it, `labels` those that were kept; `key_bytes` is 0 where the
    key is the id. Nothing of it depends on how many wait, see `bytes_needed`.

    >>> bytes_each(), bytes_each(labels=1)
    (114, 170)
    """
    entry = HEAD.size + seats * SEAT.itemsize + labels * LABEL.itemsize + key_bytes
    together = id_bytes + entry + FIELD
    lies = _given(together) if together <= TOGETHER else _given(id_bytes + TEXT + POINTER) + _given(entry + TEXT)
    return lies + TABLE + round(PACKED * id_bytes)


def _given(size: int) -> int:
    """What is given out to who asks for so many bytes."""
    return max(0, -(-(size - LEAST) // STEP)) * STEP + LEAST


def bytes_needed(rate: float, terms: Terms, *, each: int) -> int:
    """What all need that are there at once, where `rate` events a second come and each takes `each` bytes.

    Everybody stays, with a label or without, until nobody's label would be heard any more: that of the horizon, the
    late and the revision window together.
    """
    return round(ROUNDED * rate * terms.leaves(0) / MICROS * each)


def share_that_fits(needed: int, memory: int) -> float:
    """The `join_share` with which what needs `needed` bytes fits into a store of `memory` bytes; 1 where all does.

    >>> share_that_fits(8 << 30, 4 << 30)
    0.4
    """
    return min(1.0, FILL * memory / needed) if needed else 1.0
