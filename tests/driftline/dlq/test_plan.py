"""What a redrive would do with each letter, decided without any Kafka."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from driftline.dlq.letters import Letter, mark_of, note_of
from driftline.dlq.plan import Record, Terms, counts, headers_of, partition_for, plan
from driftline.dlq.view import dump, summary_of
from driftline.dlq.wanted import box_of, box_to_empty, id_of, moment, wanted
from driftline.output import Refusal
from driftline.where import Where
from stream.partitioner import partition_of
from stream.records import Headers

NOTE = {"topic": "m.features", "partition": "2", "offset": "41", "reason": "bad_magic", "attempt": "1"}
LETTER = Letter(partition=2, offset=7, at_millis=1_000_000, size=3, note=NOTE)
TERMS = Terms(source="m.features")
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def noted(**other: str) -> Letter:
    """The letter, with some of its note replaced."""
    return replace(LETTER, note={**NOTE, **other})


@pytest.mark.parametrize(
    ("letter", "terms", "verdict", "why"),
    [
        (LETTER, TERMS, "send", "as it was"),
        (replace(LETTER, redriven_millis=5), TERMS, "skip", "sent again already at 1970-01-01T00:00:00.005Z"),
        (replace(LETTER, redriven_millis=5), replace(TERMS, again=True), "send", "as it was"),
        (replace(LETTER, note={}), TERMS, "refuse", "no note"),
        (noted(offset="x"), TERMS, "refuse", "no note"),
        (noted(topic="other"), TERMS, "refuse", "it comes from other, not from m.features"),
        (noted(attempt="4"), TERMS, "refuse", "it came back 3 times: --max-cycles 4"),
        (noted(attempt="4"), replace(TERMS, most_cycles=4), "send", "as it was"),
        (noted(reference="offset", sha256="ab"), TERMS, "send", "from where its bytes are"),
        (noted(reference="offset"), TERMS, "refuse", "nobody ever saw its bytes"),
        (noted(reason="misrouted"), TERMS, "refuse", "it would be misrouted again: --rekey"),
        (noted(reason="misrouted"), replace(TERMS, rekey=True), "send", "to the partition of its key"),
        (LETTER, replace(TERMS, rekey=True), "send", "as it was"),
        (noted(reference="offset"), replace(TERMS, has_value=True), "send", "with the corrected value"),
    ],
)
def test_each_letter_has_its_verdict(letter: Letter, terms: Terms, verdict: str, why: str) -> None:
    """Sent, skipped as sent before, or refused, with why."""
    (step,) = plan([letter], terms)
    assert step.verdict == verdict
    assert step.why.startswith(why) or why in step.why
    assert counts([step])[verdict] == 1


@pytest.mark.parametrize(("attempt", "redrives"), [("1", 0), ("3", 2), ("0", 0), ("", 0), ("x", 0), ("²", 0)])
def test_cycles_are_counted_by_the_note(attempt: str, redrives: int) -> None:
    """What is no count is none; the next record says one more."""
    letter = noted(attempt=attempt)
    assert letter.redrives == redrives
    record = Record(letter=letter, value=b"", key=None, headers=[("a", b"1"), ("dlq.redrives", b"9"), ("a", None)])
    assert headers_of(record) == [("a", b"1"), ("a", None), ("dlq.redrives", b"%d" % (redrives + 1))]


@pytest.mark.parametrize(("key", "partitions", "expected"), [(b"k", 3, 2), (None, 3, 2), (None, 2, 0)])
def test_a_record_goes_where_it_stood(key: bytes | None, partitions: int, expected: int) -> None:
    """As long as there is such a partition."""
    assert partition_for(Record(letter=LETTER, value=b"", key=key, headers=()), partitions) == expected


def test_a_record_that_was_misrouted_goes_where_its_key_belongs() -> None:
    """As Java clients would choose it; where it has no key, nobody could say better."""
    for key in (b"a", b"b", b"c", b"d", b"e", b"f"):
        record = Record(letter=noted(reason="misrouted"), value=b"", key=key, headers=())
        assert partition_for(record, 3) == partition_of(key, 3)
    assert partition_for(Record(letter=noted(reason="misrouted"), value=b"", key=None, headers=()), 3) == 2


def test_a_partition_that_is_no_more_gives_way_to_the_keys_own() -> None:
    """As Java clients would choose it."""
    for key in (b"a", b"b", b"c", b"d"):
        assert partition_for(Record(letter=LETTER, value=b"", key=key, headers=()), 2) == partition_of(key, 2)


@pytest.mark.parametrize(
    ("value", "headers", "mark"),
    [
        (None, [("dlq.redriven", b"2/7")], (2, 7)),
        (b"x", [("dlq.redriven", b"2/7")], None),
        (None, [("dlq.redriven", b"2/7"), ("dlq.error.reason", b"empty")], None),
        (None, [("dlq.redriven", b"2:7")], None),
        (None, [("dlq.redriven", b"\xff")], None),
        (None, [], None),
    ],
)
def test_a_letter_is_never_taken_for_a_mark(
    value: bytes | None, headers: Headers, mark: tuple[int, int] | None
) -> None:
    """An event may bring the mark's header; its letter carries a note, a mark does not."""
    assert mark_of(value, headers) == mark


