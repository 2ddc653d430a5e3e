"""Labels as nobody wishes for them, clocks that are wrong, backlogs: each has its named end, and hurts nobody else."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from schemas.records import write_record
from stream.memory import MemoryLog
from stream.records import Batch
from tests.services.labeler.records import HOUR
from tests.services.labeler.world import START, World

IN_2099 = 4_070_908_800_000_000
MINUTE, DAY = HOUR // 60, 24 * HOUR


class Shuffled(MemoryLog):
    """A log whose next batch is of either topic, by chance."""

    chance = Random(0)

    def poll(self, timeout_seconds: float) -> Batch | None:
        """As the twin, of one topic."""
        topic = self.chance.choice(self.topics)
        resting = {place for place in self._positions.ends() if place.topic != topic} - self._held
        self._held |= resting
        try:
            return super().poll(timeout_seconds)
        finally:
            self._held -= resting


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One partition."""
    return World(tmp_path)


@pytest.mark.parametrize(
    ("place", "said", "result"),
    [
        (0, {"labelled_at": IN_2099}, "orphan"),
        (0, {"labelled_at": START - 1}, "premature"),
        (1, {"revision": 1, "label": False}, "outdated"),
        (1, {"revision": 2, "label": False}, "conflict"),
        (1, {"revision": 2}, "duplicate"),
        (1, {"revision": 3, "label": False, "labelled_at": IN_2099}, "too_late"),
    ],
)
def test_a_label_that_changes_nothing_is_counted_by_name(
    world: World, place: int, said: dict[str, Any], result: str
) -> None:
    """From the future, before its event, before or behind what is known, again: the good one's outcome stands."""
    world.predict({}, {"event_id": "e1"})
    world.run()
    labels: list[dict[str, Any]] = [{"revision": 2}, {"event_id": "e1"}]
    labels.insert(place, said)
    world.tell(*labels)
    world.run()
    assert world.results() == {"matched": 2, result: 1}
    assert world.last() == {"e0": ("matched", True), "e1": ("matched", True)}
    assert world.dead(world.topics.labels) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "empty"),
        (None, "empty"),
        (b"no label at all", "bad_magic"),
        (b"\0" * 10_000_000, "too_large"),
        ({"label": None}, "null_label"),
        ({"label": "late"}, "wrong_label_type"),
        ({"label": 7}, "unknown_class"),
        ({"label": "x" * 10_000_000}, "too_large"),
        ({"revision": -1}, "bad_value"),
        ({"labelled_at": -1}, "bad_value"),
        ({"event_id": ""}, "no_id"),
    ],
)
def test_what_is_no_label_is_set_aside_and_its_neighbours_are_joined(
    world: World, said: dict[str, Any] | bytes | None, reason: str
) -> None:
    """Each with its reason, in a dead letter that no broker would refuse."""
    world.predict({}, {"event_id": "e1"})
    world.tell({})
    if isinstance(said, dict):
        record = {"event_id": "e0", "label": True, "labelled_at": START, "revision": 0, **said}
        said = write_record("label", record, world.frames["label"])
    world.put(world.topics.labels, said, b"e0", 0)
    world.tell({"event_id": "e1"})
    world.run()
    assert world.dead(world.topics.labels) == [reason]
    assert world.last() == {"e0": ("matched", True), "e1": ("matched", True)}
    assert world.sums("taken", "dead") == {"taken": 4, "dead": 1}
    letters = [entry.value for entry in world.broker.partitions[f"{world.topics.labels}.dlq"][0] if not entry.marker]
    assert all(len(value or b"") < 1_000_000 for value in letters)


def test_too_many_labels_of_one_event_are_set_aside(world: World) -> None:
    """Fifteen are heard; neither the event nor its neighbour is worse for the rest."""
    world.predict({}, {"event_id": "e1"})
    world.tell(*({"revision": number} for number in range(20)), {"event_id": "e1"})
    world.run()
    assert world.dead(world.topics.labels) == ["too_many_labels"] * 5
    assert {name: status for name, (status, _) in world.last().items()} == {"e0": "revised", "e1": "matched"}


