"""The labeler: what becomes of labels and predictions, who waits, how full the room is."""

from deploy.dashboards.panel import RATE, Board, Panel, of, quantile, rate

LABELER = of("labeler")
USED, LIMIT = f"driftline_store_bytes{{{LABELER}}}", f"driftline_store_limit_bytes{{{LABELER}}}"
JOIN = (
    Panel(
        title="Labels, by what they were",
        says="Mostly matched and early; orphan is a wrong id, too_late a horizon that is too short.",
        unit="cps",
        asks={"{{result}}": rate("driftline_labels_total", LABELER, "result")},
        shows="stacked",
    ),
    Panel(
        title="Outcomes, by status",
        says="Mostly matched; expired ones have no label, and should be as few as usual.",
        unit="cps",
        asks={"{{status}}": rate("driftline_outcomes_total", LABELER, "status")},
        shows="stacked",
    ),
    Panel(
        title="Predictions without a label, 1 h",
        says="As few as usual; above a fifth it is told.",
        unit="percentunit",
        asks={"expired": 'job_model:driftline_expired_per_outcome:ratio_rate1h{model=~"$model"}'},
        steps={"orange": 0.1, "red": 0.2},
    ),
    Panel(
        title="How late labels are",
        says="One or two dark bands far from the horizon; a band near it is labels that will soon miss it.",
        unit="s",
        asks={"{{le}}": f"sum by (le) (increase(driftline_label_delay_seconds_bucket{{{LABELER}}}[{RATE}]))"},
        shows="heatmap",
    ),
    Panel(
        title="Records by use",
        says="taken alone, with a mark now and then; dead ones are letters with a reason.",
        unit="cps",
        asks={"{{outcome}}": rate("driftline_events_total", LABELER, "outcome")},
    ),
    Panel(
        title="Lag",
        says="A few records; it rises while the room is full, or healed.",
        unit="none",
        asks={"{{topic}}": f"sum by (topic) (driftline_lag_messages{{{LABELER}}})"},
        steps={"orange": 10_000},
    ),
)  # fmt: skip
ROOM = (
    Panel(
        title="Waiting",
        says="About events a second times the label delay; steadily rising means that nothing leaves.",
        unit="none",
        asks={"{{partition}}": f"sum by (partition) (driftline_pending_predictions{{{LABELER}}})"},
        shows="stacked",
    ),
    Panel(
        title="Memory of the store",
        says="Below 80 % of its limit; from there on predictions wait, from 90 % labels too.",
        unit="bytes",
        asks={
            "used": f"max by (model) ({USED})",
            "limit": f"max by (model) ({LIMIT})",
        },
    ),
    Panel(
        title="Share of the store",
        says="Below 80 %; above it more memory or a smaller join share is needed.",
        unit="percentunit",
        asks={"used": f"max by (model) ({USED} / ({LIMIT} > 0))"},
        steps={"orange": 0.6, "red": 0.8},
    ),
    Panel(
        title="Healed",
        says="1; below it a partition's room is being read again, and its rows wait for that.",
        unit="percentunit",
        asks={"healed": f"min by (model) (driftline_healing_ratio{{{LABELER}}})"},
        base="red", steps={"green": 1},
    ),
    Panel(
        title="Healings",
        says="None but after the store was lost; often means that the store forgets.",
        unit="none",
        asks={"healings": f"sum by (model) (driftline_healings_total{{{LABELER}}})"},
        steps={"orange": 1},
    ),
    Panel(
        title="Stages, p99",
        says="commit is the longest; a stage that grows is what holds the labeler up.",
        unit="s",
        asks={"{{stage}}": quantile(0.99, "driftline_stage_seconds", LABELER, "stage")},
        steps={"orange": 0.25, "red": 1},
    ),
)  # fmt: skip
BOARD = Board(
    uid="driftline-labeler",
    title="driftline: labeler",
    says="What becomes of labels and predictions, who waits, and how full the room is.",
    rows={"The join": JOIN, "The waiting room": ROOM},
)
