"""The book of claims as whoever keeps it must offer it: one question a batch, one letter a row in answer."""

from typing import NamedTuple, Protocol

from services.scorer.claims.packing import Packed

OURS, TAKEN, UNKNOWN = b"o", b"t", b"?"
"""The id stands at this place now; it stands at another one; the keeper could not say."""


class Answer(NamedTuple):
    """One letter for each claim, in order; `complaint` is the keeper's first reason for UNKNOWN."""

    letters: bytes
    complaint: str = ""


class Book(Protocol):
    """Who keeps `id -> place`, each entry for a horizon."""

    def settle(self, claims: Packed, returns: Packed) -> Answer:
        """Give back each of `returns` that stands at its own place, then enter each of `claims` that stands nowhere.

        Raises StoreUnavailable, StoreRefused.
        """

    def close(self) -> None:
        """Let go of what is held."""
