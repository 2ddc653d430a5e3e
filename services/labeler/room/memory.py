"""The memory twin of the waiting room: the same answers, in one process, for tests that need no Redis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from services.labeler.room.portions import portions
from services.labeler.room.room import Change, Due, Found, Gauge, State, Written

REBUILDING = -1


@dataclass
class _Partition:
    state: State
    entries: dict[bytes, bytes] = field(default_factory=dict)
    slots: dict[tuple[bytes, int], list[list[bytes]]] = field(default_factory=dict)


class MemoryRoom:
    """Keeps everything in dictionaries; labelers that share a store share the object."""

    def __init__(self) -> None:
        self._partitions: dict[int, _Partition] = {}
        self._words: dict[int, bytes] = {}

    def lose(self) -> None:
        """Everything is gone, as after FLUSHALL."""
        self._partitions.clear()
        self._words.clear()

    def read(self, wanted: Mapping[int, Sequence[bytes]]) -> Found:
        """Entries of ids and the states of their partitions."""
        entries: dict[int, list[bytes]] = {}
        states: dict[int, State | None] = {}
        for partition, ids in wanted.items():
            found = self._partitions.get(partition)
            entries[partition] = [b"" if found is None else found.entries.get(one, b"") for one in ids]
            states[partition] = None if found is None else found.state
        return Found(entries, states)

    def due(self, partition: int, kind: bytes, *, before: int, most: int) -> list[Due]:
        """Slots before `before` in order, until `most` ids are found or more: a portion is not parted."""
        found: list[Due] = []
        for slot, some in sorted((slot, some) for (other, slot), some in self._of(partition).items() if other == kind):
            ids: list[bytes] = []
            for portion in some if slot < before else ():
                ids += portion if len(ids) < most else ()
            found += [Due(slot, ids)] if ids else []
            most -= len(ids)
        return found

    def _of(self, partition: int) -> Mapping[tuple[bytes, int], list[list[bytes]]]:
        found = self._partitions.get(partition)
        return {} if found is None else found.slots

    def write(self, changes: Mapping[int, Change]) -> dict[int, int | None]:
        """All or nothing: every stored token must equal the change's; answers the tokens of those that did not."""
        stored = {partition: self._partitions.get(partition) for partition in changes}
        tokens = {partition: None if found is None else found.state.token for partition, found in stored.items()}
        others = {partition: tokens[partition] for partition in changes}
        others = {p: token for p, token in others.items() if token != changes[p].state.token}
        if not others:
            for partition, change in changes.items():
                self._write(self._partitions[partition], change)
        return others

    def writing(self, changes: Mapping[int, Change]) -> Written:
        """As `write`, at once."""
        others = self.write(changes)
        return lambda: others

    def _write(self, kept: _Partition, change: Change) -> None:
        for at, count in change.drops.items():
            kept.slots[at] = _without(kept.slots.get(at, []), count)
        for at, ids in change.adds.items():
            kept.slots[at] = [*kept.slots.get(at, []), *map(list, portions(ids))]
        kept.slots = {at: some for at, some in kept.slots.items() if some}
        kept.entries.update(change.puts)
        for one in [one for one, entry in change.puts.items() if not entry]:
            del kept.entries[one]
        self._words.update(change.words)
        kept.state = change.state

    def claim(self, partition: int, token: int) -> State:
        """Set the token if absent or lower; the state as it is after it."""
        kept = self._partitions.setdefault(partition, _Partition(State(token, REBUILDING, REBUILDING, 0, b"")))
        kept.state = replace(kept.state, token=max(kept.state.token, token))
        return kept.state

    def wipe(self, partition: int, token: int) -> None:
        """Delete a partition's entries, indexes and applied offsets, where the token is ours."""
        kept = self._partitions.get(partition)
        if kept is not None and kept.state.token == token:
            kept.entries.clear()
            kept.slots.clear()
            kept.state = State(token, REBUILDING, REBUILDING, 0, b"")

    def word(self, name: int) -> bytes | None:
        """What a name stands for."""
        return self._words.get(name)

    def gauge(self) -> Gauge:
        """How full it is; memory is not counted."""
        return Gauge(0, 0, {partition: len(kept.entries) for partition, kept in self._partitions.items()})

    def close(self) -> None:
        """Nothing to let go of."""


def _without(some: list[list[bytes]], count: int) -> list[list[bytes]]:
    """Portions without as many whole ones at their head as `count` ids make up."""
    ends = accumulate(map(len, some))
    return some[sum(end <= count for end in ends) :]
