"""The memory twin of the book of claims in Redis: the same promises, in one process."""

from collections.abc import Callable

from services.scorer.claims.book import OURS, TAKEN, Answer
from services.scorer.claims.packing import WIDTH, Packed


class MemoryBook:
    """A book in a dictionary; `clock` gives seconds, an entry is forgotten `horizon_seconds` after it was made."""

    def __init__(self, horizon_seconds: float, clock: Callable[[], float] = lambda: 0.0) -> None:
        self._horizon_seconds, self._clock = horizon_seconds, clock
        self._entries: dict[bytes, tuple[bytes, float]] = {}

    def settle(self, claims: Packed, returns: Packed) -> Answer:
        """Give back, then claim."""
        for key, place in _rows(returns):
            if self._place_of(key) == place:
                del self._entries[key]
        return Answer(b"".join(self._claimed(key, place) for key, place in _rows(claims)))

    def close(self) -> None:
        """Nothing is held."""

    def _claimed(self, key: bytes, place: bytes) -> bytes:
        found = self._place_of(key)
        if found is None:
            self._entries[key] = (place, self._clock() + self._horizon_seconds)
        return OURS if found in (None, place) else TAKEN

    def _place_of(self, key: bytes) -> bytes | None:
        place, until = self._entries.get(key, (None, 0.0))
        return place if self._clock() < until else None


def _rows(some: Packed) -> list[tuple[bytes, bytes]]:
    starts = range(0, len(some.ids), WIDTH)
    return [(some.ids[at : at + WIDTH], some.places[at : at + WIDTH]) for at in starts]
