# What the compiled kernels take and give; buffers are contiguous arrays of the types that kernels/native names.

from collections.abc import Sequence
from typing import Any

EDITION: int

def plan_of(code: Any, vocabularies: tuple[list[bytes], ...], features: int, /) -> object: ...
def decode(
    plan: object,
    values: list[bytes | None],
    prefix: bytes,
    times: Any,
    matrix: Any,
    flags: Any,
    done: Any,
    most: int,
    /,
) -> tuple[list[bytes], int]: ...
def lift(text: bytes, name: bytes, row: Any, /) -> bytes | None: ...
def encode(rows: int, pieces: tuple[tuple[int, int, list[bytes] | None, Any, Any], ...], /) -> list[bytes]: ...
def cloudevents(
    name: str, stem: bytes, partitions: Any, offsets: Any, shared: tuple[tuple[str, bytes], ...], /
) -> list[Sequence[tuple[str, bytes | None]] | None]: ...
def check(matrix: Any, flags: Any, lowest: Any, highest: Any, watched: Any, causes: Any, /) -> int: ...
def measure(
    matrix: Any,
    width: int,
    pieces: int,
    units: tuple[float, float, float, float],
    fit: tuple[Any, ...],
    beyond: Any,
    distances: Any,
    /,
) -> None: ...
def histograms(
    matrix: Any,
    groups: Any,
    rungs: Any,
    listed: Any,
    centre: Any,
    scale: Any,
    table: Any,
    sums: Any,
    width: int,
    count: int,
    /,
) -> None: ...
