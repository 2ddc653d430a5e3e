"""All that a sidecar remembers, as one: what was added up, what its judge and its alerts know."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.drift.core import Movement, Taken
from services.drift.cutting import Due
from services.drift.judging.judged import Judged
from services.drift.keeping.encoding import StateRefused, entries_of, fill
from services.drift.keeping.snapshot import Snapshot, decode, encode
from services.drift.kit import Kit
from services.drift.sums import Inputs
from stream.records import Batch


class Said(NamedTuple):
    """What windows came to: reports without written_at, alert records without it."""

    reports: list[dict[str, Any]]
    alerts: list[dict[str, Any]]


class Remembered:
    """Begins blank; what it becomes depends on the records taken, in their order, and on nothing else."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._movement = Movement(kit.terms, kit.rule)
        self._judge, self._alerts = kit.judge(), kit.alerts()

    def take(self, batch: Batch, row: int) -> Taken:
        """One record of the profile log."""
        offset, stamp = int(batch.offsets[row]), int(batch.timestamps[row])
        return self._movement.take(batch.values[row], offset=offset, stamp=stamp)

    def judge(self, due: Sequence[Due]) -> Said:
        """What these windows come to, in their order."""
        said = Said([], [])
        for one in due:
            if one.window.segment:  # added up, so that they are there; judged as one with all rows only
                continue
            report, signals = self._judged(one)
            log = {"late_rows": one.late_rows, "profile_from": one.profile_from, "profile_to": one.profile_to}
            said.reports.append({**report, **log})
            said.alerts.extend(dict(record) for record in (self._alerts.judged(signals) if signals else ()))
        return said

    def _judged(self, due: Due) -> Judged:
        window = due.window
        return self._judge.inputs(window) if isinstance(window, Inputs) else self._judge.cohort(window)

    @property
    def closed(self) -> Mapping[str, int]:
        """Event time up to which buckets are closed, by arm."""
        return self._movement.closed

    @property
    def oldest(self) -> int | None:
        """How far the oldest bucket that waits lies behind, µs."""
        return self._movement.oldest()

    def snapshot(self, offset: int) -> Snapshot:
        """All of it, the profile log read up to `offset`."""
        core = {"movement": self._movement.state(), "judge": self._judge.state(), "alerts": self._alerts.state()}
        return encode(offset, core, entries_of(self._movement), self._kit.terms.bucket)

    def restore(self, manifest: bytes | None, chunks: Mapping[str, bytes]) -> int:
        """Become what a snapshot holds, of a blank one; the offset that it stands at. Raises StateRefused."""
        offset, core, entries = decode(manifest, chunks)
        try:
            self._movement.restore(core["movement"])
            fill(self._movement, entries, self._kit.terms)
            self._judge.restore(core["judge"])
            self._alerts.restore(core["alerts"])
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # Written by another version of this program, whose judge remembered other things.
            raise StateRefused(f"what it holds is not understood: {type(error).__name__}: {error}") from error
        return offset
