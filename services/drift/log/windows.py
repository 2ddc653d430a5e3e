"""Windows of whole buckets: where each ends, by its rows, its span, a version that follows."""

from collections.abc import Sequence
from dataclasses import dataclass

MINUTE = 60_000_000


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A window holds `target` rows over at least `shortest` µs, or spans `longest` µs: 96 a day at most."""

    bucket: int
    target: int = 2_000
    shortest: int = 15 * MINUTE
    longest: int = 24 * 60 * MINUTE

    def least(self, start: int) -> int:
        """Where a window from `start` may end at the earliest: at the end of a bucket."""
        return start + -(-self.shortest // self.bucket) * self.bucket

    def most(self, start: int) -> int:
        """Where it ends at the latest."""
        return start + max(self.longest // self.bucket, -(-self.shortest // self.bucket), 1) * self.bucket


def end_of(rule: Rule, rows: Sequence[tuple[int, int]], *, closed: int, followed: int | None = None) -> int | None:
    """Where the window ends that begins with the first of `rows` (bucket, rows; in order); None while it is open.

    Time is closed up to `closed`; another version took over at `followed`.

    >>> rule = Rule(bucket=10, target=100, shortest=20, longest=50)
    >>> end_of(rule, [(0, 60), (10, 30), (30, 20)], closed=40)
    40
    >>> end_of(rule, [(0, 500)], closed=10), end_of(rule, [(0, 500)], closed=20)
    (None, 20)
    >>> end_of(rule, [(0, 5)], closed=60), end_of(rule, [(0, 5)], closed=60, followed=30)
    (50, 30)
    """
    start = rows[0][0]
    least, end, found = rule.least(start), rule.most(start), 0
    for bucket, count in rows:
        found += count
        if found >= rule.target or bucket >= end:
            end = min(end, max(bucket + rule.bucket, least))
            break
    if followed is not None:
        end = min(end, max(least, followed))
    return end if end <= closed else None