@pytest.mark.parametrize("topic", ["predictions", "labels"])
@pytest.mark.parametrize("number", [0, 3])
@pytest.mark.parametrize("lost", [False, True])
def test_an_event_time_in_2099_expires_nobody(tmp_path: Path, topic: str, number: int, *, lost: bool) -> None:
    """First of its partition or among others, seen as it comes or in a rebuild: no other is too late for it."""
    world = World(tmp_path, idle_seconds=0.1)
    for one in range(6):
        if one == number and topic == "predictions":
            world.predict({"event_id": "far", "event_time": IN_2099})
        if one == number and topic == "labels":
            world.tell({"event_id": "far", "labelled_at": IN_2099})
        world.predict({"event_id": f"e{one}", "event_time": START + one * MINUTE})
        if one < 3:
            world.tell({"event_id": f"e{one}"})
    world.run()
    if lost:
        world.room.lose()
    world.tell(*({"event_id": f"e{one}"} for one in range(3, 6)))
    world.run()
    assert world.last() == {f"e{one}": ("matched", True) for one in range(6)}
    assert len(world.outcomes()) == 6


def test_a_third_of_all_coming_twice_changes_nothing(tmp_path: Path) -> None:
    """Predictions and labels: the table is that of each once, and what came again is told apart."""
    once, twice = World(tmp_path / "a"), World(tmp_path / "b")
    for number in range(300):
        for world in (once, twice):
            for _ in range(2 if world is twice and number % 3 == 0 else 1):
                world.predict({"event_id": f"e{number}", "event_time": START + number * 1000})
                if number % 5:
                    world.tell({"event_id": f"e{number}", "label": number % 2 == 0})
    for world in (once, twice):
        world.mark(9)
        world.run(60)
    assert twice.last() == once.last()
    assert len(once.last()) == 300
    assert [seq for _, status, seq, _ in twice.outcomes() if status == "duplicate"] == [-1] * 100
    assert twice.results()["duplicate"] == 80
    assert twice.sums("taken") == {"taken": 720}


def test_a_label_may_come_after_ninety_days(tmp_path: Path) -> None:
    """A hundred and fifty days of simulated time, the room lost in the midst: nobody expires a day too soon."""
    patience = {"field": "late", "horizon": "90d", "late_window": "1d", "revision_window": "1d"}
    world = World(tmp_path, label=patience)
    names = [f"e{number}" for number in range(150 * 3)]
    for number, name in enumerate(names):
        now = START + number * DAY // 3
        world.predict({"event_id": name, "event_time": now})
        if number >= 270 and number % 10:
            world.tell({"event_id": names[number - 270], "labelled_at": now})
        if number == 300:
            world.run(60)
            world.room.lose()
    world.run(60)
    statuses = {name: status for name, (status, _) in world.last().items()}
    labelled = {names[number - 270] for number in range(270, len(names)) if number % 10}
    assert {name for name, status in statuses.items() if status == "matched"} == labelled
    expired = {name for name, status in statuses.items() if status == "expired"}
    assert expired <= {name for name in names[:180] if name not in labelled}
    assert len(expired) > 10
    assert len(world.outcomes()) == len(statuses)


@pytest.mark.parametrize("seed", range(6))
def test_after_an_outage_a_backlog_expires_nobody_wrongly(tmp_path: Path, seed: int) -> None:
    """Six hours of both topics, read in an order of chance: whoever was labelled in time is answered so, once."""
    Shuffled.chance = Random(seed)
    world = World(tmp_path, log=Shuffled)
    names = [f"e{number}" for number in range(360)]
    told = [name for name in names if int(name[1:]) % 7]
    for number, name in enumerate(names):
        world.predict({"event_id": name, "event_time": START + number * MINUTE})
        if name in told:
            world.tell({"event_id": name, "labelled_at": START + (number + 55) * MINUTE})
    world.mark(9)
    world.run(200)
    answers = {name: ("matched", True) if name in told else ("expired", None) for name in names}
    assert world.last() == answers
    assert len(world.outcomes()) == len(names)


@pytest.mark.parametrize("at", range(2, 9))
@pytest.mark.parametrize("lost", [False, True])
def test_a_death_behind_a_sweep_s_commit_answers_nobody_again(tmp_path: Path, at: int, *, lost: bool) -> None:
    """A sweep moves no offset: that its transaction never reached the room is seen all the same."""
    world = World(tmp_path, sweep_rows=10)
    names = [f"e{number}" for number in range(40)]
    world.predict(*({"event_id": name} for name in names))
    world.mark(1.5)
    world.run(60, dies="committed", at=at)
    if lost:
        world.room.lose()
    world.run(60)
    assert sorted(world.outcomes()) == sorted((name, "expired", 0, None) for name in names)
    world.kept.stretches.clear()
    world.run(9)
    assert world.kept.stretches == []
