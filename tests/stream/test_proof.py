"""The verdict: the ranges' law held together with what is really on the topics."""

from dataclasses import replace

import pytest

from stream.evidence import Facts, Found
from stream.ledger import Range
from stream.proof import Verdict, prove
from stream.records import Place

PLACE = Place("flights.features", 0)
OTHER = Place("flights.features", 1)
FIRST = Range(topic=PLACE.topic, partition=0, start=0, end=10, scored=6, rejected=1, dead=2, absent=1, where="p 0")
LAST = Range(topic=PLACE.topic, partition=0, start=10, end=15, scored=4, marks=1, where="p 3")
HEARTBEAT = Range(topic=PLACE.topic, partition=0, start=15, end=15, where="p 5")
RANGES = [FIRST, LAST, HEARTBEAT]
FACTS = Facts(
    predictions={PLACE: Found(distinct=11)},
    dead_letters={PLACE: Found(distinct=2)},
    reread={PLACE: 14},
    begins={PLACE: 0},
    committed={PLACE: (15, 15)},
)


def said(verdict: Verdict) -> str:
    """The first fault in words, which there must be."""
    assert verdict.status == "broken"
    assert verdict.first_fault is not None
    return verdict.first_fault


def test_an_account_that_agrees_with_every_fact_is_balanced() -> None:
    """The sums are those of the ranges."""
    verdict = prove(RANGES, FACTS)
    assert (verdict.status, verdict.first_fault, verdict.reason) == ("balanced", None, None)
    (account,) = verdict.partitions
    assert (account.start, account.end, account.read, account.answered, account.dead) == (0, 15, 14, 11, 2)


def test_an_account_alone_is_balanced_too() -> None:
    """What nobody looked at is not held against it."""
    assert prove(RANGES).status == "balanced"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            replace(FACTS, predictions={PLACE: Found(distinct=10)}),
            "predictions: found 10 source positions, expected 11",
        ),
        (replace(FACTS, predictions={PLACE: Found(distinct=11, repeated=1)}), "found 1 more than one"),
        (
            replace(FACTS, predictions={PLACE: Found(distinct=11, outside=1)}),
            "found 1 from positions that no account",
        ),
        (replace(FACTS, predictions={}), "found 0 source positions, expected 11"),
        (
            replace(FACTS, dead_letters={PLACE: Found(distinct=3)}),
            "dead letters: found 3 source positions, expected 2",
        ),
        (replace(FACTS, reread={PLACE: 15}), "found 15 records on reading again, expected 14 (1 absent)"),
        (replace(FACTS, begins={PLACE: 2}), "offsets 0 to 2: found the first account at 0, expected it at 2"),
        (
            replace(FACTS, committed={PLACE: (18, 20)}),
            "offsets 15 to 18: found the account's end at 15, expected 18 to 20",
        ),
        (replace(FACTS, committed={PLACE: (3, 12)}), "offsets 12 to 15"),
    ],
)
def test_a_fact_that_disagrees_breaks_the_account(facts: Facts, words: str) -> None:
    """The ranges tile, yet something else is on the broker."""
    assert words in said(prove(RANGES, facts))


@pytest.mark.parametrize("gone", RANGES[:2])
def test_a_range_lost_at_either_end_breaks_the_account(gone: Range) -> None:
    """The ranges left tile among themselves: only the facts know better."""
    verdict = prove([one for one in RANGES[:2] if one is not gone], FACTS)
    assert verdict.fault is not None
    assert (verdict.fault.start, verdict.fault.end) == (gone.start, gone.end)


def test_a_prediction_without_any_account_breaks_it() -> None:
    """A partition nobody accounts for must be empty."""
    facts = Facts(predictions={PLACE: Found(distinct=11), OTHER: Found(distinct=0, outside=4)})
    assert said(prove(RANGES, facts)).startswith("flights.features[1]")


def test_the_first_broken_place_is_named() -> None:
    """Partitions in order; the other one is broken as well."""
    verdict = prove([*RANGES, replace(LAST, partition=1, scored=9), replace(FIRST, dead=0)])
    assert "flights.features[0] offsets 0 to 10: found 7 records accounted for, expected 9" in said(verdict)
    assert said(verdict).endswith("(in the profile log at p 0)")


AGAIN = [replace(one, may_repeat=True) for one in (FIRST, LAST, LAST, HEARTBEAT)]


