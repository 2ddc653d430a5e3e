"""What the open transaction knows of the waiting room and changes in it; nothing is written before the commit."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from services.labeler.core import Entry
from services.labeler.entry import pack, unpack

Read = Callable[[Mapping[int, Sequence[bytes]]], Mapping[int, Sequence[bytes]]]
"""Stored entries of ids a partition, in their order, b"" where there is none."""
Slot = tuple[bytes, int]
"""An index, a slot of it."""
NOBODY = Entry()


class Changed:
    """What one partition's part of the transaction changes, in the room's terms."""

    def __init__(self) -> None:
        self.puts: dict[bytes, bytes] = {}
        self.adds = defaultdict[Slot, list[bytes]](list)
        self.drops: dict[Slot, int] = {}


class Overlay:
    """Entries over those that `read` finds; `load` must have named an id before it is looked up."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.forget()

    def forget(self) -> None:
        """The transaction ended, or never was."""
        self._known = defaultdict[int, dict[bytes, bytes]](dict)
        self._changed = defaultdict[int, Changed](Changed)

    def load(self, stretches: Iterable[tuple[int, Sequence[bytes]]]) -> list[bytes]:
        """What is known of these ids, each some of a partition, as it lies in the room; read is what is not known yet.

        In one request, whatever it is.
        """
        every, wanted = list(stretches), defaultdict[int, dict[bytes, None]](dict)
        for partition, ids in every:
            known = self._known[partition]
            new = ids if known.keys().isdisjoint(ids) else [one for one in ids if one not in known]
            if new:
                wanted[partition].update(dict.fromkeys(new))
        if wanted:
            asked = {partition: list(ids) for partition, ids in wanted.items()}
            for partition, found in self._read(asked).items():
                self._known[partition].update(zip(asked[partition], found, strict=True))
        return [entry for partition, ids in every for entry in map(self._known[partition].__getitem__, ids)]

    def entry(self, partition: int, one: bytes) -> Entry:
        """What is known of an id."""
        packed = self._known[partition][one]
        return unpack(packed) if packed else NOBODY

    def put(self, partition: int, one: bytes, entry: Entry | None) -> None:
        """An id's entry is this from now on; None when it has left."""
        packed = b"" if entry is None else pack(entry)
        self._known[partition][one] = self._changed[partition].puts[one] = packed

    def add(self, partition: int, at: Slot, one: bytes) -> None:
        """An id is to be looked at again when that slot is due."""
        self._changed[partition].adds[at].append(one)

    def follow(
        self, partition: int, ids: Sequence[bytes], entries: Sequence[bytes | None], slots: Sequence[Slot | None]
    ) -> None:
        """As `put` and `add` row after row: each one's entry and where to look again, where there is such a thing."""
        puts = {one: entry for one, entry in zip(ids, entries, strict=True) if entry is not None}
        if not puts and not any(slots):
            return
        changed = self._changed[partition]
        changed.puts.update(puts)
        self._known[partition].update(puts)
        for at, one in zip(slots, ids, strict=True):
            if at is not None:
                changed.adds[at].append(one)

    def drop(self, partition: int, at: Slot, count: int) -> None:
        """So many ids at the head of a slot have been looked at."""
        drops = self._changed[partition].drops
        drops[at] = drops.get(at, 0) + count

    def changes(self) -> Mapping[int, Changed]:
        """What is to be written once the transaction is committed, a partition."""
        return self._changed
