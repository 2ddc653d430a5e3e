"""The limiter: it stops a process that would set aside more than a bad record here or there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stream.faults import Stopped
from stream.places import by_place
from stream.records import Batch, Place

CAUSE = "most likely a producer was deployed that writes something else, or whose schema is not registered"
FIX = (
    "repair the producer or register its schema, then start again: the positions not committed are read anew. To set "
    "all of it aside on purpose, start once with {share}=1.0 and {row}=0; `driftline dlq redrive` sends it again later"
)
RUN, LONGEST = "d1:", 18


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much may be set aside.

    More than `share` of the last `window` records, once so many were read, is too much; so are `consecutive` in a
    row, over the partitions held. 1.0 and 0 switch the one and the other off. `names` are what the two settings are
    called where a person sets them.
    """

    share: float = 0.5
    window: int = 1_000
    consecutive: int = 1_000
    names: tuple[str, str] = ("dead_share", "dead_consecutive")


@dataclass(frozen=True)
class Recent:
    """What was read last: reason codes (window,) at most, 0 for a record that was used; dead ones in a row a place."""

    codes: NDArray[np.int16]
    runs: Mapping[Place, int] = field(default_factory=dict)


class Limiter:
    """Counts what is set aside; what the open transaction adds is forgotten when it is aborted.

    Runs are counted a partition, so that how partitions were interleaved changes nothing, and travel with the
    committed offsets: starting again and again gets no further than starting once.
    """

    def __init__(self, limits: Limits, reasons: Sequence[str]) -> None:
        self._limits, self._reasons = limits, tuple(reasons)
        self._kept = self._now = Recent(np.empty(0, np.int16))

    def assigned(self, metadata: Mapping[Place, str]) -> None:
        """Take up each place's run where its last commit left it; a place that is no longer ours is forgotten."""
        self._kept = self._now = Recent(self._kept.codes, {place: run_of(text) for place, text in metadata.items()})

    def committed(self) -> None:
        """What was seen counts."""
        self._kept = self._now

    def aborted(self) -> None:
        """It will be read again."""
        self._now = self._kept

    def run(self, place: Place) -> int:
        """How many records in a row were set aside up to where the open transaction has read; 0 when that is off."""
        return self._now.runs.get(place, 0) if self._limits.consecutive else 0

    def seen(self, batch: Batch, codes: NDArray[np.int16]) -> None:
        """Take in a batch whose rows were set aside for `codes` (n,), indices into the reasons, 0 where used.

        Raises Stopped at the first record that is too many: the transaction must not be committed.
        """
        dead = codes != 0
        recent = np.concatenate([self._now.codes, codes.astype(np.int16)])
        quiet = not dead.any() and not any(self._now.runs.values())
        runs, in_a_row = (dict(self._now.runs), None) if quiet else self._in_a_row(batch, dead)
        self._now = Recent(recent[-self._limits.window :], runs)
        if not dead.any():
            return
        before = len(recent) - len(codes)
        share, row = self._limits.names
        found = [(in_a_row, row), (self._over_share(recent, before), share)]
        first = min(((at, limit) for at, limit in found if at is not None), default=None)
        if first is not None:
            self._stop(first[1], batch, recent[: before + first[0] + 1], first[0])

    def _over_share(self, recent: NDArray[np.int16], before: int) -> int | None:
        """The first dead row at which the last `window` records hold too many dead ones."""
        window = self._limits.window
        if len(recent) < window:
            return None
        sums = np.concatenate([[0], np.cumsum(recent != 0)])
        over = np.flatnonzero(sums[window:] - sums[:-window] > self._limits.share * window) + window - 1
        over = over[(over >= before) & (recent[over] != 0)]
        return int(over[0]) - before if len(over) else None

    def _in_a_row(self, batch: Batch, dead: NDArray[np.bool_]) -> tuple[dict[Place, int], int | None]:
        """The runs after the batch, with the first row at which they add up to too many."""
        runs, change = dict(self._now.runs), np.zeros(len(batch), np.int64)
        for place, rows in by_place(batch):
            at = np.arange(1, len(rows) + 1)
            last_good = np.maximum.accumulate(np.where(dead[rows], 0, at))
            begun = runs.get(place, 0)
            after = at - last_good + np.where(last_good == 0, begun, 0)
            change[rows] = np.diff(after, prepend=begun)
            runs[place] = int(after[-1])
        totals = sum(self._now.runs.values()) + np.cumsum(change)
        limit = self._limits.consecutive
        over = np.flatnonzero((totals >= limit) & dead) if limit else np.empty(0, np.int64)
        return runs, int(over[0]) if len(over) else None

    def _stop(self, limit: str, batch: Batch, recent: NDArray[np.int16], row: int) -> None:
        limits = self._limits
        recent = recent[-limits.window :]
        codes, counts = np.unique(recent[recent != 0], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        said = ", ".join(f"{self._reasons[codes[i]]} {counts[i]:,}" for i in order.tolist())
        dead = int((recent != 0).sum())
        found = (
            f"{dead / len(recent):.0%} of the last {len(recent):,} records could not be read, more than {limit} "
            f"{limits.share:g} allows"
            if limit == limits.names[0]
            else f"{limits.consecutive:,} records in a row could not be read, which {limit} does not allow"
        )
        where = f"{batch.topics[row]}[{int(batch.partitions[row])}] offset {int(batch.offsets[row])}"
        what = f"too many dead letters: {found} ({said}); stopped at {where}, its transaction is not committed"
        raise Stopped(what, cause=CAUSE, fix=FIX.format(share=limits.names[0], row=limits.names[1]))


def with_run(metadata: str, run: int) -> str:
    """A committed offset's metadata with the run of dead records up to it; a run of 0 adds nothing.

    >>> with_run("w1:5:0:0", 7)
    'w1:5:0:0 d1:7'
    """
    return f"{metadata} {RUN}{run}".lstrip() if run else metadata


def run_of(metadata: str) -> int:
    """The run that travels in `metadata`; 0 where there is none of our form."""
    text = metadata.rpartition(" ")[2]
    number = text.removeprefix(RUN)
    return (
        int(number) if text.startswith(RUN) and number.isascii() and number.isdigit() and len(number) <= LONGEST else 0
    )


def without_run(metadata: str) -> str:
    """The metadata as it was before `with_run`.

    >>> without_run(with_run("w1:5:0:0", 7))
    'w1:5:0:0'
    """
    head, _, tail = metadata.rpartition(" ")
    return head if tail.startswith(RUN) else metadata
