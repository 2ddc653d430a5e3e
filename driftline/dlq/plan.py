"""What a redrive does with each letter: send it, leave it, refuse it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from driftline.dlq.letters import Letter
from driftline.shown import moment
from stream.dead_letters import REDRIVES
from stream.partitioner import partition_of

MISROUTED = "misrouted"
"""The reason of letters that stood in a partition which murmur2 of their key does not give."""
Verdict = Literal["send", "skip", "refuse"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Under which terms letters are sent again: to `source`, at most `most_cycles` times each.

    `again` also sends what was sent before; `has_value` says that a corrected value takes the original's place;
    `rekey` sends what was misrouted to the partition of its key.
    """

    source: str
    most_cycles: int = 3
    again: bool = False
    has_value: bool = False
    rekey: bool = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """What happens to one letter, with why."""

    letter: Letter
    verdict: Verdict
    why: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record as it is sent again."""

    letter: Letter
    value: bytes | None
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


def plan(letters: Iterable[Letter], terms: Terms) -> list[Step]:
    """What happens to each letter."""
    return [_step(letter, terms) for letter in letters]


def _step(letter: Letter, terms: Terms) -> Step:
    if letter.redriven_millis is not None and not terms.again:
        when = moment(letter.redriven_millis * 1000)
        return Step(letter=letter, verdict="skip", why=f"sent again already at {when}: --again sends it once more")
    refusal = _refusal(letter, terms)
    if refusal is not None:
        return Step(letter=letter, verdict="refuse", why=refusal)
    how = "from where its bytes are" if letter.is_reference else "as it was"
    how = "to the partition of its key" if letter.reason == MISROUTED else how
    return Step(letter=letter, verdict="send", why="with the corrected value" if terms.has_value else how)


def _refusal(letter: Letter, terms: Terms) -> str | None:
    """Why a letter is not sent again; None where it is."""
    if letter.source is None:
        return "it carries no note of where it comes from"
    if letter.source[0].topic != terms.source:
        return f"it comes from {letter.source[0].topic}, not from {terms.source}"
    if letter.reason == MISROUTED and not terms.rekey:
        return "it would be misrouted again: --rekey sends it to the partition of its key"
    if letter.redrives >= terms.most_cycles:
        return f"it came back {letter.redrives} times: --max-cycles {letter.redrives + 1} lets it try once more"
    if letter.is_reference and "sha256" not in letter.note and not terms.has_value:
        return "nobody ever saw its bytes: its compressed batch cannot be opened"
    return None


def counts(steps: Iterable[Step]) -> Mapping[str, int]:
    """How many letters have each verdict."""
    found = Counter(step.verdict for step in steps)
    return {verdict: found[verdict] for verdict in ("send", "skip", "refuse")}


def headers_of(record: Record) -> list[tuple[str, bytes | None]]:
    """The record's own headers with the count of its cycles, which its next letter will tell."""
    kept = [(name, value) for name, value in record.headers if name != REDRIVES]
    return [*kept, (REDRIVES, str(record.letter.redrives + 1).encode())]


def partition_for(record: Record, partitions: int) -> int:
    """The partition it stood in; where that was wrong, or there are fewer now, the one its key belongs to."""
    stood = record.letter.source[0].partition if record.letter.source else record.letter.partition
    if stood < partitions and not (record.key and record.letter.reason == MISROUTED):
        return stood
    return partition_of(record.key, partitions) if record.key else stood % partitions
