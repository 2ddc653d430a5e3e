"""The overview: are the objectives kept, is anything lost, is the model still right."""

from deploy.dashboards.panel import Board, Panel, of, quantile, rate

SCORER = of("scorer")
OBJECTIVES = (
    Panel(
        title="Events a second",
        says="As many as producers send; none while they send some means that scorers stand still.",
        unit="cps",
        asks={"events": rate("driftline_events_total", of("scorer", 'outcome!="mark"'), "model")},
        shows="stat", width=4, leads="driftline-scorer",
    ),
    Panel(
        title="Event to prediction, p99",
        says="Below 1 s; above it look at lag first, then at the stages.",
        unit="s",
        asks={"p99": quantile(0.99, "driftline_end_to_end_seconds", SCORER, "model")},
        shows="stat", steps={"orange": 0.5, "red": 1}, width=4, leads="driftline-scorer",
    ),
    Panel(
        title="Late events, 1 h",
        says="Below 1 % of events wait longer than a second; above it the objective is missed.",
        unit="percentunit",
        asks={"late": 'job_model:driftline_slow_per_event:ratio_rate1h{model=~"$model"}'},
        shows="stat", steps={"orange": 0.005, "red": 0.01}, width=4, leads="driftline-scorer",
    ),
    Panel(
        title="Answers by stand-ins, 1 h",
        says="Below 0.1 % of answers come from fallback or prior; above it the model is slow, broken or missing.",
        unit="percentunit",
        asks={"degraded": 'job_model:driftline_degraded_per_answer:ratio_rate1h{model=~"$model"}'},
        shows="stat", steps={"orange": 0.0005, "red": 0.001}, width=4, leads="driftline-scorer",
    ),
    Panel(
        title="Lag",
        says="Seconds at most; minutes mean that a service is too slow or stands still.",
        unit="s",
        asks={"{{job}}": 'max by (job) (driftline_lag_seconds{model=~"$model"})'},
        shows="stat", steps={"orange": 10, "red": 60}, width=4, leads="driftline-kafka",
    ),
    Panel(
        title="Unaccounted positions",
        says="0, always; anything else means that a record may be lost or doubled: run `driftline ledger`.",
        unit="none",
        asks={"off": 'sum by (job) (abs(driftline_ledger_imbalance_messages{model=~"$model"}))'},
        shows="stat", steps={"red": 1}, width=4, leads="driftline-kafka",
    ),
)  # fmt: skip
RIGHT = (
    Panel(
        title="Accuracy above its floor",
        says="Above 0: the last matured day was better than what was agreed; below it see who is behind it.",
        unit="percentunit",
        asks={
            "margin": 'driftline_window_quality_ratio{model=~"$model",metric="accuracy"}'
            ' - ignoring (metric) driftline_window_quality_ratio{model=~"$model",metric="floor"}'
        },
        shows="stat", base="red", steps={"orange": 0, "green": 0.01}, width=4, leads="driftline-quality",
    ),
    Panel(
        title="Worst PSI",
        says="Inputs may move without harm; a large value names the feature to look at when quality falls.",
        unit="none",
        asks={"{{feature}}": 'topk(1, driftline_feature_psi_ratio{model=~"$model"})'},
        shows="stat", steps={"orange": 0.25, "red": 1}, width=4, leads="driftline-drift",
    ),
    Panel(
        title="Predictions without a label, 1 h",
        says="As few as usual; many mean that labels do not come, and that quality speaks of a few rows.",
        unit="percentunit",
        asks={"expired": 'job_model:driftline_expired_per_outcome:ratio_rate1h{model=~"$model"}'},
        shows="stat", steps={"orange": 0.1, "red": 0.2}, width=4, leads="driftline-labeler",
    ),
    Panel(
        title="Unreadable records",
        says="Below 1 %; more mean that a producer writes what nobody can read: see the dead letters.",
        unit="percentunit",
        asks={"{{job}}": 'job_model:driftline_dead_letters_per_event:ratio_rate5m{model=~"$model"}'},
        shows="stat", steps={"orange": 0.005, "red": 0.01}, width=4, leads="driftline-kafka",
    ),
    Panel(
        title="Model alerts",
        says="None; each has its evidence and what to do: `driftline alerts`.",
        unit="none",
        asks={"{{severity}}": f"sum by (severity) (driftline_open_alerts{{{of('notifier')}}})"},
        shows="stat", steps={"orange": 1}, width=4, leads="driftline-alerts",
    ),
    Panel(
        title="Services up",
        says="Every service is there; one that is missing is the first thing to look at.",
        unit="none",
        asks={"{{job}}": 'sum by (job) (up{model=~"$model"})'},
        shows="stat", base="red", steps={"green": 1}, width=4,
    ),
)  # fmt: skip
DETAILS = (
    Panel(
        title="How fast the allowance is used up",
        says="Below 1 the month's allowance lasts; 14.4 uses it up in two days and pages.",
        unit="none",
        asks={
            "late, 5 m": 'job_model:driftline_slow_per_event:ratio_rate5m{model=~"$model"} / 0.01',
            "late, 1 h": 'job_model:driftline_slow_per_event:ratio_rate1h{model=~"$model"} / 0.01',
            "stand-ins, 1 h": 'job_model:driftline_degraded_per_answer:ratio_rate1h{model=~"$model"} / 0.001',
        },
        steps={"orange": 1, "red": 14.4},
    ),
    Panel(
        title="What is served",
        says="One bundle a model and arm; two at a time are a rollout that goes on, or one that stopped half-way.",
        unit="none",
        asks={"": 'max by (model, model_version, arm, digest) (driftline_model_info{model=~"$model"})'},
        shows="table",
    ),
    Panel(
        title="Alerts of Prometheus",
        says="None; each names its runbook in docs/runbooks.",
        unit="none",
        asks={"": 'max by (alertname, severity, model, job) (ALERTS{alertstate="firing"})'},
        shows="table", steps={"red": 1},
    ),
)  # fmt: skip
BOARD = Board(
    uid="driftline-overview",
    title="driftline: overview",
    says="Whether the objectives are kept, nothing is lost, and the model is still right.",
    rows={"Objectives": OBJECTIVES, "Is it still right?": RIGHT, "Behind it": DETAILS},
)
