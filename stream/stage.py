"""What the loop calls: the stage that does a service's work, the watch that looks on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from stream.records import Batch, Place, Span, Start, Writes


class Stage(Protocol):
    """What a service does with what it reads; everything it holds belongs to the open transaction until `committed`."""

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """The places read from now on, with the metadata of their last commit."""

    def take(self, batch: Batch) -> Iterable[Writes]:
        """Use a batch; what it causes."""

    def held(self) -> Mapping[Place, int]:
        """Places that cannot go on, each with the offset of the first record of the batch just taken not used.

        Nothing of such a place from that offset on may have been used: it comes again, later. Empty as a rule.
        """
        return {}

    def has_more(self) -> bool:
        """Whether there is work that no record brings: the next transaction is not to wait for one, or a heartbeat."""
        return False

    def is_due(self) -> bool:
        """Whether what was taken so far asks to be committed now, without waiting for more."""
        return False

    def settle(self, spans: Sequence[Span]) -> Iterable[Writes]:
        """The transaction is about to be committed: the account of it."""

    def metadata(self) -> Mapping[Place, str]:
        """What travels with the committed offset of each assigned place."""

    def committed(self) -> None:
        """The transaction holds."""

    def aborted(self) -> None:
        """The transaction never was."""


class Watch(Protocol):
    """Who looks on: metrics, health."""

    def beat(self) -> None:
        """The loop turned once."""

    def disturbed(self, changes: Sequence[str]) -> None:
        """The assignment changed."""

    def held(self, places: Collection[Place]) -> None:
        """These places wait for their stage, all others go on; told when it changes."""

    def ended(self, result: str, why: str = "") -> None:
        """A transaction was committed, aborted, or its producer restarted."""

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """These places are ours from now on."""

    def settled(self, produce_seconds: float, commit_seconds: float) -> None:
        """A transaction's writes and its commit took so long."""
