"""Alerts: what fires, what the sidecar found, and whether anybody is told."""

from deploy.dashboards.panel import Board, Panel, of, rate

NOTIFIER = of("notifier")
PAGING = of("drift", 'severity=~"warning|critical"')
FIRING = (
    Panel(
        title="Firing",
        says="None; each has a runbook of its name in docs/runbooks.",
        unit="none",
        asks={"": 'max by (alertname, severity, model, job, instance) (ALERTS{alertstate="firing"})'},
        shows="table", steps={"red": 1}, width=12,
    ),
    Panel(
        title="When each was pending or fired",
        says="Short and seldom; the same alert every day is either not looked at, or not worth having.",
        unit="none",
        asks={"{{alertname}} {{alertstate}}": "count by (alertname, alertstate) (ALERTS)"},
        shows="history", steps={"red": 1}, width=12,
    ),
    Panel(
        title="Not settled, by severity",
        says="0 critical; pending ones fire if they last.",
        unit="none",
        asks={"{{severity}} {{alertstate}}": "count by (severity, alertstate) (ALERTS)"},
        steps={"orange": 1},
    ),
)  # fmt: skip
MODEL = (
    Panel(
        title="Model alerts that stand",
        says="None; `driftline alerts` says what is wrong, since when and what to do.",
        unit="none",
        asks={"{{severity}}": f"sum by (severity) (driftline_open_alerts{{{NOTIFIER}}})"},
        steps={"orange": 1},
    ),
    Panel(
        title="What the notifier heard",
        says="As many resolved as open in the long run; unreadable ones come from a newer writer.",
        unit="none",
        asks={"{{result}}": f"sum by (result) (driftline_alert_records_total{{{NOTIFIER}}})"},
    ),
    Panel(
        title="Posts to Alertmanager",
        says="Accepted ones alone, again and again while an alert stands; failed ones are tried again.",
        unit="cps",
        asks={"{{result}}": rate("driftline_alert_posts_total", NOTIFIER, "result")},
    ),
    Panel(
        title="Posts that wait",
        says="0; otherwise an Alertmanager does not take them, and nobody is told.",
        unit="none",
        asks={"unsent": f"max by (model) (driftline_unsent_alerts{{{NOTIFIER}}})"},
        steps={"red": 1},
    ),
    Panel(
        title="Windows that page",
        says="None, but for the false ones that the budget allows.",
        unit="none",
        asks={"{{severity}}": f"sum by (severity) (driftline_verdicts_total{{{PAGING}}})"},
        steps={"orange": 1},
    ),
    Panel(
        title="Who tells is there",
        says="1 for each; without notifier or sidecar silence means nothing.",
        unit="none",
        asks={"{{job}}": 'sum by (job) (up{job=~"drift|notifier",model=~"$model"})'},
        base="red", steps={"green": 1},
    ),
)  # fmt: skip
BOARD = Board(
    uid="driftline-alerts",
    title="driftline: alerts",
    says="What fires, what the sidecar found, and whether anybody is told.",
    rows={"Prometheus": FIRING, "The model": MODEL},
)
