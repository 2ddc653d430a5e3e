"""What an hour of event time costs the drift sidecar: by events a second, partitions and features."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, product
from typing import Any

import numpy as np

from load.bench.drifting.counting import Counting
from load.bench.profile_sizes import BINS, HOUR_MICROS, PREFIX, SCORE_BINS, START_MICROS, Case, pieces, seen
from load.bench.race import say
from schemas.profile import Slice
from schemas.records import write_record
from services.drift.core import Movement
from services.drift.keeping.encoding import entries_of
from services.drift.keeping.snapshot import encode
from services.drift.log.shape import Shape, Terms
from services.drift.log.windows import Rule
from services.drift.sums import Inputs

BUSY, QUIET = 10, 100
"""Commits a second and writer: under load every 100 ms; where the input is drained as often as every 10 ms."""
SAMPLE, SNAPSHOTS = 150, 120
"""Profiles measured a writer; snapshots an hour, one every 30 s."""
SEGMENTS = 3
VERSION, DIGEST = "2026-11-01", "9f86d081" * 8


@dataclass(frozen=True, kw_only=True)
class Load:
    """So many events a second, over so many partitions, of so many features."""

    events: int
    partitions: int
    features: int


LOADS = [
    Load(events=events, partitions=partitions, features=features)
    for features, partitions, events in product((10, 50, 200), (1, 12), (1_000, 10_000, 40_000))
]


def terms(load: Load) -> Terms:
    """A binary model's."""
    shape = Shape(
        version=VERSION,
        digest=DIGEST,
        bins=np.full(load.features, BINS, np.int64),
        scores=SCORE_BINS,
        decisions=frozenset({"false", "true"}),
        labels={"false": 0, "true": 1},
        segments=frozenset({"", *(f"origin={code}" for code in range(SEGMENTS))}),
    )
    horizon, ahead = 36 * HOUR_MICROS, HOUR_MICROS
    return Terms(
        model="flights", shapes={DIGEST: shape}, bucket=HOUR_MICROS, horizon=horizon, max_ahead=ahead, is_wall=False
    )


def profiles(load: Load, role: str) -> Iterator[bytes]:
    """What one writer writes in its first seconds; event time stands at the beginning of the third hour."""
    rows, chance = load.events // BUSY, np.random.default_rng(1)
    said = Case(name="", rows=rows, features=load.features, segments=SEGMENTS, partitions=load.partitions)
    some = [list(pieces(said, [seen(said, chance, rows)])) if role == "scorer" else labelled(rows) for _ in range(10)]
    head = {
        "role": role, "group": f"flights.{role}", "arm": "champion" if role == "scorer" else "", "writer": f"{role}-0",
        "session": role, "parts": 1, "part": 0, "model": "flights", "bucket_micros": HOUR_MICROS, "written_at": 0,
        "reasons": {"missing": rows // 50},
    }  # fmt: skip
    topics = ("features",) if role == "scorer" else ("predictions", "labels")
    for sequence in count():
        each = rows // load.partitions
        ranges = [
            {"topic": topic, "partition": number, "from": sequence * each, "to": (sequence + 1) * each, "absent": 0,
             "scored" if role == "scorer" else "taken": each, "watermark": START_MICROS}
            for topic in topics for number in range(load.partitions)
        ]  # fmt: skip
        record = {**head, "sequence": sequence, "ranges": ranges, "slices": some[sequence % len(some)]}
        yield write_record("profile", record, PREFIX)


def labelled(rows: int) -> list[Slice]:
    """Labels of an hour's predictions, and of each segment of them."""
    return [_matched(rows if not segment else rows // SEGMENTS, segment) for segment in segments()]


def segments() -> list[str]:
    """Every row, then each segment."""
    return ["", *(f"origin={code}" for code in range(SEGMENTS))]


def _matched(rows: int, segment: str) -> dict[str, Any]:
    cells = [(b, label) for b in range(SCORE_BINS) for label in ("false", "true")]
    shares = [len(part) for part in np.array_split(np.arange(rows), len(cells))]
    parts = [len(part) for part in np.array_split(np.arange(rows), 16)]
    added = {
        "rows": rows, "errors": 0, "estimate_sum": rows * 900_000,
        "cells": [{"score_bin": b, "label": k, "rows": n} for (b, k), n in zip(cells, shares, strict=True)],
        "sixteenths": [{"index": index, "rows": n, "errors": 0} for index, n in enumerate(parts)],
    }  # fmt: skip
    return {
        "bucket": START_MICROS, "model_version": VERSION, "bundle_digest": DIGEST, "arm": "champion",
        "segment": segment, "rows": rows, "added": added, "retracted": None, "delay_bins": [12, 13],
        "delay_counts": [rows // 2, rows - rows // 2], "statuses": {"matched": rows, "closed": rows}, "excluded": 0,
    }  # fmt: skip


def spent(load: Load) -> tuple[float, float, float, int]:
    """CPU seconds a profile of a scorer, of a labeler, a snapshot of 36 alike hours; that snapshot's bytes."""
    movement = Movement(terms(load), Rule(bucket=HOUR_MICROS))
    judge = Counting(model="flights", fewest_rows=200)
    laps, offset = [], 0
    for role in ("scorer", "labeler"):
        values = [value for value, _ in zip(profiles(load, role), range(SAMPLE), strict=False)]
        begun = time.process_time()
        for value in values:
            taken = movement.take(value, offset=offset, stamp=offset)
            if taken.refused or taken.reasons:
                raise SystemExit(f"found a profile refused: {taken.refused or taken.reasons}")
            for due in taken.due:
                (judge.inputs if isinstance(due.window, Inputs) else judge.cohort)(due.window)  # type: ignore[arg-type]  # each its own
            offset += 1
        laps.append((time.process_time() - begun) / SAMPLE)
    for key, at, sums in list(movement.cutting.seen):
        for hour in range(1, 36):
            movement.cutting.seen.add(key, at + hour * HOUR_MICROS, replace(sums))
    begun = time.process_time()
    kept = encode(offset, {"movement": movement.state(), "judge": judge.state()}, entries_of(movement), HOUR_MICROS)
    return laps[0], laps[1], time.process_time() - begun, kept.size


def main() -> None:
    """Print a line a load."""
    say("one scorer and one labeler; Kafka's client is not in it; CPU seconds an hour of event time at")
    say(f"{BUSY} commits a second and writer (busy), {QUIET} (drained all the time), and the snapshot every 30 s")
    heads = f"{'events/s':>8} {'parts':>6} {'features':>8} {'scorer ms':>10} {'labeler ms':>11} {'snapshot':>15}"
    say(f"{heads} {'busy CPU-s/h':>13} {'drained CPU-s/h':>16}")
    for load in LOADS:
        scorer, labeler, snapshot, size = spent(load)
        hours = [(scorer + labeler) * rate * 3600 + snapshot * SNAPSHOTS for rate in (BUSY, QUIET)]
        kept = f"{snapshot * 1000:.0f} ms {size / 1000:.0f} kB"
        figures = f"{load.events:8} {load.partitions:6} {load.features:8} {scorer * 1000:10.2f} {labeler * 1000:11.2f}"
        say(f"{figures} {kept:>15} {hours[0]:13.0f} {hours[1]:16.0f}")


if __name__ == "__main__":
    main()
