"""The proof sees every way in which a scorer could be wrong."""

from collections.abc import Callable

import numpy as np
import pytest

from driftline.books import Books
from tests.faults.soak.answers import NONE, Answers, Fed
from tests.faults.soak.feeding import ANSWERS, DEAD, MARK, SCORED, kind_of
from tests.faults.soak.proof import Findings, proven

SEED, INPUTS, PARTITIONS = 5, 3_000, 3
HOW, PARTITION, OFFSET, SOURCE_PARTITION, SOURCE_OFFSET, NUMBER, KEY = range(7)
Rows = list[list[int]]


def right() -> Rows:
    """Answers as they should be, in the order of the input."""
    rows, ends = [], dict[tuple[int, bool], int]()
    for number in range(INPUTS):
        how = ANSWERS[kind_of(SEED, number)][0]
        partition, source = number % PARTITIONS, number // PARTITIONS
        offset = ends[partition, how == DEAD] = ends.get((partition, how == DEAD), -1) + 1
        where = [NONE, NONE] if how == MARK else [partition, source]
        rows.append([how, partition, offset, *where, number, number % 7])
    return rows


def found(rows: Rows, followed: Rows | None = None, delivered: int = INPUTS) -> Findings:
    """What the proof says of them."""
    fed, answers, seen = Fed(), *(Answers(Books(brokers="", model="tiny")) for _ in range(2))
    for number in range(INPUTS):
        fed.append(number % PARTITIONS, number // PARTITIONS, number, number % 7)
    for row in rows:
        answers.append(*row)
    for row in rows if followed is None else followed:
        seen.append(*row)
    return proven(fed, answers, seed=SEED, delivered=np.arange(delivered), followed=seen)


def at(rows: Rows, how: int) -> int:
    """The first answer of that kind after some others."""
    return next(place for place, row in enumerate(rows) if row[HOW] == how and place > PARTITIONS)


def change(column: int, value: int, how: int = SCORED) -> Callable[[Rows], None]:
    """One answer says otherwise."""

    def do(rows: Rows) -> None:
        rows[at(rows, how)][column] = value

    return do


def swap(rows: Rows) -> None:
    """Two answers of one partition change places."""
    one, two = (rows[at(rows, SCORED) + PARTITIONS * n] for n in range(2))
    one[OFFSET], two[OFFSET] = two[OFFSET], one[OFFSET]


def again(rows: Rows) -> None:
    """An answer is given a second time, at the end."""
    first = rows[at(rows, SCORED)]
    rows.append([*first[:OFFSET], INPUTS, *first[OFFSET + 1 :]])


def test_what_is_right_is_left_alone() -> None:
    """No fault, every kind counted."""
    said = found(right())
    assert (said.faults, said.lost, said.duplicates) == ([], 0, 0)
    assert sum(said.answered.values()) == INPUTS
    assert min(count for word, count in said.answered.items() if word != "degraded") > 0


WRONG: dict[str, Callable[[Rows], None]] = {
    "inputs without an answer": lambda rows: rows.__delitem__(at(rows, SCORED)),
    "inputs answered again": again,
    "answers to what was never fed": change(NUMBER, INPUTS + 5),
    "answers that name another position": change(SOURCE_OFFSET, INPUTS),
    "positions answered again": change(SOURCE_OFFSET, 0),
    "answers with another key": change(KEY, 99),
    "answers in another partition": change(PARTITION, 7),
    "answers out of order": swap,
    "answered as dead": change(HOW, DEAD),
    "answered as scored": change(HOW, SCORED, DEAD),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_is_wrong_is_named(words: str) -> None:
    """One answer of three thousand is enough."""
    rows = right()
    WRONG[words](rows)
    said = found(rows)
    assert any(words in fault for fault in said.faults), said.faults


def test_lost_and_doubled_are_counted() -> None:
    """The two numbers that a soak is about."""
    rows = right()
    again(rows)
    del rows[at(rows, DEAD)], rows[at(rows, MARK)]
    said = found(rows)
    assert (said.lost, said.duplicates) == (2, 1)


@pytest.mark.parametrize(
    ("followed", "words"),
    [
        (right()[1:], "the follower never saw"),
        ([*right(), right()[0]], "the follower saw again"),
        ([*right(), [SCORED, 0, INPUTS, 0, 0, 0, 0]], "saw and that are not there"),
    ],
)
def test_a_reader_that_followed_saw_the_same(followed: Rows, words: str) -> None:
    """Not less, not twice, not what was taken back."""
    assert any(words in fault for fault in found(right(), followed).faults)


def test_a_confirmed_delivery_is_there() -> None:
    """What a producer was told is on the topic is looked for."""
    assert any("confirmed but not there" in fault for fault in found(right(), delivered=INPUTS + 1).faults)
