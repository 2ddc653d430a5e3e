"""Golden rows: inputs with the scores they must give, so that a bundle can prove itself anywhere."""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_ROWS = 64
RELATIVE = 1e-5
ABSOLUTE = 1e-6


@dataclass(frozen=True)
class Golden:
    """`matrix` (g, F) float32 as the model takes it, NaN where missing; `scores` (g, k) as it must answer."""

    matrix: NDArray[np.float32]
    scores: NDArray[np.float64]


def spread(rows: int) -> NDArray[np.int64]:
    """Up to 64 places spread evenly over `rows`, the first and the last among them.

    >>> spread(3).tolist()
    [0, 1, 2]
    """
    return np.unique(np.linspace(0, rows - 1, MOST_ROWS).round().astype(np.int64))


def write_golden(golden: Golden) -> bytes:
    """One JSON object a line: null for a missing value, numbers so that they read back the same."""
    lines = []
    for row, scores in zip(golden.matrix.tolist(), golden.scores.tolist(), strict=True):
        values = [None if np.isnan(value) else value for value in row]
        lines.append(json.dumps({"row": values, "scores": scores}, allow_nan=False))
    return "".join(f"{line}\n" for line in lines).encode()


def read_golden(text: bytes, *, width: int, columns: int) -> Golden:
    """Read rows of `width` features and `columns` scores; ValueError names the first line that is not one."""
    rows, scores = [], []
    for number, line in enumerate(text.decode("utf-8").splitlines(), start=1):
        row, answer = _line(line, number=number)
        if len(row) != width or len(answer) != columns:
            raise ValueError(
                f"line {number}: found {len(row)} values, {len(answer)} scores, expected {width}, {columns}"
            )
        rows.append(row)
        scores.append(answer)
    if not rows:
        raise ValueError("found no row, expected at least one")
    return Golden(matrix=np.array(rows, dtype=np.float32), scores=np.array(scores, dtype=np.float64))


def _line(line: str, *, number: int) -> tuple[list[float], list[float]]:
    """One golden row as numbers, NaN for null."""
    try:
        said = json.loads(line)
        row = [float("nan") if value is None else float(value) for value in said["row"]]
        return row, [float(score) for score in said["scores"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f'line {number}: not {{"row": [..], "scores": [..]}}: {error!r}') from error


def first_difference(golden: Golden, found: NDArray[np.float64]) -> str | None:
    """The first golden row that `found` (g, k) does not answer as expected, in words; None if all agree."""
    close = np.isclose(found, golden.scores, rtol=RELATIVE, atol=ABSOLUTE).all(axis=1)
    if close.all():
        return None
    place = int(np.argmin(close))
    return f"row {place + 1}: found {found[place].tolist()}, expected {golden.scores[place].tolist()}"