def test_what_was_written_at_least_once_may_be_there_twice_and_ahead_of_its_group() -> None:
    """From the last committed position on it was all written again; who writes exactly once is forgiven nothing."""
    facts = replace(FACTS, predictions={PLACE: Found(distinct=11, repeated=4)}, committed={PLACE: (10, 10)})
    (account,) = prove(AGAIN, facts).partitions
    assert (account.fault, account.may_repeat, account.read) == (None, True, 14)
    assert "offsets 10 to 15" in said(prove(RANGES, replace(FACTS, committed={PLACE: (10, 10)})))


@pytest.mark.parametrize("found", [Found(distinct=10, repeated=4), Found(distinct=11, outside=1)])
def test_what_was_written_at_least_once_lacks_nothing_and_adds_nothing(found: Found) -> None:
    """An event without an answer, an answer without an event."""
    assert "predictions: found" in said(prove(AGAIN, replace(FACTS, predictions={PLACE: found})))


def test_what_retention_took_cannot_be_proved() -> None:
    """The ranges left agree, but the first ones are gone; their predictions are no fault."""
    facts = replace(
        FACTS,
        first_offset=40,
        predictions={PLACE: Found(distinct=4, outside=7)},
        dead_letters=None,
        reread={},
    )
    verdict = prove([LAST, HEARTBEAT], facts)
    assert verdict.status == "unprovable"
    assert verdict.reason is not None
    assert "begins at offset 40" in verdict.reason


def test_what_is_broken_stays_broken_after_retention() -> None:
    """A gap among the ranges left is a gap."""
    assert prove([LAST, replace(LAST, start=20, end=25)], Facts(first_offset=40)).status == "broken"


def test_outputs_that_retention_may_have_taken_are_not_counted() -> None:
    """A place in `unknown` is judged by its ranges: nothing is broken, but nothing more can be proven."""
    verdict = prove(RANGES, replace(FACTS, predictions={}, dead_letters={}, unknown=frozenset({PLACE})))
    assert verdict.status == "unprovable"
    assert "retention has taken outputs of" in (verdict.reason or "")
    assert verdict.partitions[0].predictions is None


def test_absent_positions_that_nobody_can_read_again_are_only_believed() -> None:
    """What an account says of positions without a record counts as proof only once they were read again."""
    absent = [Range(topic="t", partition=0, start=0, end=5, absent=2, scored=3)]
    assert prove(absent).status == "balanced"
    verdict = prove(absent, Facts(unread=frozenset({Place("t", 0)})))
    assert (verdict.status, verdict.first_fault) == ("unprovable", None)
    assert "2 of its positions" in (verdict.reason or "")


def test_nothing_proves_nothing() -> None:
    """An empty profile log is not a balanced one."""
    verdict = prove([])
    assert (verdict.status, verdict.partitions) == ("unprovable", ())


def test_a_labeler_account_holds_by_the_same_law() -> None:
    """What was taken, dead and marks make up what was read."""
    taken = Range(topic="flights.labels", partition=0, start=0, end=10, taken=8, dead=1, marks=1)
    assert prove([taken]).status == "balanced"
    assert prove([replace(taken, taken=7)]).status == "broken"


JOINED = [
    Range(topic="m.predictions", partition=0, start=0, end=10, taken=9, marks=1),
    Range(topic="m.labels", partition=0, start=0, end=5, taken=4, dead=1),
]
SAID, TRUE = Place("m.predictions", 0), Place("m.labels", 0)
OUTCOMES = {SAID: Found(distinct=9), TRUE: Found(distinct=3)}


def test_a_labeler_s_outcomes_join_what_it_took() -> None:
    """Not everything that was taken is joined yet; that is no fault."""
    letters = {TRUE: Found(distinct=1)}
    assert prove(JOINED, Facts(outcomes=OUTCOMES, dead_letters=letters)).status == "balanced"
    assert prove(JOINED, Facts(outcomes={}, dead_letters=letters)).status == "balanced"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({**OUTCOMES, SAID: Found(distinct=9, repeated=1)}, "m.predictions[0] offsets 0 to 10: outcomes: found 1 more"),
        ({**OUTCOMES, TRUE: Found(distinct=3, outside=2)}, "m.labels[0] offsets 0 to 5: outcomes: found 2 from"),
        ({**OUTCOMES, SAID: Found(distinct=10)}, "outcomes: found 10 source positions, expected 9 at most"),
        ({**OUTCOMES, Place("m.labels", 1): Found(distinct=0, outside=1)}, "m.labels[1] offsets 0 to 0: outcomes"),
    ],
)
def test_an_outcome_of_something_else_breaks_a_labeler_s_account(found: dict[Place, Found], words: str) -> None:
    """Twice of the same, of a position that nobody took, of more than was taken."""
    assert words in said(prove(JOINED, Facts(outcomes=found)))
