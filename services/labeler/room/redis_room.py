"""The waiting room in a Redis-compatible store: a hash of packed entries, two indexes of ids (decision 0021)."""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice, pairwise, repeat

from services.labeler.room.portions import packed, portions, unpacked
from services.labeler.room.room import Change, Due, Found, Gauge, State, Written
from services.labeler.room.scripts import CLAIM, DUE, READ, WAITING, WORD, WRITE, WRITE_FULL
from services.labeler.room.wiping import SEEK, WIPE
from services.labeler.slots import EXPIRES, LEAVES
from stream.redis import Store
from stream.store import StoreRefused

STEP = 1_024
"""How many slots a step of a wipe lets go of."""
FIELDS = 5
"""What READ says of a partition before its entries: the fields of its state."""


class RedisRoom:
    """The room of one model in `store`, under keys that begin with `{tag}:`.

    Every method raises StoreUnavailable, StoreRefused.
    """

    def __init__(self, store: Store, *, tag: str) -> None:
        self._store, self._former = store, f"{{{tag}}}".encode()
        self._tag = self._former + b":"
        self._read, self._due, self._word, self._waiting = map(store.script, (READ, DUE, WORD, WAITING))
        self._write, self._write_full = map(store.sent, (WRITE, WRITE_FULL))
        self._claim, self._wipe, self._seek = map(store.script, (CLAIM, WIPE, SEEK))
        self._claimed: set[int] = set()

    def read(self, wanted: Mapping[int, Sequence[bytes]]) -> Found:
        """Entries of ids and the states of their partitions, in one round trip."""
        arguments: list[bytes | int] = []
        for partition, ids in wanted.items():
            arguments += [partition, *_ids(ids)]
        values = iter(_values(*self._read([self._tag], arguments)))
        entries, states = {}, {}
        for partition, ids in wanted.items():
            states[partition] = _state(list(islice(values, FIELDS)))
            entries[partition] = list(islice(values, len(ids)))
        return Found(entries, states)

    def due(self, partition: int, kind: bytes, *, before: int, most: int) -> list[Due]:
        """Slots before `before` in order, until `most` ids are found or more: a portion is not parted."""
        said = self._due([self._tag], [partition, kind, before, most])
        try:
            return [
                Due(int(slot), [one for portion in some for one in unpacked(portion)])
                for slot, some in zip(said[::2], said[1::2], strict=True)
            ]
        except ValueError as error:
            raise StoreRefused(f"partition {partition} of the waiting room: {error}") from error

    def write(self, changes: Mapping[int, Change]) -> dict[int, int | None]:
        """All or nothing: every stored token must equal the change's; answers the tokens of those that did not."""
        return self.writing(changes)()

    def writing(self, changes: Mapping[int, Change]) -> Written:
        """As `write`, but its answer is waited for when it is asked for, before anything else is asked of the room.

        A store that refuses something half way has marked the partitions as being rebuilt, and StoreRefused is raised.
        One whose memory is full takes what frees memory or moves entries from slot to slot; it refuses the rest whole.
        """
        arguments: list[bytes | int] = []
        for partition, change in changes.items():
            state = change.state
            arguments += [partition, state.token, state.predictions, state.labels, state.floor, state.notes]
            arguments += [*_kept(change), *_ids([one for one, entry in change.puts.items() if not entry])]
            arguments += [*_drops(change), *_adds(change), *_words(change)]
        write = self._write if any(map(_grows, changes.values())) else self._write_full
        answer = write([self._tag], arguments)

        def written() -> dict[int, int | None]:
            said = answer()
            return {int(at): _token(token) for at, token in zip(said[::2], said[1::2], strict=True)}

        return written

    def claim(self, partition: int, token: int) -> State:
        """Set the token if absent or lower; the state as it is after it."""
        found = _state(self._claim([self._tag], [partition, token]))
        if found is None:
            raise StoreRefused(f"partition {partition} of the waiting room has no state after it was claimed")
        self._claimed.add(partition)
        return found

    def wipe(self, partition: int, token: int) -> None:
        """Delete a partition's entries, indexes and applied offsets, in bounded steps, where the token is ours."""
        first, said, keys = 0, b"more", [self._tag, self._former]
        while said == b"more":
            said = self._wipe(keys, [partition, token, first, STEP, EXPIRES, LEAVES])
            first += STEP
        cursor: bytes | int = 0
        while said == b"lost" and cursor != b"done":
            cursor = self._seek(keys, [partition, token, cursor, STEP])

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


def _short(size: int) -> bytes:
    return struct.pack(">H", size)


def _long(size: int) -> bytes:
    return struct.pack(">I", size)


def _framed(column: Sequence[bytes], size: Callable[[int], bytes] = _short) -> Iterator[Iterable[bytes]]:
    """The sizes of a column, the column itself: how the scripts are given it."""
    sizes = list(map(len, column))
    said = {one: size(one) for one in set(sizes)}
    yield map(said.__getitem__, sizes) if len(said) > 1 else repeat(next(iter(said.values()), b""), len(sizes))
    yield column


def _rows(*columns: Sequence[bytes], last: Sequence[bytes] | None = None) -> tuple[int, bytes]:
    """How many rows there are, the rows: each field after its size; the last one may be long."""
    fields = [*chain.from_iterable(map(_framed, columns)), *(() if last is None else _framed(last, _long))]
    return len(columns[0]), b"".join(chain.from_iterable(zip(*fields, strict=True)))


def _ids(column: Sequence[bytes]) -> tuple[int, bytes]:
    """As `_rows` of one column: ids of one length, as most are, are joined at once."""
    sizes = set(map(len, column))
    if len(sizes) != 1:
        return _rows(column)
    size = _short(sizes.pop())
    return len(column), size + size.join(column)


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


def _kept(change: Change) -> tuple[int, bytes]:
    kept = {one: entry for one, entry in change.puts.items() if entry} if b"" in change.puts.values() else change.puts
    return _rows(list(kept), last=list(kept.values()))


def _adds(change: Change) -> tuple[int, bytes]:
    some = ((kind, slot, packed(ids)) for (kind, slot), added in change.adds.items() for ids in portions(added))
    return _slots([(kind, b"%d" % slot, portion) for kind, slot, portion in some])


def _drops(change: Change) -> tuple[int, bytes]:
    return _slots([(kind, b"%d" % slot, b"%d" % count) for (kind, slot), count in change.drops.items()])


def _slots(rows: Sequence[tuple[bytes, bytes, bytes]]) -> tuple[int, bytes]:
    return _rows([kind for kind, _, _ in rows], [slot for _, slot, _ in rows], last=[said for *_, said in rows])


def _words(change: Change) -> tuple[int, bytes]:
    return _rows([struct.pack(">I", name) for name in change.words], last=list(change.words.values()))
