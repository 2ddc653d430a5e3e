"""Every metric driftline exposes, each with its kind, labels, unit and meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CounterName = Literal[
    "driftline_events_total",
    "driftline_rejects_total",
    "driftline_marks_total",
    "driftline_dead_letters_total",
    "driftline_transactions_total",
    "driftline_rebalances_total",
    "driftline_misplaced_keys_total",
]
GaugeName = Literal[
    "driftline_build_info",
    "driftline_model_info",
    "driftline_lag_messages",
    "driftline_lag_seconds",
    "driftline_watermark_timestamp_seconds",
    "driftline_last_event_timestamp_seconds",
    "driftline_ledger_imbalance_messages",
]
HistogramName = Literal["driftline_stage_seconds", "driftline_end_to_end_seconds", "driftline_batch_rows"]
MetricName = CounterName | GaugeName | HistogramName

OUTCOMES = ("scored", "fallback", "prior", "rejected", "dead", "duplicate", "mark")
STAGES = ("broker_wait", "decode", "validate", "infer", "encode", "produce", "commit")
RESULTS = ("committed", "aborted", "restarted")
REBALANCES = ("assigned", "revoked", "lost")

# 100 ms is the longest a transaction stays open by default and 200 ms the measured p99: both are edges.
STAGE_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)
END_TO_END_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0, 300.0, 3600.0)
ROWS = (1.0, 4.0, 16.0, 64.0, 128.0, 256.0, 500.0, 1000.0, 5000.0)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one metric is; `closed` holds the values a label may take where this room knows them all."""

    unit: str
    meaning: str
    labels: tuple[str, ...] = ()
    closed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()


COUNTERS: Mapping[CounterName, Entry] = {
    "driftline_events_total": Entry(
        unit="records",
        meaning="Records of committed transactions, by what became of each.",
        labels=("outcome",),
        closed={"outcome": OUTCOMES},
    ),
    "driftline_rejects_total": Entry(
        unit="reasons",
        meaning="Reasons for which readable rows were refused; a row may have several.",
        labels=("reason",),
    ),
    "driftline_marks_total": Entry(
        unit="reasons",
        meaning="Reasons for which rows were scored with a mark: a value imputed, or passed as it was.",
        labels=("reason",),
    ),
    "driftline_dead_letters_total": Entry(
        unit="records", meaning="Records that could not be read and were set aside.", labels=("reason",)
    ),
    "driftline_transactions_total": Entry(
        unit="transactions",
        meaning="Transactions by how they ended; restarted counts new producers.",
        labels=("result",),
        closed={"result": RESULTS},
    ),
    "driftline_rebalances_total": Entry(
        unit="changes",
        meaning="Changes of the assignment.",
        labels=("kind",),
        closed={"kind": REBALANCES},
    ),
    "driftline_misplaced_keys_total": Entry(
        unit="keys",
        meaning="Sampled keys that murmur2 puts elsewhere: a producer lacks partitioner=murmur2_random.",
    ),
}

GAUGES: Mapping[GaugeName, Entry] = {
    "driftline_build_info": Entry(unit="1", meaning="Always 1; says what runs.", labels=("version",)),
    "driftline_model_info": Entry(
        unit="1",
        meaning="Always 1; says which bundle is served.",
        labels=("model", "model_version", "digest", "arm"),
    ),
    "driftline_lag_messages": Entry(
        unit="messages",
        meaning="Positions not yet read; a drained partition written in transactions rests at 1.",
        labels=("topic", "partition"),
    ),
    "driftline_lag_seconds": Entry(
        unit="seconds",
        meaning="How long ago the broker took the record read last; 0 when the partition is drained.",
        labels=("topic", "partition"),
    ),
    "driftline_watermark_timestamp_seconds": Entry(
        unit="seconds", meaning="Event time that a partition has reached, Unix time.", labels=("partition",)
    ),
    "driftline_last_event_timestamp_seconds": Entry(
        unit="seconds", meaning="When the latest record was read, Unix time."
    ),
    "driftline_ledger_imbalance_messages": Entry(
        unit="messages",
        meaning="Positions this process read without an account, or accounted for twice; must be 0.",
        labels=("topic", "partition"),
    ),
}

HISTOGRAMS: Mapping[HistogramName, Entry] = {
    "driftline_stage_seconds": Entry(
        unit="seconds",
        meaning="Time a stage took: broker_wait a record (broker's timestamp to read), produce and commit a"
        " transaction, the others a batch.",
        labels=("stage",),
        closed={"stage": STAGES},
        buckets=STAGE_SECONDS,
    ),
    "driftline_end_to_end_seconds": Entry(
        unit="seconds",
        meaning="From the broker's timestamp of an event to the commit of its prediction.",
        buckets=END_TO_END_SECONDS,
    ),
    "driftline_batch_rows": Entry(unit="rows", meaning="Rows in a batch.", buckets=ROWS),
}


def entries() -> dict[str, tuple[str, Entry]]:
    """Every metric as name -> (kind, entry), in the order of the page."""
    found: dict[str, tuple[str, Entry]] = {}
    found |= {name: ("counter", entry) for name, entry in COUNTERS.items()}
    found |= {name: ("gauge", entry) for name, entry in GAUGES.items()}
    found |= {name: ("histogram", entry) for name, entry in HISTOGRAMS.items()}
    return found
