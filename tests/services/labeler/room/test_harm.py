"""What a store may do to the waiting room: be full, hold other keys, be silent, come back without its data."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from driftline.local.valkey import Valkey
from services.labeler.room.portions import packed
from services.labeler.room.redis_room import RedisRoom
from services.labeler.room.room import Change, State
from stream.store import StoreRefused, StoreUnavailable
from tests.services.labeler.room.suite import TOKEN, due, entries, room_in, state
from tests.valkeys import running

ENTRIES = "{shop}:0:e"
WHOLE = Change(
    state(), puts={b"a": b"1"}, adds={(b"x", 1): [b"a"], (b"z", 2): [b"a"]}, words={1: b"w"}
)  # fmt: skip
KEYS = [ENTRIES, "{shop}:0", "{shop}:0:x1", "{shop}:0:X", "{shop}:0:z2", "{shop}:0:Z", "{shop}:words"]


@pytest.fixture
def room(stored: RedisRoom) -> RedisRoom:
    """One whose partition 0 is owned and has somebody waiting."""
    stored.claim(0, TOKEN)
    stored.write({0: WHOLE})
    return stored


@pytest.fixture
def full(room: RedisRoom, inside: Redis) -> Iterator[RedisRoom]:
    """The same in a store whose memory is full."""
    inside.config_set("maxmemory", "1mb")
    yield room
    inside.config_set("maxmemory", "0")


def test_a_full_store_refuses_the_whole_write_and_still_answers(full: RedisRoom) -> None:
    """Nothing is half written; what is there can be read and what is due be found."""
    with pytest.raises(StoreRefused, match="maxmemory"):
        full.write({0: Change(state(99), puts={b"a": b"2", b"b": b"2"})})
    with pytest.raises(StoreRefused, match="maxmemory"):
        full.write({0: Change(state(99), adds={(b"x", 1): [b"b"]})})
    found = full.read({0: [b"a", b"b"]})
    assert (found.entries[0], found.states[0], due(full)) == ([b"1", b""], state(), [(1, [b"a"])])
    assert (full.word(1), full.gauge().waiting) == (b"w", {0: 1})


def test_a_full_store_lets_those_go_who_may(full: RedisRoom) -> None:
    """They move from slot to slot and leave: else it would be full for ever."""
    moved = Change(state(11), puts={b"a": b"2"}, drops={(b"x", 1): 1}, adds={(b"z", 3): [b"a"]})
    assert full.write({0: moved}) == {}
    assert (entries(full, b"a"), due(full), due(full, b"z")) == ([b"2"], [], [(2, [b"a"]), (3, [b"a"])])
    assert full.write({0: Change(state(12), puts={b"a": b""}, drops={(b"z", 2): 1, (b"z", 3): 1})}) == {}
    assert (entries(full, b"a"), due(full, b"z"), full.read({0: []}).states[0]) == ([b""], [], state(12))


@pytest.mark.parametrize("broken", ["{shop}:0", "{shop}:0:x1", "{shop}:0:X"])
def test_a_full_store_is_mended(full: RedisRoom, inside: Redis, broken: str) -> None:
    """Whatever somebody broke in it."""
    inside.delete(broken)
    inside.config_set("maxmemory", "0")
    inside.set(broken, "not ours")
    inside.config_set("maxmemory", "1mb")
    full.claim(0, TOKEN)
    full.wipe(0, TOKEN)
    assert (inside.keys("{shop}:0*"), due(full)) == ([b"{shop}:0"], [])


def test_a_full_store_can_be_claimed_and_wiped(full: RedisRoom) -> None:
    """Neither needs memory to speak of."""
    assert full.claim(0, TOKEN + 1) == state(token=TOKEN + 1)
    full.wipe(0, TOKEN + 1)
    assert (entries(full, b"a"), due(full)) == ([b""], [])


def test_a_write_that_fills_the_store_is_whole(room: RedisRoom, inside: Redis) -> None:
    """It was let in while there was room, and is not stopped on the way."""
    limit = int(inside.info("memory")["used_memory"]) + (1 << 22)
    slots = {(b"x", number): [b"b"] for number in range(2, 30_000)}
    inside.config_set("maxmemory", limit)
    try:
        assert room.write({0: Change(state(11), puts={b"b": b"1"}, adds=slots)}) == {}
        assert int(inside.info("memory")["used_memory"]) > limit
        with pytest.raises(StoreRefused, match="maxmemory"):
            room.write({0: Change(state(12), puts={b"a": b"2"})})
    finally:
        inside.config_set("maxmemory", "0")
    assert [one.slot for one in room.due(0, b"x", before=30_000, most=30_000)] == list(range(1, 30_000))
    assert room.read({0: []}).states[0] == state(11)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_another_kind_is_found_named_and_healed(room: RedisRoom, inside: Redis, key: str) -> None:
    """Somebody wrote over it: nothing pretends to have been applied, and after a wipe all is as new."""
    inside.delete(key)
    inside.set(key, "not ours")
    if key == "{shop}:0":
        assert room.read({0: []}).states == {0: None}
        assert room.write({0: WHOLE}) == {0: None}
    else:
        with pytest.raises(StoreRefused, match="WRONGTYPE") as refused:
            room.write({0: WHOLE})
        assert key in str(refused.value)
    assert room.word(1) == (None if key == "{shop}:words" else b"w")
    assert room.claim(0, TOKEN).predictions == -1
    room.wipe(0, TOKEN)
    assert (entries(room, b"a"), due(room), due(room, b"z")) == ([b""], [], [])
    assert room.write({0: WHOLE}) == {}
    assert (entries(room, b"a"), room.read({0: []}).states[0], room.word(1)) == ([b"1"], state(), b"w")
    assert (due(room), due(room, b"z")) == ([(1, [b"a"])], [(2, [b"a"])])


@pytest.mark.parametrize("key", ["{shop}:0:x1", "{shop}:0:X"])
def test_an_index_of_another_kind_is_named_when_asked(room: RedisRoom, inside: Redis, key: str) -> None:
    """Whoever looks for what is due can tell what to mend."""
    inside.set(key, "not ours")
    with pytest.raises(StoreRefused, match=f"WRONGTYPE.*{re.escape(key)}"):
        due(room)


def test_entries_of_another_kind_are_named_when_read(room: RedisRoom, inside: Redis) -> None:
    """An entry that cannot be read is not an absent one."""
    inside.set(ENTRIES, "not ours")
    with pytest.raises(StoreRefused, match=f"WRONGTYPE.*{re.escape(ENTRIES)}"):
        room.read({0: [b"a"]})


@pytest.mark.parametrize("portion", [b"", b"x", b"\0\1", b"\0\1garbage", b"\0\2" + packed([b"a"])[2:]])
def test_a_slot_in_which_somebody_wrote_is_refused(room: RedisRoom, inside: Redis, portion: bytes) -> None:
    """What is no portion of ids is not guessed at; it goes with a wipe, or with what is dropped."""
    inside.rpush("{shop}:0:x1", portion)
    with pytest.raises(StoreRefused, match="partition 0 of the waiting room: found a portion"):
        due(room)
    assert room.write({0: Change(state(11), drops={(b"x", 1): 9})}) == {}
    assert due(room) == []


@pytest.mark.parametrize("name", ["token", "predictions", "labels", "floor"])
def test_a_state_that_cannot_be_read_is_to_be_rebuilt(room: RedisRoom, inside: Redis, name: str) -> None:
    """Somebody wrote into it."""
    inside.hset("{shop}:0", name, "x")
    fresh = State(TOKEN, -1, -1, 0, b"")
    assert room.read({0: []}).states == {0: None if name == "token" else fresh}
    assert room.claim(0, TOKEN) == fresh
    if name == "token":
        inside.hset("{shop}:0", name, "x")
        assert room.write({0: WHOLE}) == {0: None}


def test_one_partition_s_complaint_leaves_all_of_the_write_to_be_rebuilt(room: RedisRoom, inside: Redis) -> None:
    """Those that came before it in the same write, too: the whole was not applied."""
    room.claim(1, TOKEN)
    inside.set(b"{shop}:1:X", "not ours")
    with pytest.raises(StoreRefused, match="WRONGTYPE"):
        room.write({0: WHOLE, 1: WHOLE})
    states = room.read({0: [], 1: []}).states
    assert [(one.predictions, one.labels) for one in states.values() if one] == [(-1, -1)] * 2


def test_a_zombie_writes_nothing_after_a_flush_either(room: RedisRoom, inside: Redis) -> None:
    """Its token is absent, then the new owner's; nor does it delete."""
    inside.flushall()
    assert room.write({0: WHOLE}) == {0: None}
    room.claim(0, TOKEN + 1)
    room.write({0: Change(state(token=TOKEN + 1), puts={b"a": b"mine"})})
    assert room.write({0: Change(state(), puts={b"a": b""})}) == {0: TOKEN + 1}
    room.wipe(0, TOKEN)
    assert entries(room, b"a") == [b"mine"]


