"""A broker in memory with Kafka's manners: markers, open and aborted transactions, generations.

It does not know time-outs, lost answers, sizes or several brokers: what needs those is tested on Kafka.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from stream.records import Headers, Place, Start, Writes


class Member(Protocol):
    """Who reads in a group: it is told its places, then that they changed."""

    group: str
    topics: list[str]
    pending: list[Place] | None
    changed: bool


@dataclass
class Entry:
    """A position of a partition: a record (one that nobody can read where `broken` says why), or a marker."""

    key: bytes | None = None
    value: bytes | None = None
    headers: Headers | None = None
    transaction: int | None = None
    marker: bool = False
    broken: str = ""


@dataclass
class MemoryBroker:
    """Topics, transactions, groups."""

    partitions: dict[str, list[list[Entry]]] = field(default_factory=dict)
    finished: dict[int, bool] = field(default_factory=dict)
    touched: dict[int, set[Place]] = field(default_factory=dict)
    offsets: dict[tuple[str, Place], Start] = field(default_factory=dict)
    members: dict[str, list[Member]] = field(default_factory=dict)
    generations: dict[str, int] = field(default_factory=dict)

    def create(self, topic: str, partitions: int) -> None:
        """Make a topic."""
        self.partitions[topic] = [[] for _ in range(partitions)]

    def produce(self, writes: Writes, transaction: int | None = None) -> None:
        """Append records, in a transaction or outside of any."""
        headers = writes.headers or [None] * len(writes.values)
        for value, key, partition, extra in zip(writes.values, writes.keys, writes.partitions, headers, strict=True):
            entry = Entry(key, value, extra, transaction)
            self.partitions[writes.topic][partition].append(entry)
            if transaction is not None:
                self.touched[transaction].add(Place(writes.topic, partition))

    def open(self) -> int:
        """Begin a transaction."""
        number = len(self.touched)
        self.touched[number] = set()
        return number

    def end(self, transaction: int, *, commit: bool) -> None:
        """Finish a transaction: a marker in every partition it touched."""
        self.finished[transaction] = commit
        for place in self.touched[transaction]:
            self.partitions[place.topic][place.partition].append(Entry(transaction=transaction, marker=True))

    def committed(self, place: Place, start: int, rows: int) -> list[tuple[int, Entry]]:
        """Up to `rows` records from `start` that a read_committed reader sees: none beyond an open transaction."""
        found: list[tuple[int, Entry]] = []
        for offset, entry in enumerate(self.partitions[place.topic][place.partition][start:], start):
            if entry.transaction is not None and entry.transaction not in self.finished:
                break
            if not entry.marker and (entry.transaction is None or self.finished[entry.transaction]):
                found.append((offset, entry))
            if len(found) == rows:
                break
        return found

    def join(self, member: Member) -> None:
        """Add a member; everybody's assignment changes."""
        self.members.setdefault(member.group, []).append(member)
        self._rebalance(member.group)

    def leave(self, member: Member) -> None:
        """Remove a member; everybody else's assignment changes."""
        self.members[member.group].remove(member)
        self._rebalance(member.group)

    def _rebalance(self, group: str) -> None:
        """The range assignor: each topic's partitions in stretches, the first members one more."""
        self.generations[group] = self.generations.get(group, 0) + 1
        members = self.members[group]
        for index, member in enumerate(members):
            places = []
            for topic in member.topics:
                share = np.array_split(np.arange(len(self.partitions[topic])), len(members))[index]
                places += [Place(topic, int(partition)) for partition in share]
            member.pending = places
            member.changed = True
