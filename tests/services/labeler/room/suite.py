"""What every waiting room must do; the memory twin runs it in no time, a real Valkey as well."""

import pytest

from driftline.local.valkey import Valkey
from services.labeler.room.redis_room import RedisRoom
from services.labeler.room.room import Change, Due, Room, State
from stream.redis import Address, Store

TOKEN = 7
ODD = [b"", b"\0", b"a b\r\n", "é".encode(), bytes(range(256)), b"x" * 1024]


def state(predictions: int = 10, labels: int = 5, *, token: int = TOKEN) -> State:
    """A partition's state after a transaction."""
    return State(token, predictions, labels, 3, b"w1:\0\xff")


def room_in(valkey: Valkey, *, tag: str = "shop", seconds: float = 60.0) -> RedisRoom:
    """The room of one model in a running Valkey."""
    return RedisRoom(Store(Address.parse(valkey.address), timeout_seconds=seconds), tag=tag)


def entries(room: Room, *ids: bytes, partition: int = 0) -> list[bytes]:
    """What is kept for `ids`."""
    return room.read({partition: ids}).entries[partition]


def due(room: Room, kind: bytes = b"x", *, before: int = 100, most: int = 100) -> list[tuple[int, list[bytes]]]:
    """Slots of partition 0 with their ids."""
    return [(one.slot, one.ids) for one in room.due(0, kind, before=before, most=most)]


