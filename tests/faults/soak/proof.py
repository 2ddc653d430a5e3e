"""Invariant R over columns: every input answered once, as its kind demands, in order, to everybody the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.faults.soak.answers import Answers, Column, Columns, Fed
from tests.faults.soak.feeding import ANSWERS, DEAD, DEGRADED, MARK, REJECTED, SCORED, kind_of

SHIFT = 40
NAMED = 5
WORDS = {SCORED: "scored", DEGRADED: "degraded", REJECTED: "rejected", DEAD: "dead", MARK: "marks"}


@dataclass
class Findings:
    """How the answers are spread, how many are missing, how many are too many, with everything found wrong in words."""

    answered: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    duplicates: int = 0
    faults: list[str] = field(default_factory=list)


def proven(fed: Fed, answers: Answers, *, seed: int, delivered: Column, followed: Answers) -> Findings:
    """Hold `answers`, as read at the end, against what was fed and against what a reader `followed` all the while.

    `delivered` (n,) are the numbers whose delivery the producers were told of.
    """
    found = Findings()
    how, numbers, sources = answers["how"], answers["number"], fed["number"]
    found.answered = {word: int((how == code).sum()) for code, word in WORDS.items()}
    lost, again = np.setdiff1d(sources, numbers), _repeated(numbers)
    found.lost = len(lost)
    found.duplicates = len(again)
    found.faults += _say("inputs without an answer", lost)
    found.faults += _say("inputs answered again", again)
    found.faults += _say("answers to what was never fed", np.setdiff1d(numbers, sources))
    found.faults += _say("inputs that stand twice on the topic", _repeated(sources))
    found.faults += _say("deliveries confirmed but not there", np.setdiff1d(delivered, sources))
    found.faults += _sources(fed, answers)
    found.faults += _kinds(how, numbers, seed)
    found.faults += _order(answers)
    found.faults += _followed(answers, followed)
    return found


def _say(what: str, numbers: Column) -> Iterator[str]:
    if len(numbers):
        yield f"{len(numbers)} {what}: {', '.join(map(str, numbers[:NAMED].tolist()))}{' ...' * (len(numbers) > NAMED)}"


def _repeated(values: Column) -> Column:
    """Every value beyond its first appearance."""
    ordered: Column = np.sort(values)
    again: Column = ordered[1:][ordered[1:] == ordered[:-1]]
    return again


def _place(rows: Columns, partition: str, offset: str) -> Column:
    places: Column = (rows[partition] << SHIFT) | rows[offset]
    return places


def _sources(fed: Fed, answers: Answers) -> Iterator[str]:
    """Each answer names the position of its own input, with its key, in its partition; a position is used once."""
    turn = np.argsort(fed["number"], kind="stable")
    numbers, stood = fed["number"][turn], _place(fed, "partition", "offset")[turn]
    keys, partitions = fed["key"][turn], fed["partition"][turn]
    said = answers["number"]
    known = np.isin(said, numbers)
    at = np.searchsorted(numbers, said[known])
    has_source = answers["how"][known] != MARK
    named = _place(answers, "source_partition", "source_offset")[known]
    yield from _say("answers that name another position", said[known][has_source & (named != stood[at])])
    yield from _say("answers with another key", said[known][answers["key"][known] != keys[at]])
    yield from _say("answers in another partition", said[known][answers["partition"][known] != partitions[at]])
    yield from _say("positions answered again", _repeated(named[has_source]))


def _kinds(how: Column, numbers: Column, seed: int) -> Iterator[str]:
    kinds = [kind_of(seed, number) for number in numbers.tolist()]
    wrong = np.array([code not in ANSWERS[kind] for code, kind in zip(how.tolist(), kinds, strict=True)], bool)
    for kind in sorted({kinds[row] for row in np.flatnonzero(wrong)}):
        rows = [row for row in np.flatnonzero(wrong) if kinds[row] == kind]
        words = sorted({WORDS[int(how[row])] for row in rows})
        yield from _say(f"inputs of kind {kind!r} answered as {' or '.join(words)}", numbers[rows])


def _order(answers: Answers) -> Iterator[str]:
    """Within an output's partition the sources ascend: so do those of every key."""
    is_letter, has_source = answers["how"] == DEAD, answers["how"] != MARK
    for letters in (False, True):
        rows = np.flatnonzero((is_letter == letters) & has_source)
        partition, offset, source = (answers[name][rows] for name in ("partition", "offset", "source_offset"))
        turn = np.lexsort((offset, partition))
        falls = (np.diff(partition[turn]) == 0) & (np.diff(source[turn]) <= 0)
        yield from _say("answers out of order", answers["number"][rows][turn][1:][falls])


def _followed(answers: Answers, followed: Answers) -> Iterator[str]:
    """Who read along saw the very records that are there at the end, each once."""
    there, seen = (_records(one) for one in (answers, followed))
    yield from _say("records that the follower saw again", _repeated(seen))
    yield from _say("records that the follower never saw", np.setdiff1d(there, seen))
    yield from _say("records that the follower saw and that are not there", np.setdiff1d(seen, there))


def _records(answers: Answers) -> Column:
    named: Column = (_place(answers, "partition", "offset") << 1) | (answers["how"] == DEAD)
    return named


def merged(columns: Sequence[Column]) -> Column:
    """Several columns as one."""
    return np.concatenate(columns) if columns else np.empty(0, np.int64)
