"""How good predictions turned out to be: counts, coverage and the usual figures of a joined table."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

CLOSE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Quality:
    """The figures of a joined table; one that divides by nothing is None.

    `coverage` is the share of all rows that have a label. The others are of the rows that have one and whose
    prediction was not degraded, true being the positive class; delays are in seconds of event time.
    """

    rows: int
    by_status: dict[str, int]
    coverage: float | None
    judged: int
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    median_delay_seconds: float | None
    p99_delay_seconds: float | None

    def as_data(self) -> dict[str, Any]:
        """The figures for machines."""
        return asdict(self)


def quality(joined: pa.Table) -> Quality:
    """The figures of `joined` (load.flights.joined.JOINED)."""
    labelled = joined.filter(joined["label"].is_valid())
    judged = labelled.filter(pc.equal(labelled["mode"], "scored"))
    counts = pc.value_counts(joined["status"]).to_pylist()
    right = _count(judged["correct"])
    positive = judged.filter(judged["label"])
    said = _count(pc.equal(judged["decision"], "true"))
    hits = _count(pc.equal(positive["decision"], "true"))
    delays = pc.quantile(judged["delay_micros"], q=[0.5, 0.99]).to_pylist()
    median, p99 = (None if micros is None else micros / 1e6 for micros in delays)
    return Quality(
        rows=len(joined),
        by_status={one["values"]: one["counts"] for one in sorted(counts, key=lambda one: str(one["values"]))},
        coverage=_share(len(labelled), len(joined)),
        judged=len(judged),
        accuracy=_share(right, len(judged)),
        precision=_share(hits, said),
        recall=_share(hits, len(positive)),
        f1=_share(2 * hits, said + len(positive)),
        median_delay_seconds=median,
        p99_delay_seconds=p99,
    )


def disagreements(found: Quality, wanted: Quality) -> Iterator[str]:
    """Where two tables' figures differ by more than 1e-9."""
    for name, expected in wanted.as_data().items():
        said = getattr(found, name)
        if not _is_close(said, expected):
            yield f"{name}: found {said}, expected {expected}"


def _is_close(said: Any, expected: Any) -> bool:
    if isinstance(said, float) and isinstance(expected, float):
        return math.isclose(said, expected, rel_tol=0.0, abs_tol=CLOSE)
    return bool(said == expected)


def _count(claims: pa.ChunkedArray) -> int:
    return int(pc.sum(claims).as_py() or 0)


def _share(some: int, of: int) -> float | None:
    return some / of if of else None
