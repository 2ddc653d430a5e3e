"""What every service lets be seen of its loop: lag, assignments, transactions, its account; readiness, log lines."""

import time
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import structlog

from schemas.columns import FAULTS
from stream.ledger import LiveLedger, range_of
from stream.log import Log
from stream.records import Batch, Place, Start
from stream.telemetry.health import Health
from stream.telemetry.metrics import Metrics
from stream.telemetry.names import CounterName, GaugeName
from stream.telemetry.served import Service
from stream.watermark import Watermark


class Looking:
    """Counts of the open transaction wait until it is committed; an abort forgets them.

    `conditions` are what the service waits for besides an assignment, a commit and schemas; `per_partition` the gauges
    that speak of its partitions; `uses` how the ranges' words are told as outcomes.
    """

    look_seconds = 1.0
    service: Service

    def __init__(self, conditions: Sequence[str], per_partition: Sequence[GaugeName], uses: Mapping[str, str]) -> None:
        self.metrics, self.health = Metrics(self.service), Health(["assigned", "committed", "schemas", *conditions])
        self._per_partition, self._uses = per_partition, uses
        self._taken_at: dict[Place, int] = {}
        self._log: Log | None = None
        self._ledger, self._logger = LiveLedger(), structlog.get_logger()
        self._looked, self._waits, self._drops = 0.0, "", False
        self.health.met("schemas")
        self.metrics.set("driftline_build_info", 1, version=version("driftline"))
        self.metrics.prime("driftline_dead_letters_total", reason=FAULTS[1:])
        self._forget()

    def _forget(self) -> None:
        """Nothing is counted."""
        self._counts: list[tuple[CounterName, int, dict[str, str]]] = []
        self._ranges: Sequence[Mapping[str, Any]] = ()
        self._marks: Mapping[Place, Watermark | None] = {}

    def beat(self) -> None:
        """The loop turned: say so, and once in a while look around."""
        self.health.beat()
        now = time.monotonic()
        if self._log is not None and now - self._looked >= self.look_seconds:
            self._looked = now
            self._look(self._log)

    def _look(self, log: Log) -> None:
        """How far behind we are."""
        for place, behind in log.lag().items():
            where: dict[str, str | int] = {"topic": place.topic, "partition": place.partition}
            self.metrics.set("driftline_lag_messages", behind, **where)
            taken_at = self._taken_at.get(place, 0)
            age = max(0.0, time.time() - taken_at / 1000) if behind > 1 and taken_at > 0 else 0.0
            self.metrics.set("driftline_lag_seconds", age, **where)

    def read(self, batch: Batch) -> None:
        """A batch was read."""
        self._taken_at.update({place: int(batch.timestamps[rows[-1]]) for place, rows in batch.places})
        self.metrics.observe("driftline_batch_rows", len(batch))
        self.metrics.set("driftline_last_event_timestamp_seconds", time.time())

    def counted(self, name: CounterName, amount: int, **labels: str) -> None:
        """Something happened; it counts with the commit."""
        self._counts.append((name, amount, labels))

    def accounted(self, ranges: Sequence[Mapping[str, Any]], marks: Mapping[Place, Watermark | None]) -> None:
        """What the transaction about to be committed says of itself."""
        self._ranges, self._marks = ranges, dict(marks)

    def assigned(self, starts: Mapping[Place, Start]) -> None:
        """These places are ours now."""
        self._logger.info("assigned", partitions=sorted({place.partition for place in starts}))
        self._ledger.assigned({place: start.offset for place, start in starts.items()})
        self._taken_at.clear()
        for name in self._per_partition:
            self.metrics.forget(name)
        self.health.met("assigned")

    def disturbed(self, changes: Sequence[str]) -> None:
        """The assignment changed."""
        self.health.unmet("assigned")
        for kind in changes:
            self.metrics.inc("driftline_rebalances_total", kind=kind)

    def waits(self, why: str) -> None:
        """What partitions are held for; said when they are, not each time that it is in vain."""
        self._waits = why

    def held(self, places: Collection[Place]) -> None:
        """These places wait for a schema, all others go on."""
        (self.health.unmet if places else self.health.met)("schemas")
        self.metrics.set("driftline_held_partitions", len(places))
        partitions = sorted(place.partition for place in places)
        self._logger.warning("held", partitions=partitions, why=self._waits if places else "no longer")

    def dropped(self, spans: int) -> None:
        """So many spans of traces were not taken; said once, counted always. Any thread may tell."""
        self.metrics.inc("driftline_dropped_spans_total", spans)
        if not self._drops:
            self._drops = True
            self._logger.warning("traces dropped", why="their receiver did not take them in time")

    def settled(self, produce_seconds: float, commit_seconds: float) -> None:
        """A transaction's writes and its commit took so long."""
        self.metrics.observe("driftline_stage_seconds", produce_seconds, stage="produce")
        self.metrics.observe("driftline_stage_seconds", commit_seconds, stage="commit")

    def ended(self, result: str, why: str = "") -> None:
        """A transaction ended: what it counted is now true, or never was."""
        self.metrics.inc("driftline_transactions_total", result=result)
        if result == "committed":
            self._publish()
            self.health.met("committed")
        else:
            self.health.unmet("committed")
            self._logger.warning("transaction", result=result, why=why)
        if result != "restarted":
            self._forget()

    def _publish(self) -> None:
        """What the committed transaction counted, what became of its records."""
        for name, amount, labels in self._counts:
            self.metrics.inc(name, amount, **labels)
        for counted, outcome in self._uses.items() if self._ranges else ():
            amount = sum(one.get(counted, 0) for one in self._ranges)
            self.metrics.inc("driftline_events_total", amount, outcome=outcome)
        if not self._uses:  # a service that reads no events keeps no account of them
            return
        for place, off in self._ledger.account([range_of(one) for one in self._ranges]).items():
            self.metrics.set("driftline_ledger_imbalance_messages", off, topic=place[0], partition=place[1])
