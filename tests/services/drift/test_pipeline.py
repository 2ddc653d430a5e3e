"""The sidecar on the memory twin: killed anywhere it says the same, and no input turns it off."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import Bundle
from services.drift.core import Movement
from services.drift.log.windows import Rule
from services.drift.sums import Inputs
from stream.records import Place, Start, Writes
from tests.services.drift.profiles import HOUR, MINUTE, START, Record, Writer, history, joined, scored, shape, terms
from tests.services.drift.world import World, bundles, story

KILL_POINTS = 100


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, ...]:
    """Two versions."""
    return bundles(tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="module")
def calm(made: tuple[Bundle, ...]) -> tuple[list[str], list[str]]:
    """What is said when nothing happens."""
    world = World(made, Path("bundle"))
    world.feed(story(world.kit.terms))
    assert world.live()
    reports, alerts = world.reports()
    assert len(reports) > 10
    assert len(alerts) == len(reports) // 4
    return reports, alerts


def test_reports_say_what_they_speak_of(made: tuple[Bundle, ...], calm: tuple[list[str], list[str]]) -> None:
    """The key, late rows, positions of the log; each window once."""
    del made
    said = [json.loads(one.partition(" ")[2]) for one in calm[0]]
    assert {one.partition(" ")[0] for one in calm[0]} == {"tiny/1", "tiny/2"}
    assert len({one["report_id"] for one in said}) == len(said)
    assert all(0 <= one["profile_from"] < one["profile_to"] for one in said)
    # version, arm, segment, kind, end: segments are added up and not judged.
    assert {one["report_id"].split("/")[2] for one in said} == {""}
    assert sum(one["late_rows"] for one in said) > 0


@pytest.mark.parametrize("rows", [1, 7, 500])
def test_how_the_log_was_read_changes_nothing(
    made: tuple[Bundle, ...], calm: tuple[list[str], list[str]], rows: int
) -> None:
    """One by one, or all at once."""
    world = World(made, Path("bundle"))
    world.feed(story(world.kit.terms))
    assert world.live(rows=rows)
    assert world.reports() == calm


def test_killed_at_a_hundred_points_it_says_the_same(
    made: tuple[Bundle, ...], calm: tuple[list[str], list[str]]
) -> None:
    """Between reading, writing, offsets and commit; batches of another size in each life; now and then no snapshot."""
    chance = random.Random(7)
    deaths = 0
    while deaths < KILL_POINTS:
        world = World(made, Path("bundle"))
        world.feed(story(world.kit.terms))
        while not world.live(rows=chance.randint(1, 40), dies_at=chance.randint(1, 30)):
            deaths += 1
            if chance.random() < 0.1:
                world.broker.create(world.topics.state, 1)
        assert world.reports() == calm


def corrupt(world: World, how: str) -> None:
    """Do something to the snapshot."""
    state = world.topics.state
    there = world.kit.kept.state()
    chunk = next(key for key in there if b"chunk-core" in key)
    manifest = next(key for key in there if b"manifest" in key)
    changed: dict[str, tuple[bytes, bytes | None]] = {
        "a chunk is missing": (chunk, None),
        "a chunk is another": (chunk, there[chunk][:-3] + b"abc"),
        "the manifest is cut": (manifest, there[manifest][:-10]),
        "of another format": (manifest, there[manifest].replace(b'"format":1', b'"format":9')),
        "the checksum is wrong": (manifest, there[manifest].replace(b'"offset":', b'"offset":1')),
        "the manifest is missing": (manifest, None),
    }
    key, value = changed[how]
    world.broker.produce(Writes(topic=state, values=[value], keys=[key], partitions=[0]))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("a chunk is missing", "is missing"),
        ("a chunk is another", "not the one that its manifest names"),
        ("the manifest is cut", "cannot be read"),
        ("of another format", "found format 9, expected 1"),
        ("the checksum is wrong", "checksum"),
        ("the manifest is missing", "there is none"),
    ],
)
def test_a_bad_snapshot_is_rebuilt_and_nothing_is_said_twice(
    made: tuple[Bundle, ...], calm: tuple[list[str], list[str]], how: str, words: str
) -> None:
    """Whatever is wrong is named; what was reported is judged in silence; the next start finds a good one."""
    world = World(made, Path("bundle"))
    world.feed(story(world.kit.terms))
    assert world.live(until=60)
    corrupt(world, how)
    assert world.live(until=90)
    assert len(world.sight.rebuilt) == 1
    assert words in world.sight.rebuilt[0]
    assert world.live()
    assert len(world.sight.rebuilt) == 1
    assert world.reports() == calm


def test_a_snapshot_of_another_commit_is_not_gone_on_from(
    made: tuple[Bundle, ...], calm: tuple[list[str], list[str]]
) -> None:
    """An older one, with the offset of the group further on."""
    world = World(made, Path("bundle"))
    world.feed(story(world.kit.terms))
    assert world.live(until=30)
    older = dict(world.kit.kept.state())
    assert world.live(until=60)
    world.broker.create(world.topics.state, 1)
    values, keys = list(older.values()), list(older.keys())
    world.broker.produce(Writes(topic=world.topics.state, values=values, keys=keys, partitions=[0] * len(keys)))
    assert world.live()
    assert "it stands at offset" in world.sight.rebuilt[0]
    assert world.reports() == calm


def test_a_rebuilt_state_is_the_state(made: tuple[Bundle, ...]) -> None:
    """Byte for byte what was kept without it."""
    worlds = [World(made, Path("bundle")) for _ in range(2)]
    for world in worlds:
        world.feed(story(world.kit.terms))
        assert world.live(until=60)
    worlds[0].broker.create(worlds[0].topics.state, 1)
    for world in worlds:
        assert world.live(until=90)
    assert [len(world.sight.rebuilt) for world in worlds] == [1, 0]
    assert worlds[0].kit.kept.state() == worlds[1].kit.kept.state()


def test_an_abort_is_as_if_nothing_had_been(made: tuple[Bundle, ...], calm: tuple[list[str], list[str]]) -> None:
    """What was added up in a transaction that never was is taken back."""
    world = World(made, Path("bundle"))
    world.feed(story(world.kit.terms))
    assert world.live(until=50)
    lost = world.broker.partitions.pop(world.topics.drift)
    before = world.sight.results["aborted"]

    assert not world.live(rows=5, dies_at=30)
    assert world.sight.results["aborted"] > before
    world.broker.partitions[world.topics.drift] = lost
    assert world.live()
    assert world.reports() == calm


def test_an_offset_that_was_lost_with_nothing_said_begins_anew(made: tuple[Bundle, ...]) -> None:
    """A first start further on is no rebuild: it knows nothing and says so."""
    world = World(made, Path("bundle"))
    world.feed(story(world.kit.terms))
    world.broker.offsets[world.topics.group, Place(world.topics.profiles, 0)] = Start(20)
    assert world.live()
    assert not world.sight.rebuilt


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_group_that_kafka_forgot_says_nothing_twice(
    made: tuple[Bundle, ...], calm: tuple[list[str], list[str]], *, is_kept: bool
) -> None:
    """It goes on where its snapshot stands; where that is lost too, behind what it reported, after a rebuild."""
    world = World(made, Path("bundle"))
    world.feed(story(world.kit.terms))
    assert world.live(rows=7, until=70)
    world.broker.offsets.clear()
    if not is_kept:
        world.broker.create(world.topics.state, 1)
    assert world.live()
    assert len(world.sight.rebuilt) == (0 if is_kept else 1)
    assert world.reports() == calm


def test_what_is_no_profile_is_set_aside_in_the_same_transaction(
    made: tuple[Bundle, ...], calm: tuple[list[str], list[str]]
) -> None:
    """Original bytes, the reason in its headers; killed or not, once; the reports are those without it."""
    world = World(made, Path("bundle"))
    records = list(story(world.kit.terms))
    for number in range(15):
        records.insert(number * 5, Record(b"garbage %d" % number, 0))
    world.feed(records)
    chance = random.Random(3)
    while not world.live(rows=chance.randint(1, 40), dies_at=chance.randint(1, 20)):
        pass
    letters = [entry for _, entry in world.broker.committed(Place(world.topics.dead_letters, 0), 0, 1_000)]
    assert [entry.value for entry in letters] == [b"garbage %d" % number for number in range(15)]
    assert {dict(entry.headers or ())["dlq.error.reason"] for entry in letters} == {b"unreadable"}
    there = [[json.loads(one.partition(" ")[2])["digest"] for one in said] for said in (world.reports()[0], calm[0])]
    assert there[0] == there[1]


TERMS = terms(shape("1"))
SHAPE = TERMS.shapes["1" * 64]
RULE = Rule(bucket=15 * MINUTE, target=500)
CALM = list(history(TERMS, hours=120, rows=600, every=HOUR))
"""Long enough for a window of a day that some lie has closed too early."""
hours = st.one_of(st.integers(-48, 48), st.sampled_from([366 * 24, -366 * 24, 10**9]))
hostile = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["bytes", "scorer", "labeler"]),
        "hours": hours,
        "slice": hours,
        "rows": st.integers(-5, 200),
        "marks": st.integers(0, 1),
        "partition": st.sampled_from([0, 1, 7, 2**31 - 1]),
        "from": st.sampled_from([0, 5, 10**6, 2**61]),
        "session": st.sampled_from(["scorer", "labeler", "strange"]),
        "sequence": st.sampled_from([0, 3, 2**61]),
        "parts": st.integers(1, 3),
        "arm": st.sampled_from(["champion", "shadow"]),
        "garbage": st.binary(max_size=40),
    }
)


def written(said: dict[str, object], base: int) -> list[bytes]:
    """Profiles that somebody might write."""
    if said["kind"] == "bytes":
        return [bytes(said["garbage"])]  # type: ignore[call-overload]  # bytes
    role, arm = str(said["kind"]), str(said["arm"])
    writer = Writer(TERMS, role=role, session=str(said["session"]), arm=arm)
    writer.sequence = int(said["sequence"])  # type: ignore[call-overload]  # an integer
    at, bucket = (base + int(said[name]) * HOUR for name in ("hours", "slice"))  # type: ignore[call-overload]  # as above
    rows = int(said["rows"])  # type: ignore[call-overload]  # as above
    chance = np.random.default_rng(1)
    make = scored if role == "scorer" else joined
    pieces = [{**make(SHAPE, bucket - bucket % TERMS.bucket, 50, chance, arm=arm), "rows": rows}] * 2
    begins, topic = said["from"], "f" if role == "scorer" else "l"
    one = writer.range(topic, int(said["partition"]), 100, at, marks=int(said["marks"]))  # type: ignore[call-overload]  # as above
    return writer.values([{**one, "from": begins, "to": int(begins) + 100}], pieces, parts=int(said["parts"]))  # type: ignore[call-overload]  # as above


@settings(max_examples=40)
@given(st.lists(hostile, max_size=12))
def test_no_input_turns_judging_off(attacks: list[dict[str, object]]) -> None:
    """After whatever was written into the log, hours of its time and days of events later, calm traffic is judged."""
    movement, stamp = Movement(TERMS, RULE), 0
    records = [one for some in attacks for value in written(some, START) for one in [Record(value, 0)]]
    for offset, one in enumerate((*records, *CALM)):
        # The log's time: a profile every four minutes.
        stamp += 240_000
        taken = movement.take(one.value, offset=offset, stamp=stamp)
        if offset >= len(records) + len(CALM) * 3 // 4:
            found = [d.window for d in taken.due if isinstance(d.window, Inputs) and d.window.seen.rows >= 500]
            if found:
                return
    raise AssertionError("nothing was judged")


def test_a_flood_of_strange_arms_and_partitions_is_forgotten() -> None:
    """Memory stays bounded, the real arm is judged as ever; an hour of the log's time later nothing of it is left."""
    movement, offset = Movement(TERMS, RULE), 0
    chance = np.random.default_rng(2)
    for number in range(140):
        writer = Writer(TERMS, arm=f"arm{number}", session=f"s{number}", group=f"g{number}")
        ranges = [writer.range(f"t{number}", partition, 10, START) for partition in range(30)]
        movement.take(
            writer.values(ranges, [scored(SHAPE, START, 50, chance, arm=writer.arm)])[0], offset=offset, stamp=0
        )
        offset += 1
    assert len(movement.cutting.whose()) == 64
    assert sum(map(len, movement.clocks.state()["marks"].values())) == len(movement.arrivals.state()["ends"]) == 4_096
    due = []
    for one in CALM:
        due += movement.take(one.value, offset=offset, stamp=4_000_000 + offset * 1000).due
        offset += 1
    judged = [d.window for d in due if isinstance(d.window, Inputs) and d.window.arm == "champion"]
    assert sum(one.seen.rows for one in judged if not one.segment) >= 60_000
    assert len(movement.clocks.state()["marks"]) <= 2
