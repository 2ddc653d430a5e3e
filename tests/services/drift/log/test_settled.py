"""Rows may be taken back that a log never saw added: what is left can be, and stops no judge."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from load.bench.drifting.windows import windows_of
from load.bench.drifting.world import DAY, World
from schemas.profile import MICRO
from schemas.records import write_record
from services.drift.findings.reference import Reference
from services.drift.findings.terms import Terms
from services.drift.judging.judge import Bench
from services.drift.log.known import settled
from services.drift.sums import Known

WORLD = World(["normal", "category"], seed=5, reference_rows=4_000)
REFERENCE = Reference(WORLD.bundle)
INPUTS, COHORT = windows_of(WORLD.rows(600, DAY), WORLD.bundle, 0, DAY)


def less(seed: int, most: int) -> Known:
    """The cohort less rows that are none of it, as many in each of its tables: right ones or wrong ones."""
    chance, known = np.random.default_rng(seed), COHORT.known
    count = int(chance.integers(0, most + 1))
    wrong = int(chance.integers(0, count + 1))
    cells, parts = known.cells.copy(), known.parts.copy()
    np.subtract.at(cells, (chance.integers(0, len(cells), count), chance.integers(0, 2, count)), 1)
    for column, rows in enumerate((count, wrong)):
        parts[:, column] -= np.bincount(chance.integers(0, len(parts), rows), minlength=len(parts))
    estimated = known.estimate_sum - int(chance.integers(0, count * MICRO + 1))
    left, errors = known.rows - count, known.errors - wrong
    return replace(known, rows=left, errors=errors, cells=cells, parts=parts, estimate_sum=estimated)


@given(seed=some.integers(0, 2**32 - 1), most=some.sampled_from([0, 30, 600, 2_000]))
@settings(max_examples=40, deadline=None)
def test_what_is_left_can_be_and_is_judged(seed: int, most: int) -> None:
    """Nothing below zero, no more errors than rows; the report is a record of its contract."""
    found = settled(less(seed, most))
    assert min(found.cells.min(), found.parts.min(), found.errors, found.estimate_sum) >= 0
    assert found.rows == found.cells.sum()
    assert found.errors <= found.rows
    assert (found.parts[:, 1] <= found.parts[:, 0]).all()
    assert found.estimate_sum <= found.rows * MICRO
    judge = Bench(lambda _digest: REFERENCE, Terms(), code_version="test")
    report = judge.cohort(replace(COHORT, known=found, parts=(found,))).report
    record = {**report, "late_rows": 0, "profile_from": 0, "profile_to": 9, "written_at": 1}
    assert write_record("drift", record, b"\0\0\0\0\1")


def test_right_rows_taken_back_from_among_wrong_ones_leave_no_more_errors_than_rows() -> None:
    """Of one score and label, where the tables of labels do not show it."""
    cells, parts = np.zeros_like(COHORT.known.cells), np.zeros_like(COHORT.known.parts)
    cells[3, 0], parts[0] = 260, (260, 290)
    found = settled(replace(COHORT.known, rows=260, errors=290, cells=cells, parts=parts))
    assert (found.rows, found.errors, found.parts[0].tolist()) == (260, 260, [260, 260])


def test_what_can_be_stays_as_it_is() -> None:
    """To the bit."""
    found = settled(COHORT.known)
    assert found.as_data() == COHORT.known.as_data()
    assert (found.statuses, found.closed) == (COHORT.known.statuses, COHORT.known.closed)
