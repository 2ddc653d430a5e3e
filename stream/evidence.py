"""What an account is held against, and what it comes to: facts from the topics, sums of one partition."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stream.ledger import Fault
from stream.records import Place


@dataclass(frozen=True, kw_only=True)
class Found:
    """Records of an output topic that name one input partition as their source.

    `distinct` source positions that a range covers, `repeated` records beyond the first of a position,
    `outside` records whose position no range covers.
    """

    distinct: int
    repeated: int = 0
    outside: int = 0


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known beside the ranges; whatever is left out is not checked.

    `first_offset` of the log that holds the ranges: above 0, older ones are gone. `predictions`,
    `dead_letters`, `outcomes`: what is really there; in a table that is given, a place it lacks has nothing.
    `unknown`: places whose outputs retention may have taken. `unread`: places whose absent positions could not be
    read again. `reread`: committed records found by reading
    the account's positions again. `begins`: the first position there was to read. `committed`: where the
    group stood before, and after, the ranges were read.
    """

    first_offset: int = 0
    predictions: Mapping[Place, Found] | None = None
    dead_letters: Mapping[Place, Found] | None = None
    outcomes: Mapping[Place, Found] | None = None
    unknown: frozenset[Place] = frozenset()
    reread: Mapping[Place, int] = field(default_factory=dict)
    unread: frozenset[Place] = frozenset()
    begins: Mapping[Place, int] = field(default_factory=dict)
    committed: Mapping[Place, tuple[int, int]] = field(default_factory=dict)

    def places(self) -> set[Place]:
        """Places that ought to have an account."""
        return {*(self.predictions or ()), *(self.dead_letters or ()), *(self.outcomes or ()), *self.committed}


@dataclass(frozen=True, kw_only=True)
class PartitionAccount:
    """The sums of one partition; `predictions`, `dead_letters`, `outcomes`: what was found, None where not looked.

    One that `may_repeat` was written at least once: more than one output of a position is no fault.
    """

    topic: str
    partition: int
    start: int
    end: int
    absent: int
    marks: int
    scored: int
    degraded: int
    rejected: int
    dead: int
    duplicate: int
    taken: int
    predictions: Found | None
    dead_letters: Found | None
    outcomes: Found | None = None
    may_repeat: bool = False
    fault: Fault | None = None

    @property
    def read(self) -> int:
        """Records that were there to be read."""
        return self.end - self.start - self.absent

    @property
    def answered(self) -> int:
        """Records that must have a prediction."""
        return self.scored + self.degraded + self.rejected
