"""The movement as a whole: the windows of a log are those of its records, whoever reads them and however."""

from itertools import pairwise

import numpy as np

from services.drift.core import Movement
from services.drift.cutting import Due
from services.drift.log.windows import Rule
from services.drift.sums import Cohort, Inputs
from tests.services.drift.profiles import HOUR, MINUTE, START, Record, history, shape, terms

TERMS = terms(shape("1"), shape("2"))
RULE = Rule(bucket=15 * MINUTE, target=2_000)


def run(records: list[Record], movement: Movement | None = None) -> list[Due]:
    """All windows, in order."""
    mine = movement or Movement(TERMS, RULE)
    return [due for n, one in enumerate(records) for due in mine.take(one.value, offset=n, stamp=one.stamp).due]


def test_every_row_is_in_one_window_or_late() -> None:
    """Of each kind, version and segment; windows do not overlap, and end with 2,000 rows, a version, or the marks."""
    records = list(history(TERMS))
    movement = Movement(TERMS, RULE)
    late = 0
    found = []
    for n, one in enumerate(records):
        taken = movement.take(one.value, offset=n, stamp=one.stamp)
        assert taken.refused is None
        assert not taken.reasons
        late += taken.late_rows
        found += taken.due
    inputs = [d.window for d in found if isinstance(d.window, Inputs) and not d.window.segment]
    cohorts = [d.window for d in found if isinstance(d.window, Cohort) and not d.window.segment]
    assert sum(one.seen.rows for one in inputs) + late == 96 * 150
    assert late > 0
    assert sum(due.late_rows for due in found if not due.window.segment and isinstance(due.window, Inputs)) <= late
    assert sum(one.known.rows for one in cohorts) == 92 * 150
    assert {one.version for one in inputs} == {one.version for one in cohorts} == {"1", "2"}
    for kind in (inputs, cohorts):
        for version in "12":
            mine = [one for one in kind if one.version == version]
            assert all(one.end <= other.start for one, other in pairwise(mine))
    assert sum(one.seen.rows >= 2_000 for one in inputs) >= 5
    assert all(one.seen.bins.sum(axis=1).max() <= one.seen.rows for one in inputs)
    assert all(int(one.known.cells.sum()) == one.known.rows for one in cohorts)
    assert all(np.array_equal(sum(part.bins for part in one.parts), one.seen.bins) for one in inputs)
    assert sum(d.window.segment != "" for d in found) == 2 * len(inputs)


def test_cohorts_wait_for_their_horizon() -> None:
    """None is judged before the labelers have come two hours beyond it."""
    movement = Movement(TERMS, RULE)
    for n, one in enumerate(list(history(TERMS))[:-2]):
        for due in movement.take(one.value, offset=n, stamp=one.stamp).due:
            if isinstance(due.window, Cohort):
                assert movement.clocks.reached("labeler") >= due.window.end + 2 * HOUR


def test_what_served_is_told_by_the_window() -> None:
    """Each position once, with its reasons, but for a bucket whose rows all came too late: no window is of it."""
    found = run(list(history(TERMS)))
    inputs = [d.window for d in found if isinstance(d.window, Inputs)]
    assert sum(one.served.scored for one in inputs if not one.segment) == 95 * 150
    assert sum(one.served.reasons.total() for one in inputs) == 95
    assert all(one.served.scored == 0 for one in inputs if one.segment)


def test_the_log_positions_of_windows_follow_each_other() -> None:
    """Each report says which profiles it speaks of; those of a version leave nothing out."""
    found = [d for d in run(list(history(TERMS))) if isinstance(d.window, Inputs) and not d.window.segment]
    for version in "12":
        mine = [d for d in found if d.window.version == version]
        assert all(one.profile_to == other.profile_from for one, other in pairwise(mine))
    assert found[0].profile_from == 0


def test_the_first_window_starts_with_the_first_bucket() -> None:
    """Event time, whole buckets."""
    first = run(list(history(TERMS)))[0].window
    assert (first.start, (first.end - first.start) % RULE.bucket) == (START, 0)
