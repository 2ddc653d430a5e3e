"""The story of an event as people and machines read it, from records that were found."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from driftline.shown import Shown
from driftline.why.story import Sighting, Story
from tests.driftline.why.records import DIGEST, HOUR, T, label, outcome, position, prediction

SOURCE = position("features", 3)
FIRST, SECOND = label("e1", False, at=HOUR), label("e1", True, at=30 * HOUR, revision=1)  # noqa: FBT003 - a label


def sighting(kind: str, record: Mapping[str, Any] | None, offset: int = 0, **note: str) -> Sighting:
    """A record on its topic."""
    shown = Shown(partition=0, offset=offset, timestamp_millis=T // 1000, key=b"k\x1b", record=record, note=note)
    return Sighting(f"m.{kind}", shown)


def told(story: Story) -> str:
    """The lines as they would be printed."""
    return "\n".join(f"{name}|{text}" for name, text in story.lines())


@pytest.fixture
def story() -> Story:
    """An event that was answered, labelled twice, and whose outcome was revised."""
    made = Story("e1")
    made.found["outcomes"] = [
        sighting("outcomes", outcome("e1", SOURCE, "matched", 0, FIRST), 1),
        sighting("outcomes", outcome("e1", SOURCE, "revised", 1, SECOND), 2),
    ]
    made.found["labels"] = [sighting("labels", FIRST, 5), sighting("labels", SECOND, 6)]
    said = prediction("e1", SOURCE, reasons=["unseen:dest"], ood={"score": 1.5, "flagged": True}, segments={"o": "EWR"})
    made.found["predictions"] = [sighting("predictions", said, 4)]
    made.found["features"] = [
        sighting("features", {"event_id": "e1", "event_time": T, "late": None, "dest": "\x1b[2J"}, 3)
    ]
    made.letters = [sighting("labels.dlq", None, 0, reason="misrouted", message="why", topic="m.labels")]
    return made


def test_it_is_told_in_the_order_in_which_it_happened(story: Story) -> None:
    """Event, prediction, labels, outcomes by seq, dead letters; each with where it lies and when it came."""
    heads = [name for name, _ in story.lines() if name]
    assert heads == ["event", "prediction", "label", "label", "outcome 0", "outcome 1", "dead letter", "stands"]
    text = told(story)
    assert "event|m.features[0] offset 3, 2013-03-01T00:00:00.000Z\n|key k\\x1b\n|event_id=e1 event_time=" in text
    assert "event_time=2013-03-01T00:00:00.000Z late=none dest=" in text
    assert "|scored: decision true, score 0.75, estimate 0.5\n|reasons unseen:dest\n" in text
    assert f"|model m 1, digest {DIGEST[:12]}, champion\n|ood 1.5 (1 is the threshold), out of distribution" in text
    assert "|answers m.features[0] offset 3\n" in text
    assert "|false, revision 0, known at 2013-03-01T01:00:00.000Z, 1 h after the event" in text
    assert "|true, revision 1, known at 2013-03-02T06:00:00.000Z, 1 d 6 h after the event" in text
    assert "|revised: decision true, score 0.75, estimate 0.5; label true, which was right\n" in text
    assert "|joins m.predictions[0] offset 4 with m.labels[0] offset 7" in text
    assert "|misrouted: why\n|stood at m.labels[?] offset ?" in text


def test_what_stands_is_the_highest_seq_the_first_of_them(story: Story) -> None:
    """A duplicate's -1 replaces nothing; each version and arm stands for itself."""
    repeated = {**outcome("e1", SOURCE, "expired", 1, None)}
    other = {**outcome("e1", SOURCE, "duplicate", -1, None), "model_version": "2"}
    story.found["outcomes"] += [sighting("outcomes", repeated, 3), sighting("outcomes", other, 4)]
    stands = [text for name, text in story.lines() if name == "stands"]
    assert stands == [
        "revised (version 1, champion); label true, which was right",
        "duplicate (version 2, champion)",
    ]


def test_nothing_that_a_terminal_obeys_is_printed(story: Story) -> None:
    """Escapes, wherever they stand."""
    assert "\x1b" not in told(story)
    assert "dest=\\x1b[2J" in told(story)


def test_a_record_that_cannot_be_read_is_told_as_that(story: Story) -> None:
    """Where it lies, and why nobody can read it."""
    story.found["features"] = [sighting("features", None, 3, unreadable="schema 9 is not known here")]
    assert "|unreadable=schema 9 is not known here" in told(story)


def test_what_is_no_longer_kept_is_said() -> None:
    """Its position, though nobody can read it."""
    story = Story("e1", gone=["m.features[0] offset 3"])
    story.found["predictions"] = [sighting("predictions", prediction("e1", SOURCE, mode="rejected"), 4)]
    assert told(story).startswith("event|no longer kept: it was m.features[0] offset 3\nprediction|")
    assert "\n|rejected\n" in told(story)
    assert story.sources == {("m.features", 0, 3)}


def test_the_data_holds_every_record(story: Story) -> None:
    """JSON throughout; nothing found is said as that."""
    said = json.loads(json.dumps(story.as_data()))
    assert said["found"]
    assert [one["record"]["seq"] for one in said["outcomes"]] == [0, 1]
    assert said["events"][0]["topic"] == "m.features"
    assert said["dead_letters"][0]["note"]["reason"] == "misrouted"
    empty = Story("e2")
    assert (empty.is_empty, empty.as_data()["found"], told(empty)) == (True, False, "")
