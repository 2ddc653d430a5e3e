"""A transaction's profile as Kafka values: its head, its slices in as many parts as their size asks for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.records import write_record

Piece = TypeVar("Piece")
MICRO = 1_000_000
Slice = dict[str, Any]
"""One slice as an Avro record."""


def fixed(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Values as whole millionths, so that their sum is the same in any order.

    >>> fixed(np.array([0.25, -1.0])).tolist()
    [250000, -1000000]
    """
    return np.rint(values * MICRO).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Head:
    """Whose profile it is: what stands in every part."""

    role: str
    group: str
    arm: str
    writer: str
    session: str
    model: str
    bucket_micros: int


def profile_values(
    head: Head, first: Mapping[str, Any], groups: Sequence[Sequence[Slice]], frame: bytes, **said: int
) -> list[bytes]:
    """One value a group of slices; what is `first` stands in part 0 alone, `said` is sequence and written_at."""
    every = {**asdict(head), **said, "parts": len(groups), "ranges": [], "reasons": {}}
    return [
        write_record("profile", {**every, **(first if part == 0 else {}), "part": part, "slices": group}, frame)
        for part, group in enumerate(groups)
    ]


def bound(piece: Slice) -> int:
    """An upper bound of the encoded size of a scorer's slice in bytes; no count in it is larger than its rows."""
    count = _varint(piece["rows"])
    features = sum(
        9 + 2 * count + _varint(one["sum"]) + _varint(one["square"]) + _pairs(one["bins"], one["counts"])
        for one in piece.get("features", ())
    )
    words = sum(len(name.encode()) + 2 + count for name in piece.get("decisions", ()))
    text = sum(len(piece[name].encode()) for name in ("segment", "model_version", "bundle_digest", "arm"))
    scores = _pairs(piece.get("score_bins", []), piece.get("score_counts", []))
    confusion = _pairs(piece.get("confusion_places", []), piece.get("confusion_sums", []))
    return 150 + features + words + text + scores + confusion


def _pairs(bins: list[int], counts: list[int]) -> int:
    return len(bins) * (_varint(max(bins)) + _varint(max(counts))) if bins else 0


def _varint(number: int) -> int:
    """Bytes of an Avro long.

    >>> [_varint(number) for number in (0, -64, 64, 10**6)]
    [1, 1, 2, 3]
    """
    return max(1, -(-(number << 1 ^ number >> 63).bit_length() // 7))


def parts(pieces: Iterable[Slice], most_bytes: int) -> list[list[Slice]]:
    """A scorer's slices in groups that encode to `most_bytes` at most; at least one group, which may be empty."""
    return grouped(pieces, most_bytes, bound)


def grouped(pieces: Iterable[Piece], most_bytes: int, size: Callable[[Piece], int]) -> list[list[Piece]]:
    """Pieces in groups of `most_bytes` at most by their `size`, none parted; at least one group, which may be empty."""
    groups: list[list[Piece]] = [[]]
    taken = 0
    for piece in pieces:
        more = size(piece)
        if groups[-1] and taken + more > most_bytes:
            groups.append([])
            taken = 0
        groups[-1].append(piece)
        taken += more
    return groups
