"""Who is told what happens inside a transaction of the labeler."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from numpy import int64
from numpy.typing import NDArray

from schemas.profile import Slice
from services.start.sight import Sight as Common


class Sight(Common, Protocol):
    """Looks on while a labeler works."""

    def delays(self, micros: NDArray[int64]) -> None:
        """Labels were known so long after their events, µs."""

    def heals(self, pair: int, why: str) -> None:
        """A pair of the waiting room is not where it was left."""

    def crowded(self, is_full: bool, stuck: str) -> None:  # noqa: FBT001 - called back
        """Whether records wait for room in the store; what to do, where nothing has left it for a while."""

    def joined(self, slices: Sequence[Slice], clocks: Mapping[int, int]) -> None:
        """A committed transaction joined this; how far time has come in each pair, µs."""
