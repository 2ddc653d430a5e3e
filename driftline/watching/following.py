"""The drift and alerts topics of a model, followed: each look reads on from where the last one ended."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Any

from driftline.alerts.view import Standing, standing
from driftline.drift.view import Line, lines
from driftline.where import Where
from schemas.records import RecordRefused, read_record
from schemas.topics import topic_name
from stream.faults import Stopped
from stream.kafka.admin import BrokerUnreachable
from stream.kafka.scan import edges, scan
from stream.records import Place

MOST_REPORTS = 2_000
"""The last ones of the drift topic: a day has two of a version, unless windows are shorter."""
EVERY_SECONDS = 4.0
Record = Mapping[str, Any]


class Following:
    """What the two topics keep, up to date by a thread of its own between `start` and `close`."""

    def __init__(self, at: Where) -> None:
        self._brokers = at.brokers
        self._topics = {kind: topic_name(at.model, kind, prefix=at.prefix) for kind in ("drift", "alerts")}
        self._ends: dict[Place, int] = {}
        self._reports: dict[str, Record] = {}
        self._alerts: dict[str, Record] = {}
        self._trouble = ""
        self._lock, self._over = Lock(), Event()
        self._thread = Thread(target=self._go_on, name="following", daemon=True)

    def start(self) -> None:
        """Read on by itself from now on."""
        self._thread.start()

    def close(self) -> None:
        """Read no more; what is being read is not waited for long, for brokers may be silent."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    def known(self) -> tuple[Sequence[Line], Standing, str]:
        """Reports by version, alerts as they stand, why nothing could be read the last time; empty where it could."""
        with self._lock:
            reports, alerts, trouble = list(self._reports.values()), list(self._alerts.values()), self._trouble
        return list(lines(reports)), standing(alerts), trouble

    def _go_on(self) -> None:
        while not self._over.is_set():
            self.look()
            self._over.wait(EVERY_SECONDS)

    def look(self) -> None:
        """Read what has come; that brokers do not answer is kept as a trouble, and the next look tries again."""
        try:
            self._read()
            trouble = ""
        except (Stopped, BrokerUnreachable) as error:
            trouble = f"The topics cannot be read now: {error}"
        with self._lock:
            self._trouble = trouble

    def _read(self) -> None:
        kept = edges(self._brokers, list(self._topics.values()))
        begins = {place: self.begin(place, first, end) for place, (first, end) in kept.items()}
        ends = {place: end for place, (_, end) in kept.items()}
        if any(begins[place] < ends[place] for place in ends):
            for batch in scan(self._brokers, list(self._topics.values()), start=begins, end=ends):
                for topic, value in zip(batch.topics, batch.values, strict=True):
                    if value is not None:
                        self.take(topic, value)
        self.ended(ends)

    def ended(self, ends: Mapping[Place, int]) -> None:
        """All before these offsets was read."""
        self._ends = dict(ends)

    def begin(self, place: Place, first: int, end: int) -> int:
        """Where to read on; a topic that was made anew ends before what was read of the old one."""
        known = self._ends.get(place)
        if known is not None and known <= end:
            return max(first, known)
        return max(first, end - MOST_REPORTS) if place.topic == self._topics["drift"] else first

    def take(self, topic: str, value: bytes) -> None:
        """One more record of a topic; what is no report or alert is left out."""
        with suppress(RecordRefused), self._lock:
            if topic == self._topics["drift"]:
                said = read_record("drift", value)
                self._reports.pop(said["report_id"], None)
                self._reports[said["report_id"]] = said
                while len(self._reports) > MOST_REPORTS:
                    del self._reports[next(iter(self._reports))]
            else:
                said = read_record("alert", value)
                self._alerts[said["alert_id"]] = said
