"""What the demo found: counts, timings, the ledgers' verdicts, the joined table, whatever does not add up."""

from dataclasses import dataclass
from typing import Any

from driftline.demo_drift import Drifted, print_drift
from driftline.ledger import print_verdict
from driftline.output import show, show_table
from load.flights.compared import Joined
from load.flights.quality import Quality
from stream.proof import Verdict
from stream.telemetry.catalogue import STAGES
from stream.telemetry.scrape import Scraped

UNREADABLE = (
    "bad_magic",
    "empty",
    "frame_too_short",
    "no_id",
    "trailing_bytes",
    "truncated",
    "unknown_schema",
)
WORK = ("decode", "validate", "infer", "encode", "produce", "commit")


@dataclass(frozen=True, kw_only=True)
class Report:
    """One run of the demo: what was sent, what the scorer counted, what the log proves, what was joined."""

    sent: dict[str, Any]
    scraped: Scraped
    verdict: Verdict
    labeled: Verdict
    joined: Joined
    drift: Drifted
    seconds: float
    ids: tuple[int, int]

    @property
    def sums(self) -> dict[str, int]:
        """What the scorer's ledger counted over all partitions."""
        names = ("read", "scored", "degraded", "rejected", "dead", "duplicate", "marks")
        return {name: sum(getattr(account, name) for account in self.verdict.partitions) for name in names}

    @property
    def taken(self) -> dict[str, int]:
        """What the labeler's ledger counted over all partitions of both topics."""
        names = ("read", "taken", "dead", "marks")
        return {name: sum(getattr(account, name) for account in self.labeled.partitions) for name in names}

    def refused(self) -> dict[str, int]:
        """Refused predictions by reason."""
        return {reason: int(n) for reason, n in sorted(self.scraped.by("driftline_rejects_total", "reason").items())}

    def dead(self) -> dict[str, int]:
        """Dead letters by reason."""
        return {
            reason: int(n) for reason, n in sorted(self.scraped.by("driftline_dead_letters_total", "reason").items())
        }

    def faults(self) -> list[str]:
        """Everything that does not add up; nothing when all is well."""
        sent, sums = self.sent, self.sums
        bad = sent["bad"]
        unreadable = {reason: n for reason, n in bad.items() if reason in UNREADABLE}
        broken = {reason: n for reason, n in bad.items() if reason not in UNREADABLE}
        pairs = {
            "records read": (sums["read"], sent["events"] + sum(bad.values()) + sent["marks"] // 2),
            "watermark marks": (sums["marks"], sent["marks"] // 2),
            "events scored": (sums["scored"], sent["events"]),
            "events refused by reason": (self.refused(), broken),
            "dead letters by reason": (self.dead(), unreadable),
            "event ids predicted": (self.ids[1], sent["events"] + sum(broken.values())),
            "predictions beyond one an id": (self.ids[0] - self.ids[1], 0),
            "records the broker did not take": (sent["undelivered"], 0),
            "predictions and labels taken": (self.taken["taken"], self.ids[0] + sent["labels"]),
            "marks read by the labeler": (self.taken["marks"], sent["marks"]),
            "predictions joined": (self.joined.quality.rows, sent["events"]),
        }
        found = [f"{what}: found {a}, expected {b}" for what, (a, b) in pairs.items() if a != b]
        ledgers = {"the ledger": self.verdict, "the labeler's ledger": self.labeled}
        found += [f"{name} is {one.status}" for name, one in ledgers.items() if one.status != "balanced"]
        return [*found, *self.joined.faults, *self.drift.faults()]

    def latency(self) -> list[dict[str, Any]]:
        """A row a stage: median, 99th percentile, mean, in milliseconds; means of work also in µs an event."""
        rows = [self._stage("driftline_stage_seconds", stage, stage=stage) for stage in STAGES]
        return [*rows, self._stage("driftline_end_to_end_seconds", "event to committed prediction")]

    def _stage(self, name: str, title: str, **labels: str) -> dict[str, Any]:
        count = self.scraped.value(f"{name}_count", **labels)
        total = self.scraped.value(f"{name}_sum", **labels)
        millis = [_millis(self.scraped.quantile(name, share, **labels)) for share in (0.5, 0.99)]
        each = round(total / max(1, self.sums["read"]) * 1e6, 2) if title in WORK else None
        mean = round(total / count * 1e3, 3) if count else None
        return {
            "stage": title,
            "p50_ms": millis[0],
            "p99_ms": millis[1],
            "mean_ms": mean,
            "micros_per_event": each,
        }

    def as_data(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "sent": self.sent,
            "ledger": {"verdict": self.verdict.status, "first_fault": self.verdict.first_fault, **self.sums},
            "labeler_ledger": {
                "verdict": self.labeled.status,
                "first_fault": self.labeled.first_fault,
                **self.taken,
            },
            "joined": self.joined.as_data(),
            "drift": self.drift.as_data(),
            "rejected_by_reason": self.refused(),
            "dead_letters_by_reason": self.dead(),
            "transactions": {k: int(v) for k, v in self.scraped.by("driftline_transactions_total", "result").items()},
            "seconds": round(self.seconds, 3),
            "events_per_second": round(self.sums["read"] / self.seconds, 1),
            "latency": self.latency(),
            "faults": self.faults(),
        }


def _millis(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1e3, 2)


def print_report(report: Report) -> None:
    """The report for people."""
    sums = report.sums
    print_verdict(report.verdict)
    show("")
    print_verdict(report.labeled, "labeler")
    show("")
    rows: list[tuple[str, object]] = [
        ("events sent", f"{report.sent['events']:,}"),
        ("labels sent", f"{report.sent['labels']:,}"),
        ("scored", f"{sums['scored']:,}"),
        ("rejected", f"{sums['rejected']:,}  {_reasons(report.refused())}"),
        ("dead letters", f"{sums['dead']:,}  {_reasons(report.dead())}"),
        ("event ids answered exactly once", f"{report.ids[1]:,}"),
        *_joined(report.joined.quality),
        (
            "throughput",
            f"{sums['read'] / report.seconds:,.0f} events/s over {report.seconds:.1f} s of replay",
        ),
    ]
    show_table(("what", "found"), rows)
    show("")
    heads = ("stage", "p50 ms", "p99 ms", "mean ms", "µs an event")
    show_table(heads, [["" if cell is None else cell for cell in row.values()] for row in report.latency()])
    show("")
    print_drift(report.drift)
    show("")
    for fault in report.faults():
        show(f"does not add up: {fault}", style="bold red")
    if not report.faults():
        show(f"nothing lost, nothing doubled: ledger {report.verdict.status}", style="bold green")
        rows_joined = f"{report.joined.quality.rows:,} rows"
        show(f"joined as the parquet says it must be: {rows_joined}, every status and figure", style="bold green")


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason} {n}" for reason, n in counts.items())


def _joined(found: Quality) -> list[tuple[str, object]]:
    """The joined table in rows: counts, coverage, how good the predictions were, how late the labels."""
    statuses = ", ".join(f"{status} {n:,}" for status, n in found.by_status.items())
    delays = [_hours(found.median_delay_seconds), _hours(found.p99_delay_seconds)]
    return [
        ("predictions joined", f"{found.rows:,}  {statuses}"),
        ("coverage", f"{_share(found.coverage)} of them have a label"),
        ("accuracy", f"{_share(found.accuracy)} of {found.judged:,}"),
        ("precision, recall, F1", ", ".join(map(_share, (found.precision, found.recall, found.f1)))),
        ("labels came after", f"{delays[0]} (median), {delays[1]} (99th percentile) of event time"),
    ]


def _share(share: float | None) -> str:
    return "none" if share is None else f"{share:.2%}"


def _hours(seconds: float | None) -> str:
    return "none" if seconds is None else f"{seconds / 3600:.2f} h"
