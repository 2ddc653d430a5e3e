"""Where windows end, and that sums do not depend on the order in which they came."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.drift.log.buckets import Buckets
from services.drift.log.reading import Key, Piece, pieces_of, read_profile
from services.drift.log.windows import Rule, end_of
from services.drift.sums import Known, Seen
from tests.services.drift.profiles import MINUTE, START, Writer, joined, scored, shape, terms

TERMS = terms()
SHAPE = TERMS.shapes[shape().digest]
DAY = 24 * 60 * MINUTE
counts = st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)), min_size=1, max_size=60)


@given(counts, st.sampled_from([MINUTE, 15 * MINUTE, 60 * MINUTE, 2 * DAY]), st.integers(0, 4_000))
def test_windows_are_whole_buckets_96_a_day(said: list[tuple[int, int]], width: int, closed: int) -> None:
    """Whatever the traffic: each begins with rows, ends within closed time, and is as long as it must be, at most."""
    rule = Rule(bucket=width)
    rows = sorted({at * width: n for at, n in said}.items())
    end = end_of(rule, rows, closed=closed * width)
    if end is None:
        assert rule.most(rows[0][0]) > closed * width
        return
    start, found = rows[0][0], sum(n for at, n in rows if at < end)
    assert (end - start) % width == 0
    assert end <= closed * width
    assert 15 * MINUTE <= end - start <= max(DAY, width)
    assert found >= rule.target or end == rule.most(start)
    before = sum(n for at, n in rows if at < end - width)
    assert before < rule.target or end == rule.least(start)


@given(counts, st.integers(1, 100), st.integers(0, 300))
def test_a_window_ends_where_it_ends_however_late_one_looks(
    said: list[tuple[int, int]], first: int, later: int
) -> None:
    """Time that has come further changes no end that was there before."""
    rule = Rule(bucket=15 * MINUTE)
    rows = sorted({at * rule.bucket: n for at, n in said}.items())
    end = end_of(rule, [one for one in rows if one[0] < first * rule.bucket] or rows[:1], closed=first * rule.bucket)
    if end is not None:
        assert end_of(rule, rows, closed=(first + later) * rule.bucket) == end


def test_a_version_that_took_over_ends_the_window() -> None:
    """But not before it has lasted a quarter of an hour."""
    rule = Rule(bucket=MINUTE)
    rows = [(0, 10), (MINUTE, 10)]
    assert end_of(rule, rows, closed=DAY, followed=2 * MINUTE) == 15 * MINUTE
    assert end_of(rule, [*rows, (30 * MINUTE, 10)], closed=DAY, followed=31 * MINUTE) == 31 * MINUTE


def some() -> list[Piece]:
    """Thirty slices of both kinds over three buckets."""
    chance = np.random.default_rng(5)
    scorer, labeler = Writer(TERMS), Writer(TERMS, role="labeler")
    seen = [scored(SHAPE, START + n % 3 * TERMS.bucket, 20 + n, chance) for n in range(15)]
    known = [joined(SHAPE, START + n % 3 * TERMS.bucket, 20 + n, chance) for n in range(15)]
    profiles = (read_profile(scorer.values([], seen)[0], TERMS), read_profile(labeler.values([], known)[0], TERMS))
    return [piece for profile in profiles for piece in pieces_of(profile, TERMS) if isinstance(piece, Piece)]


PIECES = some()


def summed(pieces: list[Piece]) -> list[tuple[Key, int, str]]:
    """What the buckets hold."""
    seen, known = Buckets[Seen](), Buckets[Known]()
    for key, bucket, sums in pieces:
        if isinstance(sums, Seen):
            seen.add(key, bucket, sums)
        else:
            known.add(key, bucket, sums)
    return [(key, at, repr(sums)) for of in (seen, known) for key, at, sums in of]


@given(st.permutations(PIECES))
def test_order_does_not_matter(pieces: list[Piece]) -> None:
    """Slices add up to the same whichever came first."""
    assert summed(pieces) == summed(PIECES)


@given(st.lists(st.integers(0, 2), min_size=len(PIECES), max_size=len(PIECES)))
def test_what_is_added_up_apart_adds_up_together(where: list[int]) -> None:
    """Sums of sums are the sums."""
    for bucket in {piece.bucket for piece in PIECES}:
        mine = [(w, p.sums) for w, p in zip(where, PIECES, strict=True) if p.bucket == bucket]
        seen = [(w, sums) for w, sums in mine if isinstance(sums, Seen)]
        apart = [[sums for w, sums in seen if w == group] for group in range(3)]
        totals = [_sum(group) for group in apart if group]
        assert repr(_sum(totals)) == repr(_sum([sums for _, sums in seen]))


def _sum(some: list[Seen]) -> Seen:
    total = some[0]
    for one in some[1:]:
        total = total.plus(one)
    return total
