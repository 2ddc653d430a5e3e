"""The sidecar's stage: read profiles, add up, judge the windows that end, say so, keep all that is remembered.

READS   profiles
WRITES  drift (reports), alerts, dead letters of profiles, drift-state (the snapshot): one transaction with the offset.

Nothing is written before the transaction settles: it may stay open for half a minute, a producer's may not. A profile
that cannot be used as a whole is set aside; of one in which single slices are wrong the others are used, and the
reasons counted. However much is wrong, the sidecar goes on: a detector that can be stopped by what it reads is none.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.drift.cutting import Due
from services.drift.keeping.kept import writes_of
from services.drift.keeping.snapshot import Snapshot
from services.drift.kit import Kit
from services.drift.recalling import FORM, Recalled, recall
from services.drift.remembering import Remembered, Said
from services.drift.sight import Sight
from services.drift.sums import Inputs
from stream.records import Batch, Place, Span, Start, Writes
from stream.stage import Stage

MOST_LETTERS = 100
"""So many records set aside are committed without waiting for more."""


class Drift(Stage):
    """One transaction's work: profiles in, what their windows say out, with the snapshot that goes on from there."""

    def __init__(self, kit: Kit, sight: Sight) -> None:
        self._kit, self._sight = kit, sight
        self._place: Place | None = None
        self._recalled: Recalled | None = None
        self._new: Snapshot | None = None
        self._drop()

    def _drop(self) -> None:
        self._due: list[Due] = []
        self._letters: list[Writes] = []
        self._reports: Sequence[Mapping[str, Any]] = ()
        self._closed: Mapping[str, int] = {} if self._recalled is None else dict(self._remembered.closed)
        self._has_read = False

    @property
    def _known(self) -> Recalled:
        if self._recalled is None:
            raise RuntimeError("nothing is assigned, so that nothing is remembered")
        return self._recalled

    @property
    def _remembered(self) -> Remembered:
        return self._known.remembered

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """Take up what is remembered at the log's committed offset. Raises Stopped."""
        self._place = self._recalled = self._new = None
        for place, start in starts.items():
            self._place, self._recalled = place, recall(self._kit, start, self._sight)
        self._drop()

    def take(self, batch: Batch) -> Iterable[Writes]:
        """Add up a batch; windows end where the log says so, not where a batch does."""
        self._has_read = True
        self._sight.read(batch)
        why = {}
        for row in range(len(batch)):
            taken = self._remembered.take(batch, row)
            self._due += taken.due
            if taken.refused is not None:
                why[row] = (taken.refused.reason, taken.refused.found)
            self._count(taken.reasons, taken.late_rows)
        if why:
            self._letters.append(self._kit.desk.letters(batch, list(why), stage="read", why=why))
            for reason, _ in why.values():
                self._sight.counted("driftline_dead_letters_total", 1, reason=reason)
        return ()

    def _count(self, reasons: Mapping[str, int], late_rows: int) -> None:
        for reason, count in reasons.items():
            self._sight.counted("driftline_refused_profiles_total", count, reason=reason)
        if late_rows:
            self._sight.counted("driftline_late_rows_total", late_rows)

    def is_due(self) -> bool:
        """Whether a bucket has closed since the last commit, or much was set aside."""
        letters = sum(len(one.values) for one in self._letters)
        return self._recalled is not None and (self._remembered.closed != self._closed or letters >= MOST_LETTERS)

    def settle(self, spans: Sequence[Span]) -> Iterable[Writes]:
        """Judge what has ended, then keep what is remembered from here on."""
        offset = {span.place: span.end for span in spans}.get(self._place) if self._place else None
        if offset is None or not (self._has_read or self._is_unwritten()):
            return []
        said = self._remembered.judge(self._due)
        self._reports = said.reports
        for one in self._due:
            kind = "inputs" if isinstance(one.window, Inputs) else "cohort"
            self._sight.counted("driftline_windows_judged_total", 1, kind=kind)
        self._new = self._remembered.snapshot(offset)
        state = writes_of(self._kit.topics.model, self._kit.topics.state, self._new, self._known.there)
        return [*self._told(said), *self._letters, state]

    def _is_unwritten(self) -> bool:
        """Whether what was rebuilt is to be written, so that the next start need not do it again."""
        return not self._known.is_written and self._known.snapshot.offset > 0

    def _told(self, said: Said) -> list[Writes]:
        kit, at = self._kit, {"written_at": time.time_ns() // 1000}
        reports = [kit.encode_report({**one, **at}) for one in said.reports]
        alerts = [kit.encode_alert({**one, **at}) for one in said.alerts]
        found = []
        if reports:
            keys: list[bytes | None] = [f"{kit.topics.model}/{one['model_version']}".encode() for one in said.reports]
            found.append(Writes(topic=kit.topics.drift, values=reports, keys=keys, partitions=[0] * len(keys)))
        if alerts:
            names: list[bytes | None] = [str(one["alert_id"]).encode() for one in said.alerts]
            found.append(Writes(topic=kit.topics.alerts, values=alerts, keys=names, partitions=[0] * len(names)))
        return found

    def metadata(self) -> Mapping[Place, str]:
        """Which snapshot belongs to the offset."""
        if self._place is None:
            return {}
        name = self._known.snapshot.name if self._known.is_written else ""
        return {self._place: FORM + (self._new.name if self._new else name) if self._new or name else ""}

    def committed(self) -> None:
        """What was said stands."""
        if self._new is not None:
            new = self._new
            self._recalled = self._known._replace(snapshot=new, there=new.digests, is_written=True)
            self._new = None
            self._sight.said(self._reports)
            self._sight.stands(bytes_kept=new.size, oldest_micros=self._remembered.oldest)
        self._drop()

    def aborted(self) -> None:
        """Back to what was remembered at the last commit: the records since then come again."""
        if self._recalled is not None and (self._has_read or self._new is not None):
            remembered = Remembered(self._kit)
            remembered.restore(self._known.snapshot.manifest, self._known.snapshot.chunks)
            self._recalled = self._known._replace(remembered=remembered)
        self._new = None
        self._drop()
