"""How far event time has come in each partition, not led astray by one clock that is wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_JUMP_MICROS = 86_400_000_000
AGREE = 100
NEVER = int(np.iinfo(np.int64).min // 2)


@dataclass(frozen=True)
class Watermark:
    """The latest credible event time, µs.

    `ahead` records in a row stood more than a day beyond it, the earliest of them at `candidate`.
    """

    at_micros: int
    ahead: int = 0
    candidate: int = 0


def advance(
    mark: Watermark | None, times: NDArray[np.int64], is_said: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], Watermark | None]:
    """Move `mark` past n `times` (µs, in offset order); also how far it had come before each, (n,), NEVER at first.

    A time more than a day ahead moves nothing until 100 in a row agree; one that `is_said` (n,), by a watermark mark
    and not by an event, is taken at its word. The result does not depend on how the times were batched.
    """
    n = len(times)
    if n == 0:
        return np.empty(0, np.int64), mark
    first = NEVER if mark is None else mark.at_micros
    highest = np.maximum.accumulate(np.concatenate([[first], times]))
    credible = is_said | (times <= highest[:-1] + MAX_JUMP_MICROS)
    credible[0] |= mark is None
    if (mark is None or mark.ahead == 0) and bool(credible.all()):
        return highest[:-1], Watermark(int(highest[-1]))
    reached = np.empty(n, np.int64)
    for row, (at, said) in enumerate(zip(times.tolist(), is_said.tolist(), strict=True)):
        reached[row] = NEVER if mark is None else mark.at_micros
        mark = _step(mark, at, said=said)
    return reached, mark


def _step(mark: Watermark | None, at: int, *, said: bool) -> Watermark:
    if mark is None:
        return Watermark(at)
    if said or at <= mark.at_micros + MAX_JUMP_MICROS:
        return Watermark(max(mark.at_micros, at))
    candidate = min(at, mark.candidate) if mark.ahead else at
    if mark.ahead + 1 >= AGREE:
        return Watermark(candidate)
    return Watermark(mark.at_micros, mark.ahead + 1, candidate)


def to_metadata(mark: Watermark | None) -> str:
    """The mark as it travels in the committed offset's metadata.

    >>> from_metadata(to_metadata(Watermark(5, 2, 9))) == Watermark(5, 2, 9)
    True
    """
    return "" if mark is None else f"w1:{mark.at_micros}:{mark.ahead}:{mark.candidate}"


def from_metadata(text: str) -> Watermark | None:
    """The mark that `text` carries; anything else than our own form is no mark."""
    parts = text.split(":")
    numbers = 4
    if len(parts) != numbers or parts[0] != "w1":
        return None
    try:
        return Watermark(int(parts[1]), int(parts[2]), int(parts[3]))
    except ValueError:
        return None
