"""The waiting room on a real Valkey keeps its promises, and stands where the whole model has one address."""

import pytest
from redis import Redis

from services.labeler.room.redis_room import BUCKETS, RedisRoom
from services.labeler.room.room import Change
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

    def test_empty_buckets_and_slots_vanish(self, room: RedisRoom, inside: Redis) -> None:
        """What remains of a partition in which nobody waits is its state."""
        room.claim(0, TOKEN)
        ids = [b"event %d" % number for number in range(2 * BUCKETS)]
        room.write({0: Change(state(), puts=dict.fromkeys(ids, b"1"), adds={(b"x", 1): ids, (b"z", 2): [b"a"]})})
        room.write({0: Change(state(), puts=dict.fromkeys(ids, b""), drops={(b"x", 1): len(ids), (b"z", 2): 1})})
        assert inside.keys() == [b"{shop}0"]

    def test_a_wiped_partition_leaves_nothing_but_its_state(self, room: RedisRoom, inside: Redis) -> None:
        """However many slots there were; others' keys are not touched, not even those of partition ten."""
        for partition in (1, 10):
            room.claim(partition, TOKEN)
        slots = {(kind, number): [b"a"] for kind in (b"x", b"z") for number in range(5_000)}
        ids = [b"event %d" % number for number in range(2 * BUCKETS)]
        room.write({1: Change(state(), puts=dict.fromkeys(ids, b"1"), adds=slots)})
        room.write({10: Change(state(), puts={b"a": b"1"}, adds={(b"x", 1): [b"a"]})})
        room.wipe(1, TOKEN)
        assert sorted(inside.keys(b"{shop}1*")) == sorted([b"{shop}1", *inside.keys(b"{shop}10*")])
        assert len(inside.keys(b"{shop}10*")) == 4

    def test_buckets_of_entries_stay_packed(self, room: RedisRoom, inside: Redis) -> None:
        """As the embedded store is set up, an entry with its label and a key takes no hash table."""
        room.claim(0, TOKEN)
        ids = [b"%024d" % number for number in range(4 * BUCKETS)]
        room.write({0: Change(state(), puts=dict.fromkeys(ids, b"e" * 150))})
        buckets = inside.keys(b"{shop}0:*")
        assert {inside.object("encoding", key) for key in buckets} == {b"listpack"}