class RoomSuite:
    """The promises, each as a test that takes an empty `room`."""

    def test_a_partition_nobody_claimed_has_no_state(self, room: Room) -> None:
        """And no entries; reading makes none."""
        assert room.read({0: [b"a"], 3: []}).states == {0: None, 3: None}
        assert entries(room, b"a", b"b") == [b"", b""]

    def test_what_is_written_is_read(self, room: Room) -> None:
        """Entries in the order they are asked for, whatever bytes their ids are made of; the state with them."""
        room.claim(0, TOKEN)
        kept = {one: b"entry of " + one for one in ODD}
        assert room.write({0: Change(state(), puts=kept)}) == {}
        found = room.read({0: [*reversed(ODD), b"absent"]})
        assert found.entries[0] == [*(kept[one] for one in reversed(ODD)), b""]
        assert found.states[0] == state()

    def test_the_last_entry_counts_and_an_empty_one_deletes(self, room: Room) -> None:
        """How many wait is known all the while."""
        room.claim(0, TOKEN)
        room.write({0: Change(state(), puts={b"a": b"1", b"b": b"1"})})
        room.write({0: Change(state(), puts={b"a": b"2", b"b": b"", b"never": b""})})
        assert entries(room, b"a", b"b") == [b"2", b""]
        assert room.gauge().waiting == {0: 1}

    def test_partitions_are_apart(self, room: Room) -> None:
        """The same id in two of them is two events."""
        for partition in (0, 1):
            room.claim(partition, TOKEN)
            room.write({partition: Change(state(partition), puts={b"a": b"%d" % partition})})
        found = room.read({1: [b"a"], 0: [b"a"]})
        assert (found.entries, found.states[1]) == ({1: [b"1"], 0: [b"0"]}, state(1))

    @pytest.mark.parametrize(("claimed", "now"), [(TOKEN - 1, TOKEN), (TOKEN, TOKEN), (TOKEN + 1, TOKEN + 1)])
    def test_a_claim_never_lowers_a_token(self, room: Room, claimed: int, now: int) -> None:
        """Whoever comes with a lower one is told who owns the partition; nothing else is touched."""
        room.claim(0, TOKEN)
        room.write({0: Change(state(), puts={b"a": b"1"})})
        assert room.claim(0, claimed) == state(token=now)
        assert entries(room, b"a") == [b"1"]

    def test_a_first_claim_says_that_nothing_was_applied(self, room: Room) -> None:
        """The owner is to rebuild."""
        assert room.claim(0, TOKEN) == State(TOKEN, -1, -1, 0, b"")

    @pytest.mark.parametrize("token", [TOKEN - 1, TOKEN + 1])
    def test_another_s_token_writes_nothing(self, room: Room, token: int) -> None:
        """A zombie's write, and one from the future, is refused; the answer names the owner."""
        room.claim(0, TOKEN)
        room.write({0: Change(state(), puts={b"a": b"1"}, adds={(b"x", 1): [b"a"]})})
        late = Change(state(token=token), puts={b"a": b""}, drops={(b"x", 1): 1}, words={9: b"w"})
        assert room.write({0: late}) == {0: TOKEN}
        assert (entries(room, b"a"), due(room), room.word(9)) == ([b"1"], [(1, [b"a"])], None)

    def test_an_absent_token_writes_nothing(self, room: Room) -> None:
        """As after FLUSHALL: nobody knows who the owner is."""
        assert room.write({0: Change(state(), puts={b"a": b"1"})}) == {0: None}
        assert room.read({0: [b"a"]}).states == {0: None}

    def test_all_partitions_are_written_or_none(self, room: Room) -> None:
        """One that moved away takes the whole transaction with it."""
        room.claim(0, TOKEN)
        room.claim(1, TOKEN + 2)
        both = {0: Change(state(), puts={b"a": b"1"}), 1: Change(state(), puts={b"a": b"1"})}
        assert room.write(both) == {1: TOKEN + 2}
        assert entries(room, b"a") == [b""]

    def test_slots_come_in_order_up_to_a_limit(self, room: Room) -> None:
        """Those before the one named, ids in the order they were added; who came together is found together."""
        room.claim(0, TOKEN)
        room.write({0: Change(state(), adds={(b"x", 30): [b"e"], (b"x", 4): [b"a", b"b"], (b"z", 1): [b"q"]})})
        room.write({0: Change(state(), adds={(b"x", 4): [b"c", b"\0"], (b"x", -2): [b"old"]})})
        assert due(room) == [(-2, [b"old"]), (4, [b"a", b"b", b"c", b"\0"]), (30, [b"e"])]
        assert due(room, before=30) == [(-2, [b"old"]), (4, [b"a", b"b", b"c", b"\0"])]
        assert due(room, most=1) == [(-2, [b"old"])]
        assert due(room, most=2) == due(room, most=3) == [(-2, [b"old"]), (4, [b"a", b"b"])]
        assert due(room, most=4) == [(-2, [b"old"]), (4, [b"a", b"b", b"c", b"\0"])]
        assert due(room, b"z") == [(1, [b"q"])]

    def test_what_is_dropped_from_the_head_is_gone(self, room: Room) -> None:
        """An emptied slot is no slot any more; what one transaction adds behind the dropped ones stays."""
        room.claim(0, TOKEN)
        room.write({0: Change(state(), adds={(b"x", 4): [b"a", b"b"], (b"x", 5): [b"d"]})})
        room.write({0: Change(state(), adds={(b"x", 4): [b"c"]})})
        room.write({0: Change(state(), drops={(b"x", 4): 2, (b"x", 5): 1})})
        assert due(room) == [(4, [b"c"])]
        room.write({0: Change(state(), drops={(b"x", 4): 1}, adds={(b"x", 4): [b"new"]})})
        assert due(room) == [(4, [b"new"])]

    def test_words_are_kept(self, room: Room) -> None:
        """By their four-byte names."""
        room.claim(0, TOKEN)
        room.write({0: Change(state(), words={0: b"", 2**32 - 1: b"text \0"})})
        assert (room.word(2**32 - 1), room.word(1)) == (b"text \0", None)

    def test_a_wiped_partition_is_to_be_rebuilt(self, room: Room) -> None:
        """Its token stays, its neighbours too."""
        for partition in (0, 1):
            room.claim(partition, TOKEN)
            room.write({partition: Change(state(), puts={b"a": b"1"}, adds={(b"x", 1): [b"a"], (b"z", 2): [b"a"]})})
        room.wipe(0, TOKEN)
        found = room.read({0: [b"a"], 1: [b"a"]})
        assert found.entries == {0: [b""], 1: [b"1"]}
        assert found.states == {0: State(TOKEN, -1, -1, 0, b""), 1: state()}
        assert (due(room), due(room, b"z"), room.gauge().waiting) == ([], [], {0: 0, 1: 1})

    def test_a_zombie_wipes_nothing(self, room: Room) -> None:
        """Only the owner may."""
        room.claim(0, TOKEN)
        room.write({0: Change(state(), puts={b"a": b"1"})})
        room.wipe(0, TOKEN - 1)
        assert (entries(room, b"a"), room.read({0: []}).states[0]) == ([b"1"], state())

    def test_what_is_written_twice_is_as_if_once(self, room: Room) -> None:
        """Entries, words and state; a slot's ids are looked at once more, which finds nobody."""
        room.claim(0, TOKEN)
        change = Change(state(), puts={b"a": b"1"}, words={1: b"w"})
        assert room.write({0: change}) == room.write({0: change}) == {}
        found = room.read({0: [b"a", b"a"]})
        assert (found.entries[0], found.states[0], room.word(1)) == ([b"1", b"1"], state(), b"w")
        assert room.gauge().waiting == {0: 1}

    def test_a_wipe_that_was_cut_short_is_done_again(self, room: Room) -> None:
        """Twice is once, and nothing comes back when the partition is filled anew."""
        room.claim(0, TOKEN)
        ids = [b"event %d" % number for number in range(3_000)]
        slots = {(kind, number): [one] for kind in (b"x", b"z") for number, one in enumerate(ids)}
        room.write({0: Change(state(), puts=dict.fromkeys(ids, b"1"), adds=slots)})
        room.wipe(0, TOKEN)
        room.wipe(0, TOKEN)
        assert room.read({0: ids}).entries[0] == [b""] * len(ids)
        room.write({0: Change(state(), adds={(b"x", 2_999): [b"new"]})})
        assert (due(room, before=9_999), due(room, b"z", before=9_999)) == ([(2_999, [b"new"])], [])

    def test_sizes_are_no_matter(self, room: Room) -> None:
        """An entry with the longest key, a text of words as long, notes, the largest numbers."""
        room.claim(0, TOKEN)
        long = bytes(range(256)) * 300
        large = State(TOKEN, 2**62 + 1, 2**62 + 3, 2**62 + 5, long)
        assert room.write({0: Change(large, puts={b"a": long}, words={1: long})}) == {}
        found = room.read({0: [b"a"]})
        assert (found.entries[0], found.states[0], room.word(1)) == ([long], large, long)

    def test_an_owner_s_token_is_exact(self, room: Room) -> None:
        """Up to the largest that a double holds: one less is another owner."""
        room.claim(0, 2**53 - 1)
        assert room.claim(0, 2**53 - 2) == State(2**53 - 1, -1, -1, 0, b"")
        assert room.write({0: Change(state(token=2**53 - 2))}) == {0: 2**53 - 1}
        assert room.write({0: Change(state(token=2**53 - 1))}) == {}

    def test_a_large_transaction_is_written_at_once(self, room: Room) -> None:
        """Ten thousand entries in one slot."""
        room.claim(0, TOKEN)
        ids = [b"event %d" % number for number in range(10_000)]
        room.write({0: Change(state(), puts=dict.fromkeys(ids, b"e" * 60), adds={(b"x", 1): ids})})
        assert entries(room, *ids) == [b"e" * 60] * 10_000
        assert [Due(1, ids)] == room.due(0, b"x", before=9, most=20_000)
