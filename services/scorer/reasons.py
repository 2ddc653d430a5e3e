"""The reasons of a batch: each row's set of words, held as an index into the sets that occur."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Words = tuple[str, ...]


@dataclass(frozen=True)
class Reasons:
    """`places` int32 (n,) indexes `sets`; a word is a code, or code:feature."""

    places: NDArray[np.int32]
    sets: tuple[Words, ...]

    def also(self, causes: NDArray[np.int8], names: Sequence[str]) -> "Reasons":
        """With the word `names[cause]` at the end of each row's set, where its cause (n,) is not 0."""
        if not causes.any():
            return self
        pairs, which = np.unique(np.column_stack([self.places, causes]), axis=0, return_inverse=True)
        sets = [(*self.sets[place], *((names[cause],) if cause else ())) for place, cause in pairs.tolist()]
        return Reasons(which.reshape(-1).astype(np.int32), tuple(sets))

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Reasons":
        """Those of some rows."""
        return Reasons(self.places[rows], self.sets)

    def counts(self, rows: NDArray[np.bool_]) -> dict[str, int]:
        """How many of `rows` (n,) carry each code; a row counts once a code."""
        found: dict[str, int] = {}
        if not any(self.sets):
            return found
        times = np.bincount(self.places[rows], minlength=len(self.sets)).tolist()
        for index, count in enumerate(times):
            for code in {reason.partition(":")[0] for reason in self.sets[index]} if count else ():
                found[code] = found.get(code, 0) + count
        return found

    def any(self, *, but: str) -> NDArray[np.bool_]:
        """Which rows have something else than `but` said of them, (n,)."""
        return np.array([any(word != but for word in words) for words in self.sets], np.bool_)[self.places]