def test_the_last_of_a_name_is_ours() -> None:
    """An event may bring the note's names, with any bytes."""
    headers = [("dlq.error.reason", b"\xff"), ("trace", b"1"), ("dlq.error.reason", b"empty"), ("dlq.error.x", None)]
    assert note_of(headers) == {"reason": "empty", "x": ""}


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ({}, True),
        ({"reason": ["bad_magic", "empty"]}, True),
        ({"reason": ["empty"]}, False),
        ({"partition": [2]}, True),
        ({"partition": [3]}, False),
        ({"source_offset": "41"}, True),
        ({"source_offset": "42-"}, False),
        ({"source_offset": "40-41"}, True),
        ({"source_offset": "0-40"}, False),
        ({"since": "1970-01-01T00:16:40Z"}, True),
        ({"since": "1970-01-01T00:16:41"}, False),
        ({"until": "1970-01-01T00:16:40Z"}, False),
        ({"until": "1h"}, True),
        ({"ids": ["2:7"]}, True),
        ({"ids": ["2:8"]}, False),
    ],
)
def test_filters_take_what_they_say(*, said: dict[str, object], taken: bool) -> None:
    """Each on its own."""
    nothing = {"reason": None, "since": None, "until": None, "partition": None, "source_offset": None}
    assert wanted(**{**nothing, **said}, now=NOW).takes(LETTER) == taken  # type: ignore[arg-type]  # a test's words


def test_a_duration_is_taken_back_from_now() -> None:
    """In milliseconds since 1970."""
    assert moment("90m", NOW) == int(NOW.timestamp() * 1000) - 5_400_000


@pytest.mark.parametrize("text", ["", "2:", ":7", "2/7", "-1:2", "x:y"])
def test_what_names_no_letter_is_refused(text: str) -> None:
    """With how one is named."""
    with pytest.raises(Refusal, match="expected a letter"):
        id_of(text)


@pytest.mark.parametrize("said", [{"since": "yesterday"}, {"source_offset": "a-b"}, {"source_offset": "3-x"}])
def test_filters_that_cannot_be_read_are_refused(said: dict[str, str]) -> None:
    """With what was found."""
    nothing = {"reason": None, "since": None, "until": None, "partition": None, "source_offset": None}
    with pytest.raises(Refusal, match="found '"):
        wanted(**{**nothing, **said})  # type: ignore[arg-type]  # a test's words


def test_a_dump_is_harmless_and_bounded() -> None:
    """Sixteen bytes a line, nothing that a terminal would obey, and how many are not shown."""
    lines = list(dump(b"\x1b[2Jabc" + bytes(60), 20))
    assert lines[0] == "00000000  1b 5b 32 4a 61 62 63 00 00 00 00 00 00 00 00 00  .[2Jabc........."
    assert lines[1].startswith("00000010  00 00 00 00 ")
    assert lines[2] == "... 47 of 67 bytes not shown: --bytes shows more"


def test_the_summary_counts_by_reason() -> None:
    """The most first, with how many were sent again."""
    some = [LETTER, replace(LETTER, redriven_millis=1), noted(reason="empty")]
    assert summary_of(some) == [("bad_magic", 2, 1), ("empty", 1, 0)]


def test_profiles_that_were_set_aside_are_listed_and_never_sent_again() -> None:
    """Each accounts for a transaction that is over; what no topic sets aside is refused by name."""
    at = Where(brokers="b:9", model="m", prefix="p.", schemas=Path("schemas"))
    box = box_of(at, "profiles")
    assert (box.topic, box.source) == ("p.m.profiles.dlq", "p.m.profiles")
    assert box_to_empty(at, "labels").topic == "p.m.labels.dlq"
    with pytest.raises(Refusal, match="letters of profiles are not sent again"):
        box_to_empty(at, "profiles")
    with pytest.raises(Refusal, match="found --topic outcomes"):
        box_of(at, "outcomes")
