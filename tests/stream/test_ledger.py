"""The tiling law with its live form: what must hold, what must be noticed, where."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from stream.ledger import Fault, LiveLedger, Range, faults, range_of, standing
from stream.records import Place

PLACE = Place("flights.features", 3)


def span(start: int, end: int, *, absent: int = 0, rejected: int = 0, dead: int = 0) -> Range:
    """A range that adds up."""
    scored = end - start - absent - rejected - dead
    return Range(
        topic=PLACE.topic,
        partition=PLACE.partition,
        start=start,
        end=end,
        absent=absent,
        rejected=rejected,
        dead=dead,
        scored=scored,
        where=f"profile {start}",
    )


@st.composite
def tilings(draw: st.DrawFn, least: int = 1) -> list[Range]:
    """Ranges that tile from some offset on, with heartbeats between."""
    at = draw(st.integers(0, 1000))
    tiling = [span(at, at)] if draw(st.booleans()) else []
    for length in draw(st.lists(st.integers(1, 50), min_size=least, max_size=8)):
        absent = draw(st.integers(0, length))
        tiling.append(span(at, at + length, absent=absent, dead=draw(st.integers(0, length - absent))))
        at += length
        tiling += [span(at, at)] * draw(st.integers(0, 2))
    return tiling


def inner(tiling: Sequence[Range]) -> list[int]:
    """Places in the list of ranges that have ranges on both sides."""
    return [place for place, one in enumerate(tiling) if not one.is_heartbeat][1:-1]


def first(tiling: Sequence[Range]) -> Fault | None:
    """The first fault by offset."""
    return min(faults(tiling), key=lambda fault: (fault.start, fault.end), default=None)


def touches(fault: Fault | None, start: int, end: int) -> bool:
    """The fault's positions meet [start, end]."""
    return fault is not None and fault.start <= end and fault.end >= start


@given(tilings())
def test_any_tiling_holds(tiling: list[Range]) -> None:
    """No gap, no overlap, every range adds up: nothing to say."""
    assert list(faults(tiling)) == []


@given(tilings(), st.randoms())
def test_the_order_of_ranges_in_the_log_does_not_matter(tiling: list[Range], chance: Random) -> None:
    """Two writers may put their ranges into the log in either order."""
    ranges = [one for one in tiling if not one.is_heartbeat]
    chance.shuffle(ranges)
    assert list(faults(ranges)) == []


@given(tilings(least=3), st.data())
def test_a_missing_range_is_named(tiling: list[Range], data: st.DataObject) -> None:
    """The fault is exactly the positions that lost their account."""
    place = data.draw(st.sampled_from(inner(tiling)))
    lost = tiling[place]
    fault = first([*tiling[:place], *tiling[place + 1 :]])
    assert touches(fault, lost.start, lost.end)


@given(tilings(), st.data())
def test_a_repeated_range_is_named(tiling: list[Range], data: st.DataObject) -> None:
    """A range told twice overlaps itself."""
    again = data.draw(st.sampled_from([one for one in tiling if not one.is_heartbeat]))
    fault = first([*tiling, again])
    assert fault is not None
    assert (fault.start, fault.end) == (again.start, again.end)


@given(tilings(), st.data())
def test_a_range_cut_short_is_named(tiling: list[Range], data: st.DataObject) -> None:
    """Fewer positions than records accounted for, or than the next range begins after."""
    place = data.draw(st.sampled_from([at for at, one in enumerate(tiling) if not one.is_heartbeat]))
    whole = tiling[place]
    short = replace(whole, end=whole.end - 1)
    fault = first([*tiling[:place], short, *tiling[place + 1 :]])
    assert touches(fault, whole.start, whole.end)


@given(tilings(least=3), st.data(), st.integers(-20, 20).filter(bool))
def test_a_shifted_range_is_named(tiling: list[Range], data: st.DataObject, by: int) -> None:
    """It leaves a gap, or overlaps, on one side at least."""
    place = data.draw(st.sampled_from(inner(tiling)))
    old = tiling[place]
    moved = replace(old, start=old.start + by, end=old.end + by)
    fault = first([*tiling[:place], moved, *tiling[place + 1 :]])
    assert touches(fault, min(old.start, moved.start), max(old.end, moved.end))


