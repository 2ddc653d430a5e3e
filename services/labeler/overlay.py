"""What the open transaction knows of the waiting room and changes in it; nothing is written before the commit."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from services.labeler.core import Entry
from services.labeler.entry import pack, unpack

Read = Callable[[Mapping[int, Sequence[bytes]]], Mapping[int, Sequence[bytes]]]
"""Stored entries of ids a partition, in their order, b"" where there is none."""
Who = tuple[int, bytes]
"""A pair, an id in it."""
Slot = tuple[bytes, int]
"""An index, a slot of it."""
NOBODY = Entry()


class Changed:
    """What one partition's part of the transaction changes, in the room's terms."""

    def __init__(self) -> None:
        self.puts: dict[bytes, bytes] = {}
        self.adds: dict[Slot, list[bytes]] = {}
        self.drops: dict[Slot, int] = {}


class Overlay:
    """Entries over those that `read` finds; `load` must have named an id before it is looked up."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.forget()

    def forget(self) -> None:
        """The transaction ended, or never was."""
        self._known: dict[Who, bytes] = {}
        self._changed: dict[int, Changed] = {}

    def load(self, rows: Iterable[Who]) -> None:
        """Read what is not known yet of these (partition, id), in one request."""
        known, wanted = self._known, dict[int, list[Who]]()
        for row in dict.fromkeys(rows):
            if row not in known:
                wanted.setdefault(row[0], []).append(row)
        if not wanted:
            return
        asked = {partition: [one for _, one in some] for partition, some in wanted.items()}
        for partition, found in self._read(asked).items():
            known.update(zip(wanted[partition], found, strict=True))

    def packed(self, rows: Sequence[Who]) -> list[bytes]:
        """What is known of these (partition, id) as it lies in the room."""
        return list(map(self._known.__getitem__, rows))

    def entry(self, partition: int, one: bytes) -> Entry:
        """What is known of an id."""
        packed = self._known[partition, one]
        return unpack(packed) if packed else NOBODY

    def put(self, partition: int, one: bytes, entry: Entry | None) -> None:
        """An id's entry is this from now on; None when it has left."""
        self.lay(partition, one, b"" if entry is None else pack(entry))

    def lay(self, partition: int, one: bytes, packed: bytes) -> None:
        """An id's entry is this from now on, as it lies in the room."""
        self._known[partition, one] = packed
        self._of(partition).puts[one] = packed

    def add(self, partition: int, at: Slot, one: bytes) -> None:
        """An id is to be looked at again when that slot is due."""
        self._of(partition).adds.setdefault(at, []).append(one)

    def follow(self, rows: Sequence[Who], entries: Iterable[bytes | None], slots: Iterable[Slot | None]) -> None:
        """As `lay` and `add` row after row: each one's entry and where to look again, where there is such a thing."""
        known, changes = self._known, self._changed
        for row, entry, at in zip(rows, entries, slots, strict=True):
            if entry is None and at is None:
                continue
            partition, one = row
            changed = changes.get(partition) or self._of(partition)
            if entry is not None:
                known[row] = changed.puts[one] = entry
            if at is not None:
                if at in changed.adds:
                    changed.adds[at].append(one)
                else:
                    changed.adds[at] = [one]

    def drop(self, partition: int, at: Slot, count: int) -> None:
        """So many ids at the head of a slot have been looked at."""
        drops = self._of(partition).drops
        drops[at] = drops.get(at, 0) + count

    def changes(self) -> Mapping[int, Changed]:
        """What is to be written once the transaction is committed, a partition."""
        return self._changed

    def _of(self, partition: int) -> Changed:
        found = self._changed.get(partition)
        if found is None:
            found = self._changed[partition] = Changed()
        return found
