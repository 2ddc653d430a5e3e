"""The waiting room on a real Valkey keeps its promises, and stands where the whole model has one address."""

from hashlib import sha256

import pytest
from redis import Redis

from services.labeler.room.redis_room import STEP, RedisRoom
from services.labeler.room.room import Change, Due, State
from tests.services.labeler.room.suite import TOKEN, RoomSuite, entries, state


class TestRedisRoom(RoomSuite):
    """The suite on Valkey."""

    @pytest.fixture
    def room(self, stored: RedisRoom) -> RedisRoom:
        """An empty one."""
        return stored

    def test_a_script_that_was_flushed_is_sent_again(self, room: RedisRoom, inside: Redis) -> None:
        """A restarted store knows none."""
        room.claim(0, TOKEN)
        inside.script_flush()
        assert room.write({0: Change(state(), puts={b"a": b"1"})}) == {}
        inside.script_flush()
        assert entries(room, b"a") == [b"1"]

    def test_every_key_has_the_model_s_hash_tag(self, room: RedisRoom, inside: Redis) -> None:
        """One node of a cluster holds them all, and another model's are apart."""
        room.claim(11, TOKEN)
        room.write({11: Change(state(), puts={b"a": b"1"}, adds={(b"x", 1): [b"a"]}, words={1: b"w"})})
        assert len(inside.keys()) == len(inside.keys("{shop}*")) == 5

    def test_nobody_and_empty_slots_take_nothing(self, room: RedisRoom, inside: Redis) -> None:
        """What remains of a partition in which nobody waits is its state."""
        room.claim(0, TOKEN)
        ids = [b"event %d" % number for number in range(9_000)]
        room.write({0: Change(state(), puts=dict.fromkeys(ids, b"1"), adds={(b"x", 1): ids, (b"z", 2): [b"a"]})})
        room.write({0: Change(state(), puts=dict.fromkeys(ids, b""), drops={(b"x", 1): len(ids), (b"z", 2): 1})})
        assert inside.keys() == [b"{shop}:0"]

    def test_a_wiped_partition_leaves_nothing_but_its_state(self, room: RedisRoom, inside: Redis) -> None:
        """However many slots there were; others' keys are not touched, not even those of partition ten."""
        for partition in (1, 10):
            room.claim(partition, TOKEN)
        slots = {(kind, number): [b"a"] for kind in (b"x", b"z") for number in range(5_000)}
        ids = [b"event %d" % number for number in range(9_000)]
        room.write({1: Change(state(), puts=dict.fromkeys(ids, b"1"), adds=slots)})
        room.write({10: Change(state(), puts={b"a": b"1"}, adds={(b"x", 1): [b"a"]})})
        room.wipe(1, TOKEN)
        assert sorted(inside.keys(b"{shop}:1*")) == sorted([b"{shop}:1", *inside.keys(b"{shop}:10*")])
        assert len(inside.keys(b"{shop}:10*")) == 4

    def test_ids_of_a_slot_lie_packed(self, room: RedisRoom, inside: Redis) -> None:
        """Those that came together together, in less than half of their bytes even where they look like chance."""
        room.claim(0, TOKEN)
        ids = [sha256(b"%d" % number).hexdigest()[:24].encode() for number in range(300)]
        room.write({0: Change(state(), adds={(b"x", 1): ids})})
        (portion,) = inside.lrange("{shop}:0:x1", 0, -1)
        assert len(portion) < 0.6 * 24 * 300
        assert room.due(0, b"x", before=2, most=1) == [Due(1, ids)]

    @pytest.mark.parametrize("breaks", [False, True])
    def test_a_room_as_it_lay_before_is_not_taken_for_ours(
        self, room: RedisRoom, inside: Redis, *, breaks: bool
    ) -> None:
        """It is to be rebuilt, and what lay there goes with the wipe before that; the next partition's stays."""
        for former in ("{shop}1", "{shop}10"):
            inside.hset(former, mapping={"token": TOKEN, "predictions": 10, "labels": 5, "floor": 3, "notes": ""})
            inside.hset(f"{former}:17", "a", "as it was packed")
            inside.hset(f"{former}:4095", "b", "as it was packed")
            for slot in range(STEP + 1):
                inside.rpush(f"{former}:x{slot}", "a")
                inside.zadd(f"{former}:X", {str(slot): slot})
        if breaks:
            inside.set("{shop}1:X", "not ours")
        assert (room.read({1: [b"a"]}).states[1], entries(room, b"a", partition=1)) == (None, [b""])
        assert room.claim(1, TOKEN) == State(TOKEN, -1, -1, 0, b"")
        room.wipe(1, TOKEN)
        assert inside.keys("{shop}1") + inside.keys("{shop}1:*") == []
        assert len(inside.keys("{shop}10*")) == STEP + 5
        assert room.write({1: Change(state(), puts={b"a": b"1"})}) == {}
        assert entries(room, b"a", partition=1) == [b"1"]
