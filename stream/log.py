"""What the loop needs of a transactional log: read, write, then commit both as one, or neither."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from stream.records import Batch, Place, Span, Start, Writes


class Log(Protocol):
    """What the loop needs of a log; Kafka and the memory twin both are one."""

    def poll(self, timeout_seconds: float) -> Batch | None:
        """The next records, at once when there are any. Raises Disturbed, Stopped, Abort."""

    def write(self, writes: Writes) -> None:
        """Put records into the open transaction, opening one if need be."""

    def secure(self) -> None:
        """What was written so far is safe before an account of it is written. Raises Abort, Indefinite, Stopped."""

    def hold(self, places: Mapping[Place, int]) -> None:
        """Give back records of the batch read last, of each place those from an offset on, as if never read.

        The places stay ours and are committed at that offset; they are not read until `release`. A change of the
        assignment, an abort or a restart forgets that they were held. Raises ValueError for an offset not read.
        """

    def release(self, places: Iterable[Place]) -> None:
        """Read held places again, the record that was given back first; places not held are passed over."""

    def spans(self) -> list[Span]:
        """What the open transaction has read."""

    def still(self) -> list[Span]:
        """An empty span at every assigned place."""

    def commit(self, metadata: Mapping[Place, str]) -> None:
        """Commit records and input positions as one. Raises Abort, Indefinite, Disturbed, Stopped."""

    def abort(self) -> None:
        """Undo the open transaction; its input will be read again."""

    def restart(self) -> bool:
        """Make a new producer, ask the group where it stands; True when the transaction had been committed."""

    def starts(self) -> Mapping[Place, Start] | None:
        """The assignment's starts after it changed, told once; None when it did not change."""

    def at_end(self) -> Collection[Place]:
        """Assigned places of which everything there was has been read; empty where the log is not told to say so."""

    def lag(self) -> Mapping[Place, int]:
        """Records not yet read, a place, as far as known."""

    def close(self) -> None:
        """Let go of everything; an open transaction is aborted."""
