"""Which service serves which metrics, so that none shows a zero of what it knows nothing of."""

from collections.abc import Mapping
from typing import Literal, get_args

from stream.telemetry.entry import Entry
from stream.telemetry.names import CounterName, GaugeName, HistogramName, MetricName

Service = Literal["scorer", "labeler", "drift", "notifier"]
SERVICES: tuple[Service, ...] = get_args(Service)

LOOP: frozenset[MetricName] = frozenset(
    {
        "driftline_build_info",
        "driftline_dead_letters_total",
        "driftline_transactions_total",
        "driftline_rebalances_total",
        "driftline_dropped_spans_total",
        "driftline_lag_messages",
        "driftline_lag_seconds",
        "driftline_last_event_timestamp_seconds",
        "driftline_held_partitions",
        "driftline_stage_seconds",
        "driftline_batch_rows",
    }
)
"""What every service with a loop says."""
TRADES: frozenset[MetricName] = frozenset({"driftline_events_total", "driftline_ledger_imbalance_messages"})
"""What those say who account for every record that they read."""
OWN: Mapping[Service, frozenset[MetricName]] = {
    "scorer": LOOP
    | TRADES
    | {
        "driftline_model_info",
        "driftline_codec_disagreements_total",
        "driftline_misplaced_keys_total",
        "driftline_rejects_total",
        "driftline_marks_total",
        "driftline_degraded_total",
        "driftline_flagged_total",
        "driftline_unclaimed_rows_total",
        "driftline_watermark_timestamp_seconds",
        "driftline_breaker_open_ratio",
        "driftline_end_to_end_seconds",
    },
    "labeler": LOOP
    | TRADES
    | {
        "driftline_labels_total",
        "driftline_outcomes_total",
        "driftline_healings_total",
        "driftline_healing_ratio",
        "driftline_pending_predictions",
        "driftline_store_bytes",
        "driftline_store_limit_bytes",
        "driftline_join_coverage_ratio",
        "driftline_realised_labelled_rows",
        "driftline_realised_quality_ratio",
        "driftline_label_delay_seconds",
    },
    "drift": LOOP
    | {
        "driftline_windows_judged_total",
        "driftline_late_rows_total",
        "driftline_refused_profiles_total",
        "driftline_rebuilds_total",
        "driftline_verdicts_total",
        "driftline_budget_spent_total",
        "driftline_oldest_bucket_seconds",
        "driftline_snapshot_bytes",
        "driftline_feature_psi_ratio",
        "driftline_feature_mean_shift_ratio",
        "driftline_feature_moved_ratio",
        "driftline_feature_missing_ratio",
        "driftline_feature_missing_excess_ratio",
        "driftline_estimated_quality_ratio",
        "driftline_window_quality_ratio",
        "driftline_quality_gap_ratio",
        "driftline_window_rows",
        "driftline_window_end_timestamp_seconds",
        "driftline_judged_timestamp_seconds",
        "driftline_reference_end_timestamp_seconds",
    },
    "notifier": frozenset(
        {
            "driftline_build_info",
            "driftline_alert_records_total",
            "driftline_alert_posts_total",
            "driftline_open_alerts",
            "driftline_unsent_alerts",
        }
    ),
}
PROCESS: Mapping[str, tuple[str, Entry]] = {
    "process_cpu_seconds_total": ("counter", Entry(unit="seconds", meaning="CPU time used, user and system.")),
    "process_resident_memory_bytes": ("gauge", Entry(unit="bytes", meaning="Memory that is in RAM.")),
    "process_virtual_memory_bytes": ("gauge", Entry(unit="bytes", meaning="Memory that is addressed.")),
    "process_start_time_seconds": ("gauge", Entry(unit="seconds", meaning="When it began, Unix time.")),
    "process_open_fds": ("gauge", Entry(unit="files", meaning="Files and sockets that are open.")),
    "process_max_fds": ("gauge", Entry(unit="files", meaning="Files and sockets that may be open.")),
}
"""What prometheus_client says of a process."""


def served(service: Service | None) -> frozenset[str]:
    """The names that a service serves; without one all there are."""
    if service is None:
        return frozenset([*get_args(CounterName), *get_args(GaugeName), *get_args(HistogramName)])
    return OWN[service]


def servers(name: str) -> tuple[Service, ...]:
    """The services that serve a metric."""
    return tuple(one for one in SERVICES if name in OWN[one])
