"""How dead letters look on a terminal, in a pipe and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from driftline.dlq.letters import Letter
from driftline.dlq.originals import Lost
from driftline.dlq.plan import Record, Step
from driftline.shown import moment, printable, text_of

LONGEST = 200
COLUMNS = ("letter", "set aside", "reason", "source", "attempt", "bytes", "sent again")


def row_of(letter: Letter) -> list[str]:
    """A letter as a row under COLUMNS."""
    return [
        name_of(letter),
        moment(letter.at_millis * 1000),
        printable(letter.reason),
        source_of(letter),
        str(letter.redrives + 1),
        "unseen" if letter.size is None else f"{letter.size:,}{' by reference' if letter.is_reference else ''}",
        "" if letter.redriven_millis is None else moment(letter.redriven_millis * 1000),
    ]


def name_of(letter: Letter) -> str:
    """A letter's name, as commands take it."""
    return f"{letter.partition}:{letter.offset}"


def source_of(letter: Letter) -> str:
    """Where it stood."""
    if letter.source is None:
        return "unknown"
    place, offset = letter.source
    return printable(f"{place.topic}[{place.partition}] {offset}")


def data_of(letter: Letter) -> dict[str, Any]:
    """A letter for machines."""
    source = letter.source
    return {
        "letter": name_of(letter),
        "partition": letter.partition,
        "offset": letter.offset,
        "timestamp": moment(letter.at_millis * 1000),
        "reason": letter.reason,
        "source": None if source is None else {**source[0]._asdict(), "offset": source[1]},
        "attempt": letter.redrives + 1,
        "size": letter.size,
        "reference": letter.is_reference,
        "redriven": None if letter.redriven_millis is None else moment(letter.redriven_millis * 1000),
        "note": dict(letter.note),
    }


def summary_of(letters: Sequence[Letter]) -> list[tuple[str, int, int]]:
    """Reason, letters, how many of them were sent again; the most first."""
    reasons = sorted({letter.reason for letter in letters})
    found = [(reason, [letter for letter in letters if letter.reason == reason]) for reason in reasons]
    rows = [(reason, len(some), sum(one.redriven_millis is not None for one in some)) for reason, some in found]
    return sorted(rows, key=lambda row: -row[1])


def whole_of(letter: Letter, record: Record | Lost) -> Iterator[tuple[str, str]]:
    """A letter's every fact, as (name, text), without its payload."""
    yield from zip(COLUMNS, row_of(letter), strict=True)
    yield from ((f"note {name}", _cut(printable(text))) for name, text in letter.note.items())
    if isinstance(record, Lost):
        yield "original", printable(record.why)
        return
    yield "key", _cut(text_of(record.key) or "none")
    yield from ((f"header {printable(name)}", _cut(text_of(value) or "none")) for name, value in record.headers)


def dump(data: bytes, most: int) -> Iterator[str]:
    """The first `most` bytes as people read them, sixteen a line."""
    for start in range(0, min(len(data), most), 16):
        piece = data[start : min(start + 16, most)]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)  # noqa: PLR2004 - printable ASCII
        yield f"{start:08x}  {piece.hex(' '):<47}  {text}"
    if len(data) > most:
        yield f"... {len(data) - most:,} of {len(data):,} bytes not shown: --bytes shows more"


def step_row(step: Step) -> list[str]:
    """What happens to a letter, as a row."""
    return [name_of(step.letter), printable(step.letter.reason), source_of(step.letter), step.verdict, step.why]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text):,} characters)"