@given(tilings(), st.sampled_from(["scored", "dead", "marks", "taken", "absent"]), st.integers(1, 5))
def test_one_record_too_many_is_named(tiling: list[Range], count: str, more: int) -> None:
    """A range must use exactly what it read."""
    place = next(at for at, one in enumerate(tiling) if not one.is_heartbeat)
    wrong = replace(tiling[place], **{count: getattr(tiling[place], count) + more})
    fault = first([*tiling[:place], wrong, *tiling[place + 1 :]])
    assert fault is not None
    assert (fault.start, fault.end, fault.where) == (wrong.start, wrong.end, wrong.where)


def test_a_heartbeat_stands_at_the_frontier() -> None:
    """One that stands behind comes from a writer that lost the partition."""
    fault = first([span(0, 10), span(10, 20), replace(span(10, 10), where="profile 7")])
    assert fault is not None
    assert (fault.start, fault.end) == (10, 20)
    assert str(fault) == (
        "flights.features[3] offsets 10 to 20: found a heartbeat at 10, expected it at 20"
        " (in the profile log at profile 7)"
    )


def test_a_heartbeat_that_counts_records_is_a_fault() -> None:
    """Nothing was read, so nothing can have been used."""
    assert first([replace(span(5, 5), scored=1)]) is not None


def test_counts_that_cancel_out_are_still_a_fault() -> None:
    """A count below zero cannot make up for one too high."""
    assert first([replace(span(0, 10), scored=12, dead=-2)]) is not None


def test_a_range_that_runs_backwards_is_a_fault() -> None:
    """Its end comes before its start."""
    assert first([replace(span(0, 10), start=20, scored=-10)]) is not None


def test_a_range_is_read_as_a_profile_spells_it() -> None:
    """Counts that are not there are zero; what a range does not need is ignored."""
    record = {
        "topic": PLACE.topic,
        "partition": 3,
        "from": 5,
        "to": 9,
        "absent": 1,
        "scored": 3,
        "watermark": None,
    }
    assert range_of(record, where="profile 5") == span(5, 9, absent=1)


def test_the_live_ledger_is_at_zero_while_ranges_tile() -> None:
    """Nothing is out of balance."""
    live = LiveLedger()
    live.assigned({PLACE: 0})
    assert live.account([span(0, 10)]) == {PLACE: 0}
    assert live.account([span(10, 10), span(10, 25, absent=2)]) == {PLACE: 0}


def test_the_live_ledger_counts_what_is_off_for_good() -> None:
    """A gap of 5, then 2 records without use: 7, until somebody looks."""
    live = LiveLedger()
    live.assigned({PLACE: 0})
    assert live.account([span(5, 10)]) == {PLACE: 5}
    assert live.account([replace(span(10, 20), scored=8)]) == {PLACE: 7}
    assert live.account([span(20, 30)]) == {PLACE: 7}


def test_the_live_ledger_does_not_answer_for_others() -> None:
    """What happened while a partition was elsewhere is no gap here."""
    live = LiveLedger()
    live.assigned({PLACE: 0})
    live.account([span(0, 10)])
    live.assigned({PLACE: 50})
    assert live.account([span(50, 60)]) == {PLACE: 0}


@given(tilings(), st.data())
def test_what_was_written_again_stands_in_place_of_what_was_there(tiling: list[Range], data: st.DataObject) -> None:
    """A writer at least once that goes back to where it committed: its ranges tile all the same, nothing is lost."""
    whole = [replace(one, may_repeat=True) for one in tiling]
    back = data.draw(st.integers(0, len(whole)))
    again = [*whole, *whole[back:]]
    assert list(faults(standing(again))) == []
    assert sum(one.read for one in standing(again)) == sum(one.read for one in whole)
    assert standing(tiling) == tiling


def test_an_account_written_once_may_not_be_written_again() -> None:
    """Exactly once says what it means: twice is a fault."""
    twice = [span(0, 10), span(10, 30), span(10, 30)]
    assert standing(twice) == twice
    assert [fault.start for fault in faults(standing(twice))] == [10]


def test_an_account_written_once_is_never_taken_back() -> None:
    """Neither by nor for a writer that writes at least once: a change of the setting forgives nothing."""
    for whole, later in ((False, True), (True, False)):
        ranges = [replace(span(0, 10), may_repeat=whole), replace(span(0, 10), may_repeat=later)]
        assert standing(ranges) == ranges


def test_a_gap_stays_a_gap() -> None:
    """Written at least once, positions may be accounted for again, but not left out."""
    gap = [replace(one, may_repeat=True) for one in (span(0, 10), span(12, 30))]
    assert [(fault.start, fault.end) for fault in faults(standing(gap))] == [(10, 12)]
