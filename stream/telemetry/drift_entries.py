"""The metrics of the drift sidecar, as the catalogue has them."""

from collections.abc import Mapping

from stream.telemetry.entry import Entry
from stream.telemetry.names import CounterName, GaugeName

WINDOWS = ("inputs", "cohort")
VERDICTS = ("none", "info", "warning", "critical")
BOUNDS = ("value", "low", "high")
QUALITIES = ("accuracy", "expected", "floor", "coverage", "precision", "recall", "f1", "auc", "mae", "bias")
LINE = ("model_version", "arm")
FEATURE = (*LINE, "feature")

DRIFT_COUNTERS: Mapping[CounterName, Entry] = {
    "driftline_windows_judged_total": Entry(
        unit="windows",
        meaning="Windows reported: of scored rows, and of rows past their horizon.",
        labels=("kind",),
        closed={"kind": WINDOWS},
    ),
    "driftline_late_rows_total": Entry(
        unit="rows", meaning="Rows whose event-time bucket was judged before their profile came."
    ),
    "driftline_refused_profiles_total": Entry(
        unit="profiles",
        meaning="Profiles set aside, slices left out, or oddities of the profile log, by reason.",
        labels=("reason",),
    ),
    "driftline_rebuilds_total": Entry(
        unit="rebuilds", meaning="Times that no snapshot could be gone on from and the profile log was read again."
    ),
    "driftline_verdicts_total": Entry(
        unit="windows",
        meaning="Judged windows by how bad they were found; warning and critical ones page.",
        labels=("severity",),
        closed={"severity": VERDICTS},
    ),
    "driftline_budget_spent_total": Entry(
        unit="pages", meaning="False pages that judged windows were allowed; the budget says how many in how long."
    ),
}

DRIFT_GAUGES: Mapping[GaugeName, Entry] = {
    "driftline_oldest_bucket_seconds": Entry(
        unit="seconds", meaning="How far the oldest bucket not judged yet lies behind the scorers' event time."
    ),
    "driftline_snapshot_bytes": Entry(unit="bytes", meaning="Size of the drift sidecar's latest snapshot."),
    "driftline_feature_psi_ratio": Entry(
        unit="ratio",
        meaning="PSI of a feature, or the score, in the latest day against the reference.",
        labels=FEATURE,
    ),
    "driftline_feature_mean_shift_ratio": Entry(
        unit="ratio",
        meaning="How far a quantity's mean moved in the latest day, in standard deviations of the reference.",
        labels=FEATURE,
    ),
    "driftline_feature_moved_ratio": Entry(
        unit="ratio", meaning="1 where a feature moved significantly and by enough to matter, else 0.", labels=FEATURE
    ),
    "driftline_feature_missing_ratio": Entry(
        unit="ratio", meaning="Share of rows without the feature in the latest window.", labels=FEATURE
    ),
    "driftline_feature_missing_excess_ratio": Entry(
        unit="ratio", meaning="How much larger that share is than the reference's.", labels=FEATURE
    ),
    "driftline_estimated_quality_ratio": Entry(
        unit="ratio",
        meaning="Accuracy that the calibrated scores of the latest day let expect, with its 95 % band.",
        labels=(*LINE, "bound"),
        closed={"bound": BOUNDS},
    ),
    "driftline_window_quality_ratio": Entry(
        unit="ratio",
        meaning="Realised quality of the latest day past its horizon; expected and floor are what it is held against,"
        " f1 of several classes is the mean of theirs, mae and bias of a regression are in its own unit.",
        labels=(*LINE, "metric"),
        closed={"metric": QUALITIES},
    ),
    "driftline_quality_gap_ratio": Entry(
        unit="ratio",
        meaning="Estimated less realised accuracy of the same rows, where a score has lost its meaning.",
        labels=LINE,
    ),
    "driftline_window_rows": Entry(
        unit="rows",
        meaning="Rows of the latest judged window; of a cohort those with a label.",
        labels=(*LINE, "kind"),
        closed={"kind": WINDOWS},
    ),
    "driftline_window_end_timestamp_seconds": Entry(
        unit="seconds",
        meaning="Event time up to which windows are reported, Unix time.",
        labels=(*LINE, "kind"),
        closed={"kind": WINDOWS},
    ),
    "driftline_judged_timestamp_seconds": Entry(
        unit="seconds",
        meaning="When the latest window was reported, Unix time.",
        labels=("kind",),
        closed={"kind": WINDOWS},
    ),
    "driftline_reference_end_timestamp_seconds": Entry(
        unit="seconds",
        meaning="Event time at which a bundle's reference rows end, Unix time.",
        labels=("model_version",),
    ),
}
