"""How often a loop commits, beats and tries again."""

from dataclasses import dataclass

COMMIT_SHARE = 0.2
"""So much of the time, at most, goes into the commits of who reads events while nobody is behind."""
PARTS = 4
"""Batches that a rest is read in: with one a commit took two to three times as long, for all of it was written last."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """When to commit: nobody behind and a rest since the last, or `longest` open, or `most` bytes written, or asked.

    Nobody is behind where nothing more is there, or a batch held less than `few_rows`. The rest is `quiet`, or as much
    longer as makes commits take no more than `commit_share` of the time: a busy machine commits less often. A stream
    whose batches hold `gather_rows` or more, but few, is read four times a rest only: one batch costs less than the
    same rows in ten. That is for who shows nothing before it commits.
    Where more than `far_rows` wait to be read, which are late whatever is done, a transaction is open for `far` instead
    of `longest`, if that is longer: a commit then costs more rows' time than it shows sooner.
    A place that its stage cannot go on with is tried again every `hold`.
    """

    quiet_seconds: float = 0.010
    longest_seconds: float = 0.100
    commit_share: float = 1.0
    few_rows: int = 0
    gather_rows: int = 100
    far_rows: int = 0
    far_seconds: float = 0.0
    most_bytes: int = 64_000_000
    heartbeat_seconds: float = 5.0
    idle_seconds: float = 0.1
    backoff_seconds: float = 0.2
    outage_seconds: float = 240.0
    hold_seconds: float = 1.0

    def gathers(self, rows: int) -> bool:
        """Whether more is waited for after a batch of so many."""
        return self.gather_rows <= rows < self.few_rows

    def rest_seconds(self, commit_seconds: float) -> float:
        """Shortest time from one commit to the next where nobody is behind, after one that took so long."""
        return min(self.longest_seconds, max(self.quiet_seconds, commit_seconds * (1 / self.commit_share - 1)))