def test_a_store_that_does_not_answer_is_told_of(valkey: Valkey, room: RedisRoom) -> None:
    """Nobody knows what became of the request; afterwards all is as before."""
    hasty = room_in(valkey, seconds=0.1)
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        for ask in (lambda: hasty.read({0: [b"a"]}), lambda: hasty.write({0: WHOLE}), hasty.gauge):
            with pytest.raises(StoreUnavailable):
                ask()
    finally:
        os.kill(valkey.pid, signal.SIGCONT)
        hasty.close()
    assert (entries(room, b"a"), room.read({0: []}).states[0]) == ([b"1"], state())


@pytest.mark.parametrize("keeps", [True, False])
def test_a_store_that_was_restarted_is_spoken_to_as_before(tmp_path: Path, *, keeps: bool) -> None:
    """With its data all is there; without it nobody is anybody's owner until somebody claims."""
    with running(tmp_path / "own") as own:
        room = room_in(own)
        room.claim(0, TOKEN)
        room.write({0: WHOLE})
        own.stop()
        if not keeps:
            for file in (own.directory / "appendonlydir").iterdir():
                file.unlink()
        own.restart()
        found = room.read({0: [b"a"]})
        assert (found.entries[0], found.states[0]) == (([b"1"], state()) if keeps else ([b""], None))
        assert room.write({0: WHOLE}) == ({} if keeps else {0: None})
        assert room.claim(0, TOKEN) == (state() if keeps else State(TOKEN, -1, -1, 0, b""))
        room.close()
