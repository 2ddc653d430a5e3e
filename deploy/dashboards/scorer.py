"""The scorer: rate, errors, duration, and where the time goes."""

from deploy.dashboards.panel import RATE, Board, Panel, of, quantile, rate

SCORER = of("scorer")
ANSWERED = of("scorer", 'outcome=~"scored|fallback|prior"')
WORKING = of("scorer", 'stage!="broker_wait"')
RED = (
    Panel(
        title="Events by outcome",
        says="Nearly all scored; see reasons beside it for what is not.",
        unit="cps",
        asks={"{{outcome}}": rate("driftline_events_total", SCORER, "outcome")},
        shows="stacked",
    ),
    Panel(
        title="Refused, by reason",
        says="Few and as usual; one reason that rises names the producer's fault, or a contract that is too strict.",
        unit="cps",
        asks={"{{reason}}": f"{rate('driftline_rejects_total', SCORER, 'reason')} > 0"},
    ),
    Panel(
        title="Answered by stand-ins, by reason",
        says="None; model_timeout and model_error speak of the model, overload of too few scorers.",
        unit="cps",
        asks={"{{reason}}": rate("driftline_degraded_total", SCORER, "reason")},
        steps={"red": 1},
    ),
    Panel(
        title="Event to prediction",
        says="p99 below 1 s; exemplars, where traces are kept, lead to one slow event.",
        unit="s",
        asks={
            "p50": quantile(0.5, "driftline_end_to_end_seconds", SCORER),
            "p99": quantile(0.99, "driftline_end_to_end_seconds", SCORER),
        },
        steps={"orange": 0.5, "red": 1},
    ),
    Panel(
        title="Event to prediction, all of them",
        says="One dark band below 200 ms; a second band is a group of events that wait for something.",
        unit="s",
        asks={"{{le}}": f"sum by (le) (increase(driftline_end_to_end_seconds_bucket{{{SCORER}}}[{RATE}]))"},
        shows="heatmap",
    ),
    Panel(
        title="Transactions",
        says="Committed ones alone; aborts and restarts are work done twice, and the log says why.",
        unit="cps",
        asks={"{{result}}": rate("driftline_transactions_total", SCORER, "result")},
    ),
)  # fmt: skip
STAGES = (
    Panel(
        title="Stages, p99",
        says="commit is the longest; broker_wait that grows is lag, infer that grows is the model.",
        unit="s",
        asks={"{{stage}}": quantile(0.99, "driftline_stage_seconds", SCORER, "stage")},
        steps={"orange": 0.25, "red": 1},
    ),
    Panel(
        title="Where a scorer's time goes",
        says="Below 1 a scorer of one thread has time left; at 1 it is busy all the time: start another.",
        unit="none",
        asks={"{{stage}}": rate("driftline_stage_seconds_sum", WORKING, "stage")},
        shows="stacked", steps={"red": 1},
    ),
    Panel(
        title="Rows in a batch",
        says="One or few while it keeps up, full batches while it catches up.",
        unit="none",
        asks={
            "mean": f"sum(rate(driftline_batch_rows_sum{{{SCORER}}}[{RATE}]))"
            f" / sum(rate(driftline_batch_rows_count{{{SCORER}}}[{RATE}]))",
            "p99": quantile(0.99, "driftline_batch_rows", SCORER),
        },
    ),
)  # fmt: skip
MODEL = (
    Panel(
        title="Models left alone",
        says="0; at 1 the breaker is open: the model failed, or its bundle is missing.",
        unit="none",
        asks={"{{model_role}}": f"max by (model_role) (driftline_breaker_open_ratio{{{SCORER}}})"},
        steps={"red": 1},
    ),
    Panel(
        title="Rows unlike the reference",
        says="About as many as the contract's ood_rate; many make estimates untrustworthy.",
        unit="percentunit",
        asks={
            "flagged": f"sum(rate(driftline_flagged_total{{{SCORER}}}[{RATE}])) / sum(rate(driftline_events_total"
            f"{{{ANSWERED}}}[{RATE}]))"
        },
        steps={"orange": 0.05, "red": 0.2},
    ),
    Panel(
        title="Scored with a mark",
        says="As usual; a mark is a value that was imputed, or passed though the contract has doubts.",
        unit="cps",
        asks={"{{reason}}": rate("driftline_marks_total", SCORER, "reason")},
    ),
    Panel(
        title="Duplicates nobody could tell",
        says="0; otherwise the store that remembers ids was away, full, or refused.",
        unit="cps",
        asks={"{{cause}}": rate("driftline_unclaimed_rows_total", SCORER, "cause")},
        steps={"red": 1},
    ),
    Panel(
        title="CPU",
        says="Below one core a scorer; at one it cannot go faster: start another.",
        unit="none",
        asks={"{{instance}}": f"rate(process_cpu_seconds_total{{{SCORER}}}[{RATE}])"},
        steps={"orange": 0.9},
    ),
    Panel(
        title="Memory",
        says="Level after the first minutes; a line that only rises is a leak.",
        unit="bytes",
        asks={"{{instance}}": f"process_resident_memory_bytes{{{SCORER}}}"},
        steps={"orange": 2e9},
    ),
)  # fmt: skip
BOARD = Board(
    uid="driftline-scorer",
    title="driftline: scorer",
    says="How many events are answered, how fast, by whom, and where the time goes.",
    rows={"Rate, errors, duration": RED, "Stages": STAGES, "Model and process": MODEL},
)
