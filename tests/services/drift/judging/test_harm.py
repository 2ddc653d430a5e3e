"""Whatever sums a log may hold, a judge says something of them that can be read, and goes on."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from load.bench.drifting.windows import windows_of
from load.bench.drifting.world import DAY, World
from schemas.profile import MICRO
from schemas.records import write_record
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.judging.judge import Bench
from services.drift.log.refusal import LARGEST
from services.drift.log.seen import FARTHEST, nothing_seen
from services.drift.log.shape import shape_of
from services.drift.sums import Inputs, Seen

WORLD = World(["normal", "category", "heavy"], seed=5, reference_rows=4_000)
REFERENCE, SHAPE = Reference(WORLD.bundle), shape_of(WORLD.bundle)
INPUTS, COHORT = windows_of(WORLD.rows(600, DAY), WORLD.bundle, 0, DAY)
ROWS = (0, 1, 250, 2_000, 10**6, 10**12)


def spread(chance: np.random.Generator, rows: int, bins: int) -> NDArray[np.int64]:
    """Rows over some bins, all in one of them now and then."""
    found = np.floor(chance.dirichlet(np.full(bins, 0.3)) * rows * chance.integers(0, 2)).astype(np.int64)
    found[int(chance.integers(0, bins))] += rows - found.sum()
    return found


def seen(chance: np.random.Generator) -> Seen:
    """Sums that the sidecar takes: whatever is missing, unknown, constant, as far away as can be."""
    rows = int(chance.choice(ROWS))
    found, most = nothing_seen(SHAPE), min(LARGEST, rows * FARTHEST * MICRO)
    for place, bins in enumerate(SHAPE.bins.tolist()):
        found.missing[place] = int(chance.choice([0.0, 0.0, 0.3, 1.0]) * rows)
        found.unseen[place] = int(chance.choice([0.0, 0.0, 1.0]) * (rows - found.missing[place]))
        found.bins[place, :bins] = spread(chance, rows - int(found.missing[place] + found.unseen[place]), bins)
        found.sums[place] = int(chance.choice([-1.0, -0.001, 0.0, 0.5]) * most)
        found.squares[place] = int(chance.choice([0.0, 1e-6, 1.0]) * most)
    estimated = int(chance.choice([0.0, 0.5, 1.0]) * rows)
    return replace(
        found,
        rows=rows,
        flagged=int(chance.choice([0.0, 0.0, 1.0]) * rows),
        scores=spread(chance, rows, SHAPE.scores),
        estimated=estimated,
        estimate_sum=int(chance.choice([0.0, 0.5, 1.0]) * estimated * MICRO),
        estimate_variance=int(chance.choice([0.0, 0.25]) * estimated * MICRO),
    )


def window(chance: np.random.Generator, day: int) -> Inputs:
    """A day of such sums, with any number of events refused or answered by a stand-in."""
    mine = seen(chance)
    rejected, degraded = (int(one) for one in chance.choice([0, 300, 10**10], 2))
    served = replace(INPUTS.served, scored=mine.rows, rejected=rejected, degraded=degraded, reasons=Counter(stale=3))
    return replace(INPUTS, start=day * DAY, end=(day + 1) * DAY, seen=mine, served=served, parts=(mine,))


def strange(said: Any) -> Iterator[float]:
    """Every number in a report that is none."""
    if isinstance(said, float) and not math.isfinite(said):
        yield said
    elif isinstance(said, dict | list):
        for one in said.values() if isinstance(said, dict) else said:
            yield from strange(one)


@given(seed=some.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_no_sums_of_inputs_turn_a_judge_off(seed: int) -> None:
    """Each report is a record of its contract without a NaN; a calm day after it is judged as ever."""
    chance, judge = np.random.default_rng(seed), Bench(lambda _digest: REFERENCE, Terms(), code_version="test")
    told = [judge.inputs(window(chance, day)).report for day in range(2)]
    for report in told:
        record = {**report, "late_rows": 0, "profile_from": 0, "profile_to": 9, "written_at": 1}
        assert write_record("drift", record, b"\0\0\0\0\1")
        assert list(strange(report)) == []
    calm = judge.inputs(replace(INPUTS, start=2 * DAY, end=3 * DAY)).report
    assert (calm["judged"], [one["fired"] for one in calm["families"]]) == (True, [False] * 3)
