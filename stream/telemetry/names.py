"""The names of all metrics, so that a misspelt one is a type error."""

from typing import Literal

CounterName = Literal[
    "driftline_events_total",
    "driftline_rejects_total",
    "driftline_marks_total",
    "driftline_degraded_total",
    "driftline_flagged_total",
    "driftline_dead_letters_total",
    "driftline_transactions_total",
    "driftline_rebalances_total",
    "driftline_misplaced_keys_total",
    "driftline_unclaimed_rows_total",
    "driftline_labels_total",
    "driftline_outcomes_total",
    "driftline_healings_total",
    "driftline_windows_judged_total",
    "driftline_late_rows_total",
    "driftline_refused_profiles_total",
    "driftline_rebuilds_total",
    "driftline_alert_records_total",
    "driftline_alert_posts_total",
]
GaugeName = Literal[
    "driftline_build_info",
    "driftline_model_info",
    "driftline_lag_messages",
    "driftline_lag_seconds",
    "driftline_watermark_timestamp_seconds",
    "driftline_last_event_timestamp_seconds",
    "driftline_ledger_imbalance_messages",
    "driftline_breaker_open_ratio",
    "driftline_held_partitions",
    "driftline_pending_predictions",
    "driftline_store_bytes",
    "driftline_store_limit_bytes",
    "driftline_healing_ratio",
    "driftline_join_coverage_ratio",
    "driftline_realised_labelled_rows",
    "driftline_realised_quality_ratio",
    "driftline_oldest_bucket_seconds",
    "driftline_snapshot_bytes",
    "driftline_open_alerts",
    "driftline_unsent_alerts",
]
HistogramName = Literal[
    "driftline_stage_seconds", "driftline_end_to_end_seconds", "driftline_batch_rows", "driftline_label_delay_seconds"
]
MetricName = CounterName | GaugeName | HistogramName
