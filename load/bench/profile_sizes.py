"""How many bytes a profile takes, in how many parts, with how much of the processor's time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from load.bench.race import say
from schemas.framing import frame
from schemas.profile import parts
from schemas.records import write_record
from services.scorer.histograms import Histograms, counted
from services.scorer.profile import Seen, Sizes, slices

PART_BYTES = 524_288
HOUR_MICROS = 3_600_000_000
START_MICROS = 1_362_096_000_000_000
BINS, SCORE_BINS = 20, 20
MISSING_SHARE = 0.02
REPEATS = 3
PREFIX = frame(1)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A transaction: so many rows of so many features, spread over hourly buckets and model versions."""

    name: str
    rows: int = 0
    features: int = 13
    buckets: int = 1
    versions: int = 1
    segments: int = 0
    partitions: int = 12


CASES = (
    Case(name="idle: 12 partitions, no rows"),
    Case(name="idle: 96 partitions, no rows", partitions=96),
    Case(name="13 features, 1 bucket", rows=500),
    Case(name="13 features, 1 bucket, 3 segments", rows=500, segments=3),
    Case(name="300 features, 1 bucket", rows=5_000, features=300),
    Case(name="300 features, 2 x 72 buckets", rows=5_000, features=300, buckets=72, versions=2),
    Case(name="300 features, 2 x 72 buckets", rows=100_000, features=300, buckets=72, versions=2),
    Case(name="300 features, 2 x 72 buckets, 96 p.", rows=100_000, features=300, buckets=72, versions=2, partitions=96),
)


def seen(case: Case, chance: np.random.Generator, rows: int) -> Seen:
    """Scored rows as a scorer's pipeline hands them on."""
    bins = chance.integers(0, BINS, (rows, case.features)).astype(np.int32)
    bins[chance.random(bins.shape) < MISSING_SHARE] = -1
    scores = chance.random(rows)
    segments = chance.integers(0, case.segments, (rows, 1)) if case.segments else np.zeros((rows, 0))
    raw = np.hstack([bins, chance.normal(size=bins.shape)]).astype(np.float32)
    buckets = START_MICROS + HOUR_MICROS * chance.integers(0, case.buckets, rows)
    return Seen(
        buckets=buckets,
        raw=raw,
        raw_buckets=buckets,
        counted=(),
        score_bins=(scores * SCORE_BINS).astype(np.int32),
        scores=scores,
        decisions=(scores > 0.5).astype(np.int64),  # noqa: PLR2004 - the threshold
        estimates=np.maximum(scores, 1 - scores),
        chances=np.empty((rows, 0)),
        marked=chance.random(rows) < MISSING_SHARE,
        flagged=chance.random(rows) < MISSING_SHARE,
        segments=segments.astype(np.int32),
    )


def count(raw: NDArray[np.float32], groups: NDArray[np.int64], number: int) -> Histograms:
    """Rows whose first half are bins, the other half standardised values."""
    bins, standardised = np.hsplit(raw, 2)
    return counted(bins.astype(np.int32), standardised.astype(np.float64), (groups, number), width=BINS + 2)


def pieces(case: Case, batches: list[Seen]) -> Iterator[dict[str, Any]]:
    """The slices of every version."""
    sizes = Sizes(
        count=count,
        decision_names=("false", "true"),
        segment_names=(tuple(f"origin={code}" for code in range(case.segments)),) if case.segments else (),
    )
    named = [
        {"model_version": f"2026-11-{version:02}", "bundle_digest": "9f86d081" * 8, "arm": "champion"}
        for version in range(1, len(batches) + 1)
    ]
    return chain.from_iterable(slices(rows, sizes, name) for rows, name in zip(batches, named, strict=True))


def ranges(case: Case) -> list[dict[str, Any]]:
    """One range a partition, far into its log."""
    counts = {"from": 10**9, "to": 10**9 + case.rows, "absent": 0, "scored": case.rows, "watermark": START_MICROS}
    return [{"topic": "flights.features", "partition": number, **counts} for number in range(case.partitions)]


def profile(case: Case, batches: list[Seen]) -> list[bytes]:
    """The parts of the transaction's profile, encoded."""
    groups = parts(pieces(case, batches), PART_BYTES)
    head: dict[str, Any] = {
        "role": "scorer", "group": "flights.scorer", "arm": "champion", "writer": "scorer-0", "session": "0" * 12,
        "sequence": 10**6, "parts": len(groups), "model": "flights", "bucket_micros": HOUR_MICROS,
        "written_at": START_MICROS,
    }  # fmt: skip
    first: list[dict[str, Any]] = [{"ranges": ranges(case), "reasons": {"missing": case.rows // 50}}]
    rest: list[dict[str, Any]] = [{"ranges": [], "reasons": {}}] * (len(groups) - 1)
    return [
        write_record("profile", {**head, "part": part, **said, "slices": group}, PREFIX)
        for part, (said, group) in enumerate(zip(first + rest, groups, strict=True))
    ]


def main() -> None:
    """Print a line a case."""
    say(f"{'transaction':40} {'rows':>8} {'bytes':>10} {'parts':>6} {'largest':>8} {'CPU ms':>7}")
    for case in CASES:
        chance = np.random.default_rng(1)
        some = case.rows // case.versions
        batches = [seen(case, chance, some) for _ in range(case.versions)] if case.rows else []
        laps, made = [], list[bytes]()
        for _ in range(REPEATS):
            begun = time.process_time()
            made = profile(case, batches)
            laps.append(time.process_time() - begun)
        sizes, took = [len(part) for part in made], min(laps) * 1000
        say(f"{case.name:40} {case.rows:8} {sum(sizes):10} {len(made):6} {max(sizes):8} {took:7.1f}")
        if max(sizes) > PART_BYTES:
            raise SystemExit(f"found a part of {max(sizes)} bytes, expected {PART_BYTES} at most")


if __name__ == "__main__":
    main()
