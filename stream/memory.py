"""The memory twin of the log on Kafka: the same promises, in one process."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from stream.faults import Abort, Disturbed, Stopped
from stream.memory_broker import Entry, MemoryBroker
from stream.positions import Positions
from stream.records import Batch, Place, Span, Start, Writes


class MemoryLog:
    """A member of a group on a MemoryBroker; the same promises as the log on Kafka."""

    def __init__(
        self,
        broker: MemoryBroker,
        group: str,
        topics: Sequence[str],
        *,
        rows: int = 500,
        resume: Callable[[Sequence[Place]], Mapping[Place, int]] = lambda _places: {},
        probe: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self.broker, self.group, self.topics, self.rows = broker, group, list(topics), rows
        self.pending: list[Place] | None = None
        self.changed = False
        self._resume, self._probe = resume, probe
        self._positions = Positions()
        self._held: set[Place] = set()
        self._told: Mapping[Place, Start] | None = None
        self._transaction: int | None = None
        self._generation: int | None = None
        broker.join(self)

    def poll(self, timeout_seconds: float) -> Batch | None:  # noqa: ARG002  # memory never waits
        """The next records of one of our partitions."""
        if self.changed:
            self.changed = False
            self._positions.assigned({})
            raise Disturbed("assigned")
        if self.pending is not None:
            self._settle_assignment(self.pending)
            return None
        for place, start in sorted(self._positions.ends().items()):
            found = [] if place in self._held else self.broker.committed(place, start, self.rows)
            if found:
                if self._generation is None:
                    self._generation = self.broker.generations[self.group]
                self._probe("polled")
                batch = _batch(place, found)
                self._positions.took(batch)
                return batch
        return None

    def _settle_assignment(self, places: list[Place]) -> None:
        unknown = [place for place in places if (self.group, place) not in self.broker.offsets]
        resumed = self._resume(unknown) if unknown else {}
        self._told = {
            place: self.broker.offsets.get((self.group, place), Start(resumed.get(place, 0))) for place in places
        }
        self._positions.assigned(self._told)
        self._held.clear()
        self.pending = None

    def write(self, writes: Writes) -> None:
        """Put records into the open transaction, opening one if need be."""
        if writes.topic not in self.broker.partitions:
            raise Abort(f"{writes.topic}: no such topic")
        if self._transaction is None:
            self._transaction = self.broker.open()
        self.broker.produce(writes, self._transaction)
        self._probe("produced")

    def secure(self) -> None:
        """Nothing to do: all of a transaction is there at once."""

    def hold(self, places: Mapping[Place, int]) -> None:
        """Give back records of the batch read last, of each place those from an offset on."""
        self._positions.give_back(places)
        self._held.update(places)

    def release(self, places: Iterable[Place]) -> None:
        """Read held places again."""
        self._held.difference_update(places)

    def spans(self) -> list[Span]:
        """What the open transaction has read."""
        return self._positions.spans()

    def still(self) -> list[Span]:
        """An empty span at every assigned place."""
        return self._positions.still()

    def commit(self, metadata: Mapping[Place, str]) -> None:
        """Commit records and positions as one; a generation that has moved on is refused."""
        self._probe("flushed")
        generation = self.broker.generations[self.group]
        if self._generation not in (None, generation):
            raise Abort("illegal generation")
        if self not in self.broker.members[self.group]:
            raise Stopped("fenced")
        self._probe("offsets")
        ends = self._positions.ends()
        if self._transaction is not None:
            self.broker.end(self._transaction, commit=True)
        self.broker.offsets.update({(self.group, p): Start(ends[p], text) for p, text in metadata.items()})
        self._transaction = self._generation = None
        self._positions.advance()
        self._probe("committed")

    def abort(self) -> None:
        """Undo the open transaction; its input will be read again."""
        if self._transaction is not None:
            self.broker.end(self._transaction, commit=False)
        self._transaction = self._generation = None
        self._held.clear()
        self._positions.rewind()

    def restart(self) -> bool:
        """Abort, for nothing is ever in doubt here."""
        self.abort()
        return False

    def starts(self) -> Mapping[Place, Start] | None:
        """The assignment's starts after it changed, told once."""
        told, self._told = self._told, None
        return told

    def at_end(self) -> Collection[Place]:
        """Assigned places with no committed record left to read."""
        ends = self._positions.ends().items()
        return {place for place, end in ends if not self.broker.committed(place, end, 1)}

    def lag(self) -> Mapping[Place, int]:
        """Positions not yet read, a place."""
        ends = self._positions.ends()
        return {p: len(self.broker.partitions[p.topic][p.partition]) - end for p, end in ends.items()}

    def close(self) -> None:
        """Leave the group."""
        self.abort()
        self.broker.leave(self)


def _batch(place: Place, found: Sequence[tuple[int, Entry]]) -> Batch:
    n = len(found)
    seen = [Entry(broken=entry.broken) if entry.broken else entry for _, entry in found]
    return Batch(
        topics=[place.topic] * n,
        partitions=np.full(n, place.partition, np.int32),
        offsets=np.fromiter((offset for offset, _ in found), np.int64, n),
        timestamps=np.fromiter((-1 if entry.broken else 0 for entry in seen), np.int64, n),
        keys=[entry.key for entry in seen],
        values=[entry.value for entry in seen],
        headers=lambda row: seen[row].headers,
        broken={row: entry.broken for row, entry in enumerate(seen) if entry.broken},
    )
