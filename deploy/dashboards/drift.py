"""Drift: which inputs moved, how far, whether data are broken, whether somebody watches."""

from deploy.dashboards.panel import RATE, Board, Panel, of, rate

DRIFT = of("drift")
LINE = of("drift", 'model_version=~"$version"')
INPUTS = (
    Panel(
        title="PSI of each feature",
        says="Mostly green; a row that turns red moved, which hurts only if Model quality says so.",
        unit="none",
        asks={"{{feature}}": f"driftline_feature_psi_ratio{{{LINE}}}"},
        shows="history", steps={"yellow": 0.1, "orange": 0.25, "red": 1}, width=16,
    ),
    Panel(
        title="Most moved now",
        says="The features to look at first, farthest from the reference on top.",
        unit="none",
        asks={"": f"sort_desc(topk(10, max by (feature, model_version) (driftline_feature_psi_ratio{{{LINE}}})))"},
        shows="table", steps={"orange": 0.25, "red": 1},
    ),
    Panel(
        title="Features that moved",
        says="Few, or a season's; significantly and by enough to matter, at most one in twenty by chance.",
        unit="none",
        asks={"{{model_version}} {{arm}}": f"sum by (model_version, arm) (driftline_feature_moved_ratio{{{LINE}}})"},
        steps={"orange": 1},
    ),
    Panel(
        title="Means, in standard deviations",
        says="Within a quarter of a deviation of 0; it goes on rising where PSI cannot.",
        unit="none",
        asks={"{{feature}}": f"driftline_feature_mean_shift_ratio{{{LINE}}}"},
        steps={"orange": 0.25, "red": 2},
    ),
    Panel(
        title="Missing",
        says="As in the reference; a share that jumps is broken data: fix it upstream.",
        unit="percentunit",
        asks={"{{feature}}": f"driftline_feature_missing_ratio{{{LINE}}}"},
    ),
    Panel(
        title="Missing more often than in the reference",
        says="Near 0; above a tenth it is told, below 0 the feature is there more often than it was.",
        unit="percentunit",
        asks={"{{feature}}": f"driftline_feature_missing_excess_ratio{{{LINE}}}"},
        steps={"orange": 0.02, "red": 0.1},
    ),
)  # fmt: skip
VERDICTS = (
    Panel(
        title="Windows, by verdict",
        says="none and info; warning and critical ones page, and have an alert with the evidence.",
        unit="none",
        asks={"{{severity}}": f"sum by (severity) (increase(driftline_verdicts_total{{{DRIFT}}}[1h]))"},
        shows="stacked",
    ),
    Panel(
        title="Windows reported",
        says="Steady while events come; none while they come means that nobody judges.",
        unit="cps",
        asks={"{{kind}}": rate("driftline_windows_judged_total", DRIFT, "kind")},
    ),
    Panel(
        title="False pages allowed so far",
        says="As the budget says, one a month by default; it counts what chance may do, not what happened.",
        unit="none",
        asks={"pages": f"sum by (model) (driftline_budget_spent_total{{{DRIFT}}})"},
    ),
)  # fmt: skip
WATCH = (
    Panel(
        title="Since the last report",
        says="Less than a window lasts; longer means that no bucket closes, or that the sidecar stands still.",
        unit="s",
        asks={"{{kind}}": f"time() - max by (kind) (driftline_judged_timestamp_seconds{{{DRIFT}}})"},
        steps={"orange": 3600, "red": 90_000},
    ),
    Panel(
        title="Age of the reference",
        says="Months at most; from half a year on rebuild the bundle with newer rows.",
        unit="s",
        asks={
            "{{model_version}}": "max by (model_version) (driftline_window_end_timestamp_seconds"
            f'{{{LINE},kind="inputs"}}) - max by (model_version) (driftline_reference_end_timestamp_seconds{{{LINE}}})'
        },
        steps={"orange": 180 * 86_400},
    ),
    Panel(
        title="Oldest bucket that waits",
        says="Less than the label horizon with its windows; more means that labels or their marks do not come.",
        unit="s",
        asks={"age": f"max by (model) (driftline_oldest_bucket_seconds{{{DRIFT}}})"},
    ),
    Panel(
        title="Rows that came too late to be judged",
        says="None; many mean that writers are slower than the watermark waits.",
        unit="cps",
        asks={"rows": rate("driftline_late_rows_total", DRIFT, "model")},
        steps={"orange": 1},
    ),
    Panel(
        title="Profiles refused, by reason",
        says="None; unknown_version asks for that bundle in DRIFT_OTHERS, gap for `driftline ledger`.",
        unit="none",
        asks={"{{reason}}": f"sum by (reason) (increase(driftline_refused_profiles_total{{{DRIFT}}}[{RATE}]))"},
        steps={"red": 1},
    ),
    Panel(
        title="Snapshot",
        says="Level once a day of buckets is kept; rebuilds beside it should stay at 0.",
        unit="bytes",
        asks={"size": f"max by (model) (driftline_snapshot_bytes{{{DRIFT}}})"},
    ),
    Panel(
        title="Rebuilds",
        says="0; otherwise no snapshot could be gone on from and the profile log was read again.",
        unit="none",
        asks={"rebuilds": f"sum by (model) (driftline_rebuilds_total{{{DRIFT}}})"},
        steps={"orange": 1},
    ),
)  # fmt: skip
BOARD = Board(
    uid="driftline-drift",
    title="driftline: drift",
    says="Which inputs moved, how far, whether data are broken, and whether somebody watches.",
    rows={"Inputs": INPUTS, "Verdicts": VERDICTS, "Is it watched?": WATCH},
    choices=("version",),
)
