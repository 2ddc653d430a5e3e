"""The limiter: it lets a bad record here and there pass, and stops before a topic is emptied into dead letters."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.faults import Stopped
from stream.limiter import Limiter, Limits, run_of, with_run, without_run
from stream.records import Batch, Place

REASONS = ("", "unknown_schema", "bad_magic")
HALF = Limits(share=0.5, window=10, consecutive=0)
ROW = Limits(share=1.0, window=10, consecutive=5)
Record = tuple[int, int]
"""A partition with the code of a record in it."""


def batch(records: Sequence[Record], offset: int = 0) -> Batch:
    """Records of topic t, their offsets numbered through."""
    n = len(records)
    return Batch(
        topics=["t"] * n,
        partitions=np.array([partition for partition, _ in records], np.int32),
        offsets=np.arange(offset, offset + n),
        timestamps=np.zeros(n, np.int64),
        keys=[None] * n,
        values=[b""] * n,
        headers=lambda _row: None,
    )


def feed(limiter: Limiter, records: Sequence[Record], offset: int = 0) -> str | None:
    """What the limiter says of these records; None when it lets them pass."""
    try:
        limiter.seen(batch(records, offset), np.array([code for _, code in records], np.int16))
    except Stopped as stopped:
        return stopped.what
    return None


def one_place(codes: str) -> list[Record]:
    """A record a digit, all in partition 0."""
    return [(0, int(code)) for code in codes]


@pytest.mark.parametrize("codes", ["111111111", "1111100000", "0101010101", "00000000000000001", "1" * 5 + "0" * 30])
def test_a_few_bad_records_pass(codes: str) -> None:
    """As long as fewer than the window were read, or half of it is good."""
    assert feed(Limiter(HALF, REASONS), one_place(codes)) is None


@pytest.mark.parametrize(
    "codes", ["11111100001", "0000111111", "0" * 100 + "0101010111", "0" * 20 + "1" * 6 + "0" * 90]
)
def test_more_than_the_share_stops(codes: str) -> None:
    """Wherever in a batch the window lies that holds too many."""
    said = feed(Limiter(HALF, REASONS), one_place(codes))
    assert said is not None
    assert "60% of the last 10 records could not be read, more than dead_share 0.5 allows (unknown_schema 6)" in said


def test_it_says_why_and_where_it_stopped_and_what_to_do() -> None:
    """The reasons by count, the record at which it was too much, how to go on."""
    limiter = Limiter(HALF, REASONS)
    with pytest.raises(Stopped) as stopped:
        limiter.seen(batch(one_place("02111211111"), 40), np.array([0, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1], np.int16))
    assert stopped.value.what == (
        "too many dead letters: 90% of the last 10 records could not be read, more than dead_share 0.5 allows "
        "(unknown_schema 7, bad_magic 2); stopped at t[0] offset 49, its transaction is not committed"
    )
    assert "schema is not registered" in stopped.value.cause
    assert "dead_share=1.0 and dead_consecutive=0" in stopped.value.fix


def test_a_row_of_bad_records_stops() -> None:
    """Good ones between them begin the count anew; so many in a row are too many."""
    limiter = Limiter(ROW, REASONS)
    assert feed(limiter, one_place("1111011110")) is None
    assert feed(limiter, one_place("1111")) is None
    said = feed(limiter, one_place("11"))
    assert said is not None
    assert "5 records in a row could not be read, which dead_consecutive does not allow (unknown_schema 9)" in said


def test_a_row_is_counted_a_partition() -> None:
    """Good records of one partition do not end the row of another; the rows of all add up."""
    limiter = Limiter(ROW, REASONS)
    assert feed(limiter, [(0, 1), (1, 0), (0, 1), (1, 0), (0, 1), (1, 0)]) is None
    assert limiter.run(Place("t", 0)) == 3
    assert limiter.run(Place("t", 1)) == 0
    assert feed(limiter, [(1, 1)]) is None
    assert feed(limiter, [(0, 0), (1, 1), (1, 1), (1, 1)]) is None
    assert feed(limiter, [(0, 1)]) is not None


def test_an_abort_forgets_what_the_transaction_added() -> None:
    """The same records, read again, count once; what was committed stays."""
    limiter = Limiter(ROW, REASONS)
    for _ in range(3):
        assert feed(limiter, one_place("1111")) is None
        limiter.aborted()
    assert feed(limiter, one_place("11")) is None
    limiter.committed()
    for _ in range(2):
        assert feed(limiter, one_place("111")) is not None
        limiter.aborted()
    assert limiter.run(Place("t", 0)) == 2


def test_starting_again_gets_no_further() -> None:
    """A row goes on where the last commit left it, in whichever process."""
    first = Limiter(ROW, REASONS)
    assert feed(first, one_place("1111")) is None
    first.committed()
    texts = {Place("t", 0): with_run("w1:5:0:0", first.run(Place("t", 0)))}
    for _ in range(3):
        again = Limiter(ROW, REASONS)
        again.assigned(texts)
        assert feed(again, one_place("1")) is not None
    again.assigned({})
    assert feed(again, one_place("1")) is None


def test_it_can_be_switched_off() -> None:
    """On purpose, for one start: everything may be set aside, and no row is carried on."""
    off = Limiter(Limits(share=1.0, window=10, consecutive=0), REASONS)
    assert feed(off, one_place("1" * 5_000)) is None
    assert off.run(Place("t", 0)) == 0


@given(
    records=st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0, 0, 1, 2])), max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=6),
    limits=st.sampled_from([HALF, ROW, Limits(share=0.3, window=7, consecutive=4)]),
)
def test_how_records_were_batched_changes_nothing(records: list[Record], cuts: list[int], limits: Limits) -> None:
    """It stops at the same record with the same words, wherever batches and transactions end."""
    one_by_one, cut = Limiter(limits, REASONS), Limiter(limits, REASONS)
    singly = next((s for at, one in enumerate(records) if (s := feed(one_by_one, [one], at))), None)
    edges = sorted({0, len(records), *(c for c in cuts if c < len(records))})
    in_batches = None
    for start, end in pairwise(edges):
        in_batches = in_batches or feed(cut, records[start:end], start)
        cut.committed()
    assert in_batches == singly


@pytest.mark.parametrize("text", ["", "w1:1:2:3", "w1:1:2:3 d1:", "w1:1:2:3 d1:x", "d1:-4", "d1:²", "d1:" + "9" * 40])
def test_what_is_no_run_is_none(text: str) -> None:
    """Somebody else's metadata does no harm."""
    assert run_of(text) == 0


@pytest.mark.parametrize("text", ["", "w1:1:2:3"])
@pytest.mark.parametrize("run", [0, 1, 999])
def test_a_run_travels_beside_other_metadata(text: str, run: int) -> None:
    """What was there before is there after."""
    both = with_run(text, run)
    assert (run_of(both), without_run(both)) == (run, text)
