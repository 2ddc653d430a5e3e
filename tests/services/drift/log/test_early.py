"""What is known early of a bucket's labels: the same whoever looks, and whenever."""

from dataclasses import replace

import numpy as np

from services.drift.cutting import Cutting
from services.drift.log.closing import NEVER
from services.drift.log.known import nothing_known
from services.drift.log.reading import Key
from services.drift.log.seen import nothing_seen
from services.drift.log.windows import Rule
from services.drift.sums import DELAYS, Inputs, Ints
from tests.services.drift.profiles import HOUR, MINUTE, START, shape, terms

TERMS = terms()
SHAPE = TERMS.shapes[shape().digest]
KEY = Key("1", SHAPE.digest, "champion", "")
WIDTH, ROWS = 15 * MINUTE, 16
SHORT, LONG = 8, 11
"""Bins of delays up to 512 s and up to 4,096 s, which is an hour and eight minutes."""


def early(buckets: int, *, labelled: int) -> list[Ints]:
    """What each window of a bucket says, of buckets with as many labels of either delay, all read by now."""
    cutting = Cutting(TERMS, Rule(bucket=WIDTH, target=ROWS))
    by_delay = np.zeros((DELAYS, 2), np.int64)
    by_delay[[SHORT, LONG]] = [[10, 1], [6, 3]]
    for place in range(buckets):
        bucket = START + place * WIDTH
        cutting.inputs.hears(KEY, place)
        cutting.seen.add(KEY, bucket, replace(nothing_seen(SHAPE), rows=ROWS))
        cutting.known.add(KEY, bucket, replace(nothing_known(SHAPE), rows=ROWS, by_delay=by_delay))
    closed = START + buckets * WIDTH
    due = cutting.due({"champion": closed}, {"champion": NEVER}, buckets, labelled=labelled)
    windows = [one.window for one in due]
    assert [one.end for one in windows] == [START + (place + 1) * WIDTH for place in range(buckets)]
    return [one.early for one in windows if isinstance(one, Inputs) and one.early is not None]


def test_only_delays_that_all_rows_had_time_for_count_and_rows_before_their_horizon() -> None:
    """A bucket's short delays are complete after nine minutes, long ones after 69, all after two hours."""
    found = early(12, labelled=START + 30 * HOUR)
    assert [one[SHORT].tolist() for one in found] == [[10 * min(n, 7), min(n, 7)] for n in range(12)]
    long = [min(max(0, n - 4), 3) for n in range(12)]
    assert [one[LONG].tolist() for one in found] == [[6 * n, 3 * n] for n in long]


def test_labelers_that_are_behind_leave_later_labels_out() -> None:
    """What they have not come to is not there, though some of it may be."""
    ahead, behind = early(8, labelled=START + 8 * WIDTH), early(8, labelled=START + 4 * WIDTH)
    assert [one.tolist() for one in ahead[:4]] == [one.tolist() for one in behind[:4]]
    assert [one.tolist() for one in behind[4:]] == [behind[3].tolist()] * 4
    assert [one.sum() for one in early(3, labelled=NEVER)] == [0, 0, 0]
