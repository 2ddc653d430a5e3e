"""Every metric driftline exposes, each with its kind, labels, unit and meaning."""

from collections.abc import Mapping

from stream.telemetry.alert_entries import ALERT_COUNTERS, ALERT_GAUGES
from stream.telemetry.drift_entries import DRIFT_COUNTERS, DRIFT_GAUGES
from stream.telemetry.entry import Entry
from stream.telemetry.names import CounterName, GaugeName, HistogramName

OUTCOMES = ("scored", "fallback", "prior", "rejected", "dead", "duplicate", "mark", "taken")
STAGES = ("broker_wait", "decode", "validate", "infer", "encode", "produce", "commit")
RESULTS = ("committed", "aborted", "restarted")
MODEL_ROLES = ("champion", "fallback")
REBALANCES = ("assigned", "revoked", "lost")
COHORTS = ("ripe", "early")
CLAIM_TROUBLES = ("unreachable", "full", "refused")

# 100 ms is the longest a transaction stays open by default and 200 ms the measured p99: both are edges.
STAGE_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)
END_TO_END_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0, 300.0, 3600.0)
# From minutes to months, in event time.
DELAY_SECONDS = (60.0, 900.0, 3600.0, 14_400.0, 43_200.0, 86_400.0, 172_800.0, 604_800.0, 2_592_000.0, 7_776_000.0)
ROWS = (1.0, 4.0, 16.0, 64.0, 128.0, 256.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0)

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
    "driftline_degraded_total": Entry(
        unit="reasons",
        meaning="Reasons for which rows were answered by the fallback or the prior; a row may have several.",
        labels=("reason",),
    ),
    "driftline_flagged_total": Entry(
        unit="records", meaning="Answered rows that lie outside of what the reference knows."
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
    "driftline_dropped_spans_total": Entry(
        unit="spans", meaning="Spans of traces that their receiver did not take in time; none of them is waited for."
    ),
    "driftline_misplaced_keys_total": Entry(
        unit="keys",
        meaning="Sampled keys that murmur2 puts elsewhere: a producer lacks partitioner=murmur2_random.",
    ),
    "driftline_unclaimed_rows_total": Entry(
        unit="rows",
        meaning="Rows scored though nobody could tell whether they are duplicates, by what the store's trouble was.",
        labels=("cause",),
        closed={"cause": CLAIM_TROUBLES},
    ),
    "driftline_codec_disagreements_total": Entry(
        unit="schemas",
        meaning="Schemas whose events were read otherwise than fastavro reads them; must be 0 (decision 0020).",
    ),
    "driftline_labels_total": Entry(
        unit="labels", meaning="Labels by what each was to its prediction (decision 0012).", labels=("result",)
    ),
    "driftline_outcomes_total": Entry(
        unit="outcomes", meaning="Outcomes written, by status; one prediction may have several.", labels=("status",)
    ),
    "driftline_healings_total": Entry(
        unit="pairs", meaning="Times a pair of the waiting room was not where it was left, and was brought up to date."
    ),
    **DRIFT_COUNTERS,
    **ALERT_COUNTERS,
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
    "driftline_held_partitions": Entry(
        unit="partitions", meaning="Partitions that wait, for a schema that cannot be asked for now; others go on."
    ),
    "driftline_pending_predictions": Entry(
        unit="predictions", meaning="Entries in the waiting room of this process's partitions.", labels=("partition",)
    ),
    "driftline_store_bytes": Entry(unit="bytes", meaning="Memory that the store beside Kafka says it uses."),
    "driftline_store_limit_bytes": Entry(
        unit="bytes", meaning="Memory that the store beside Kafka may use, 0 without a limit; at 0.8 predictions wait."
    ),
    "driftline_healing_ratio": Entry(
        unit="ratio", meaning="How much of a pair of the waiting room has been read again; 1 when nothing is healed."
    ),
    "driftline_join_coverage_ratio": Entry(
        unit="ratio",
        meaning="Share of answered predictions that found a label; early cohorts are still within their horizon.",
        labels=("model_version", "arm", "cohort"),
        closed={"cohort": COHORTS},
    ),
    "driftline_realised_labelled_rows": Entry(
        unit="rows",
        meaning="Labelled rows behind the realised quality.",
        labels=("model_version", "arm", "cohort"),
        closed={"cohort": COHORTS},
    ),
    "driftline_realised_quality_ratio": Entry(
        unit="ratio",
        meaning="Realised quality of the rows joined here, by metric; a regression's in its own unit.",
        labels=("model_version", "arm", "cohort", "metric"),
        closed={"cohort": COHORTS},
    ),
    **DRIFT_GAUGES,
    "driftline_breaker_open_ratio": Entry(
        unit="ratio",
        meaning="1 while a model is left alone because it failed or is missing, 0 while it is asked.",
        labels=("model_role",),
        closed={"model_role": MODEL_ROLES},
    ),
    **ALERT_GAUGES,
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
    "driftline_label_delay_seconds": Entry(
        unit="seconds", meaning="From an event to when its label was known, in event time.", buckets=DELAY_SECONDS
    ),
}


def entries() -> dict[str, tuple[str, Entry]]:
    """Every metric as name -> (kind, entry), in the order of the page."""
    found: dict[str, tuple[str, Entry]] = {}
    found |= {name: ("counter", entry) for name, entry in COUNTERS.items()}
    found |= {name: ("gauge", entry) for name, entry in GAUGES.items()}
    found |= {name: ("histogram", entry) for name, entry in HISTOGRAMS.items()}
    return found
