"""When a scorer commits, by its settings and its contract."""

from models.contract import Contract
from services.scorer.settings import Settings
from stream.pace import COMMIT_SHARE, Pace

FAR_ROWS, FAR_COMMITS = 20_000, 10
"""Who has so many events to read makes one commit of so many: they took a third of the time of reading a backlog."""


def pace_of(settings: Settings, contract: Contract) -> Pace:
    """At least once a commit shows nobody anything, and all that comes meanwhile waits: none is made early."""
    is_seen_by_commit = settings.delivery == "exactly_once"
    # What is seen at once, or answered by another where it waited too long, is not left to wait for a commit.
    waits = is_seen_by_commit and contract.overload == "wait"
    return Pace(
        quiet_seconds=(settings.quiet_millis if is_seen_by_commit else settings.commit_millis) / 1000,
        longest_seconds=settings.commit_millis / 1000,
        commit_share=COMMIT_SHARE,
        few_rows=settings.batch_rows // 2 if waits else 0,
        far_rows=FAR_ROWS,
        far_seconds=FAR_COMMITS * settings.commit_millis / 1000,
        heartbeat_seconds=settings.heartbeat_seconds,
    )
