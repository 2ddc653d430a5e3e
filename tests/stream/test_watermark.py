"""The watermark: it moves with the events, does not follow one wrong clock, does not care how rows were batched."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.watermark import AGREE, MAX_JUMP_MICROS, Watermark, advance, from_metadata, to_metadata

HOUR = 3_600_000_000
TIME = st.one_of(st.integers(0, 30 * HOUR), st.integers(1000 * HOUR, 1010 * HOUR))


def reached(times: list[int], mark: Watermark | None = None) -> Watermark | None:
    """The mark after events at `times`."""
    return advance(mark, np.array(times, np.int64), np.zeros(len(times), bool))[1]


def test_it_is_the_latest_time() -> None:
    """Late events do not move it back."""
    assert reached([5, 9, 7]) == Watermark(9)


def test_no_events_move_nothing() -> None:
    """An empty batch leaves the mark as it was."""
    assert reached([], Watermark(4)) == Watermark(4)
    assert reached([]) is None


def test_one_far_future_event_moves_no_clock() -> None:
    """A single event more than a day ahead is kept out; the next good one clears it."""
    far = 10 * MAX_JUMP_MICROS
    assert reached([1, far]) == Watermark(1, 1, far)
    assert reached([1, far, 2]) == Watermark(2)


def test_a_hundred_that_agree_are_believed() -> None:
    """A true gap in the data is believed after enough records, from its earliest time on."""
    far = [10 * MAX_JUMP_MICROS + i for i in range(AGREE)]
    assert reached([1, *far]) == Watermark(far[0])
    assert reached([1, *far[:-1]]) == Watermark(1, AGREE - 1, far[0])


def test_a_mark_is_taken_at_its_word() -> None:
    """What a watermark mark says moves the clock however far it is; backwards it moves nothing."""
    far = 10 * MAX_JUMP_MICROS
    before, mark = advance(Watermark(5), np.array([far, 7]), np.array([True, False]))
    assert (before.tolist(), mark) == ([5, far], Watermark(far))
    assert advance(Watermark(5), np.array([3]), np.array([True]))[1] == Watermark(5)


@given(st.lists(st.tuples(TIME, st.booleans()), min_size=1, max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_batching_does_not_matter(rows: list[tuple[int, bool]], cuts: list[int]) -> None:
    """Any split of the same rows ends in the same mark, and tells each row the same."""
    times, said = np.array([at for at, _ in rows], np.int64), np.array([word for _, word in rows])
    whole = advance(None, times, said)
    mark, before = None, []
    for part in np.split(np.arange(len(rows)), sorted(min(cut, len(rows)) for cut in cuts)):
        some, mark = advance(mark, times[part], said[part])
        before += some.tolist()
    assert (before, mark) == (whole[0].tolist(), whole[1])


@given(st.integers(-(2**62), 2**62), st.integers(0, 99), st.integers(-(2**62), 2**62))
def test_metadata_brings_it_back(at: int, ahead: int, candidate: int) -> None:
    """What travels with the offset is the whole mark, well under Kafka's limit."""
    mark = Watermark(at, ahead, candidate)
    assert from_metadata(to_metadata(mark)) == mark
    assert len(to_metadata(mark)) < 100


@pytest.mark.parametrize("text", ["", "w1:1:2", "w2:1:2:3", "w1:a:0:0", "someone else's"])
def test_foreign_metadata_is_no_mark(text: str) -> None:
    """Metadata that is not ours is no reason to fail."""
    assert from_metadata(text) is None
