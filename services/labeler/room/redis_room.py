"""The waiting room in a Redis-compatible store: hash buckets of packed entries, two indexes of ids (decision 0013)."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, islice, pairwise
from zlib import crc32

from services.labeler.room.room import Change, Due, Found, Gauge, State
from services.labeler.room.scripts import CLAIM, DUE, READ, WAITING, WORD, WRITE, WRITE_FULL
from services.labeler.room.wiping import SEEK, WIPE
from services.labeler.slots import EXPIRES, LEAVES
from stream.redis import Store
from stream.store import StoreRefused

BUCKETS, STEP = 4_096, 1_024
"""Buckets a partition, and how many a step of a wipe lets go of.

Measured over 12 partitions, a million entries: 118 bytes an entry, 122 in twice as many buckets. In one partition they
stay small hashes (512 entries) up to two million entries, beyond which an entry takes a quarter more.
"""
MOST_TOGETHER = 4_000
"""Ids appended at once: Lua's `unpack` breaks at some thousands more."""
FIELDS = 5
"""What READ says of a partition before its entries: the fields of its state."""


class RedisRoom:
    """The room of one model in `store`, under keys that begin with `{tag}`.

    Every method raises StoreUnavailable, StoreRefused.
    """

    def __init__(self, store: Store, *, tag: str) -> None:
        self._store, self._tag = store, f"{{{tag}}}".encode()
        self._read, self._due, self._word, self._waiting = map(store.script, (READ, DUE, WORD, WAITING))
        self._write, self._write_full, self._claim = map(store.script, (WRITE, WRITE_FULL, CLAIM))
        self._wipe, self._seek = map(store.script, (WIPE, SEEK))
        self._claimed: set[int] = set()

    def read(self, wanted: Mapping[int, Sequence[bytes]]) -> Found:
        """Entries of ids and the states of their partitions, in one round trip."""
        arguments: list[bytes | int] = []
        for partition, ids in wanted.items():
            arguments += [partition, b"".join([_head(crc32(one) % BUCKETS, len(one)) + one for one in ids])]
        values = iter(_values(*self._read([self._tag], arguments)))
        entries, states = {}, {}
        for partition, ids in wanted.items():
            states[partition] = _state(list(islice(values, FIELDS)))
            entries[partition] = list(islice(values, len(ids)))
        return Found(entries, states)

    def due(self, partition: int, kind: bytes, *, before: int, most: int) -> list[Due]:
        """Slots before `before` in order, at most `most` ids together."""
        said = self._due([self._tag], [partition, kind, before, most])
        slots = zip(said[::3], said[1::3], said[2::3], strict=True)
        return [Due(int(slot), _values(sizes, blob)) for slot, sizes, blob in slots]

    def write(self, changes: Mapping[int, Change]) -> dict[int, int | None]:
        """All or nothing: every stored token must equal the change's; answers the tokens of those that did not.

        A store that refuses something half way has marked the partitions as being rebuilt, and StoreRefused is raised.
        One whose memory is full takes what frees memory or moves entries from slot to slot; it refuses the rest whole.
        """
        arguments: list[bytes | int] = []
        for partition, change in changes.items():
            state = change.state
            arguments += [partition, state.token, state.predictions, state.labels, state.floor, state.notes]
            arguments += [_puts(change), _adds(change), _drops(change), _words(change)]
        write = self._write if any(map(_grows, changes.values())) else self._write_full
        said = write([self._tag], arguments)
        return {int(at): _token(token) for at, token in zip(said[::2], said[1::2], strict=True)}

    def claim(self, partition: int, token: int) -> State:
        """Set the token if absent or lower; the state as it is after it."""
        found = _state(self._claim([self._tag], [partition, token]))
        if found is None:
            raise StoreRefused(f"partition {partition} of the waiting room has no state after it was claimed")
        self._claimed.add(partition)
        return found

    def wipe(self, partition: int, token: int) -> None:
        """Delete a partition's entries, indexes and applied offsets, in bounded steps, where the token is ours."""
        first, said = 0, b"more"
        while said in {b"", b"more"} and (first < BUCKETS or said == b"more"):
            said = self._wipe([self._tag], [partition, token, first, STEP, EXPIRES, LEAVES])
            first += STEP
        cursor: bytes | int = 0
        while said == b"lost" and cursor != b"done":
            cursor = self._seek([self._tag], [partition, token, cursor, STEP])

    def word(self, name: int) -> bytes | None:
        """What a name stands for."""
        said = self._word([self._tag], [struct.pack(">I", name)])
        return None if said is None else bytes(said)

    def gauge(self) -> Gauge:
        """How full it is: of the partitions claimed here, how many entries wait."""
        facts, claimed = self._store.facts(), sorted(self._claimed)
        said = self._waiting([self._tag], claimed)
        return Gauge(facts.used_bytes, facts.most_bytes, dict(zip(claimed, map(int, said), strict=True)))

    def close(self) -> None:
        """Let the connections go."""
        self._store.close()


_head, _put_head, _word_head = struct.Struct(">HH").pack, struct.Struct(">HHI").pack, struct.Struct(">II").pack


def _sized(one: bytes) -> bytes:
    return struct.pack(">H", len(one)) + one


def _grows(change: Change) -> bool:
    """Whether more comes than has been taken from the heads of slots: an entry that moves on takes no more room."""
    kept, gone = sum(map(bool, change.puts.values())), sum(change.drops.values())
    return max(kept, sum(map(len, change.adds.values()))) > gone


def _state(fields: Sequence[bytes]) -> State | None:
    token, predictions, labels, floor, notes = fields
    if (owner := _token(token)) is None:
        return None
    try:
        return State(owner, int(predictions or -1), int(labels or -1), int(floor or 0), bytes(notes))
    except ValueError:
        return State(owner, -1, -1, 0, b"")


def _token(said: bytes) -> int | None:
    """A stored token; what somebody else wrote there is none."""
    return int(said) if said.isdigit() else None


def _values(sizes: bytes, blob: bytes) -> list[bytes]:
    ends = accumulate(struct.unpack(f"<{len(sizes) // 4}I", sizes), initial=0)
    return [blob[begin:end] for begin, end in pairwise(ends)]


def _puts(change: Change) -> bytes:
    return b"".join(
        [_put_head(crc32(one) % BUCKETS, len(one), len(entry)) + one + entry for one, entry in change.puts.items()]
    )


def _adds(change: Change) -> bytes:
    return b"".join(
        [
            struct.pack(">cB", kind, len(slot)) + struct.pack(">H", len(ids)) + slot + b"".join(map(_sized, ids))
            for kind, slot, ids in _chunks(change)
        ]
    )


def _chunks(change: Change) -> Iterator[tuple[bytes, bytes, Sequence[bytes]]]:
    for (kind, slot), ids in change.adds.items():
        for first in range(0, len(ids), MOST_TOGETHER):
            yield kind, b"%d" % slot, ids[first : first + MOST_TOGETHER]


def _drops(change: Change) -> bytes:
    return b"".join(
        [
            struct.pack(">cB", kind, len(b"%d" % slot)) + b"%d" % slot + bytes([len(b"%d" % count)]) + b"%d" % count
            for (kind, slot), count in change.drops.items()
        ]
    )


def _words(change: Change) -> bytes:
    return b"".join([_word_head(name, len(text)) + text for name, text in change.words.items()])
