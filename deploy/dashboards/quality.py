"""Model quality: what scores let expect, what labels say, of how many rows, how late."""

from deploy.dashboards.panel import Board, Panel, of, quantile

DAY = of("drift", 'model_version=~"$version"')
WINDOW, FIGURE = "driftline_window_quality_ratio", "driftline_realised_quality_ratio"
LIVE = of("labeler", 'model_version=~"$version"')
JUDGED = (
    Panel(
        title="Accuracy: estimated, realised, floor",
        says="Realised stays above the floor and near the estimate; below the floor it pages.",
        unit="percentunit",
        asks={
            "estimated {{model_version}}": f'driftline_estimated_quality_ratio{{{DAY},bound="value"}}',
            "realised {{model_version}}": f'{WINDOW}{{{DAY},metric="accuracy"}}',
            "floor {{model_version}}": f'{WINDOW}{{{DAY},metric="floor"}}',
            "estimated, low": f'driftline_estimated_quality_ratio{{{DAY},bound="low"}}',
            "estimated, high": f'driftline_estimated_quality_ratio{{{DAY},bound="high"}}',
        },
        width=16,
    ),
    Panel(
        title="Estimated less realised",
        says="Within a hundredth of 0; a gap that lasts means that a score no longer means what it meant.",
        unit="percentunit",
        asks={"{{model_version}} {{arm}}": f"driftline_quality_gap_ratio{{{DAY}}}"},
        steps={"orange": 0.01, "red": 0.05},
    ),
    Panel(
        title="Precision, recall, F1, AUC",
        says="As the bundle promised; precision and recall that part mean that the threshold is wrong, not the model.",
        unit="percentunit",
        asks={"{{metric}} {{model_version}}": f'{WINDOW}{{{DAY},metric=~"precision|recall|f1|auc"}}'},
    ),
    Panel(
        title="Rows behind it",
        says="At least a few hundred; fewer make every figure above a matter of chance.",
        unit="none",
        asks={"{{kind}} {{model_version}}": f"driftline_window_rows{{{DAY}}}"},
        base="red", steps={"orange": 200, "green": 500},
    ),
    Panel(
        title="Coverage of the judged day",
        says="Near what is usual; labels that are missing are seldom like those that came.",
        unit="percentunit",
        asks={"{{model_version}} {{arm}}": f'{WINDOW}{{{DAY},metric="coverage"}}'},
        base="red", steps={"orange": 0.5, "green": 0.8},
    ),
)  # fmt: skip
NOW = (
    Panel(
        title="Accuracy of what was joined",
        says="ripe is the truth; early leans to labels that come soon, and is worse or better for that reason alone.",
        unit="percentunit",
        asks={
            "{{cohort}} {{model_version}}": f'{FIGURE}{{{LIVE},metric="accuracy"}}',
            "{{cohort}} {{model_version}}, estimated": f'{FIGURE}{{{LIVE},metric="estimated_accuracy"}}',
        },
    ),
    Panel(
        title="Coverage",
        says="ripe is the final share with a label; early rises towards it.",
        unit="percentunit",
        asks={"{{cohort}} {{model_version}}": f"driftline_join_coverage_ratio{{{LIVE}}}"},
    ),
    Panel(
        title="Labelled rows",
        says="Thousands; few rows make quality a matter of chance.",
        unit="none",
        asks={"{{cohort}} {{model_version}}": f"driftline_realised_labelled_rows{{{LIVE}}}"},
        base="red", steps={"orange": 200, "green": 500},
    ),
    Panel(
        title="Other figures, ripe",
        says="As the bundle promised; of a regression mae, rmse and bias in its own unit.",
        unit="none",
        asks={
            "{{metric}} {{model_version}}": f'{FIGURE}{{{LIVE},cohort="ripe",metric!~"accuracy|estimated_accuracy"}}'
        },
    ),
    Panel(
        title="How late labels are",
        says="Well below the contract's horizon; a p99 near it means that labels begin to miss it.",
        unit="s",
        asks={
            "p50": quantile(0.5, "driftline_label_delay_seconds", of("labeler")),
            "p90": quantile(0.9, "driftline_label_delay_seconds", of("labeler")),
            "p99": quantile(0.99, "driftline_label_delay_seconds", of("labeler")),
        },
    ),
)  # fmt: skip
BOARD = Board(
    uid="driftline-quality",
    title="driftline: model quality",
    says="What scores let expect, what labels say, of how many rows, and how late they are.",
    rows={"Judged days": JUDGED, "Joined so far": NOW},
    choices=("version",),
)
