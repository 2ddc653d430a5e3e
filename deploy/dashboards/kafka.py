"""Kafka and lag: who reads what, how far behind, what is set aside, whether the account adds up."""

from deploy.dashboards.panel import RATE, Board, Panel, quantile, rate

WHERE = 'job=~"$service",model=~"$model"'
LAG = (
    Panel(
        title="Lag",
        says="A few records, 1 when drained; what rises for minutes needs more of the service.",
        unit="none",
        asks={"{{job}} {{topic}}/{{partition}}": f"sum by (job, topic, partition) (driftline_lag_messages{{{WHERE}}})"},
        steps={"orange": 10_000},
    ),
    Panel(
        title="Lag in seconds",
        says="Below a second; it says how old what is read now is.",
        unit="s",
        asks={"{{job}} {{topic}}/{{partition}}": f"max by (job, topic, partition) (driftline_lag_seconds{{{WHERE}}})"},
        steps={"orange": 10, "red": 60},
    ),
    Panel(
        title="Most behind against the mean",
        says="Near 1; far above it one key, or one member, has much more to do than the others.",
        unit="none",
        asks={
            "{{job}} {{topic}}": f"max by (job, topic) (driftline_lag_messages{{{WHERE}}})"
            f" / clamp_min(avg by (job, topic) (driftline_lag_messages{{{WHERE}}}), 1)"
        },
        steps={"orange": 4},
    ),
    Panel(
        title="Partitions of each process",
        says="Evenly shared and steady; a step is a rebalance, a gap in time a partition that nobody reads.",
        unit="none",
        asks={"{{job}} {{instance}}": f"count by (job, instance) (driftline_lag_messages{{{WHERE}}})"},
        shows="history",
    ),
    Panel(
        title="Rebalances",
        says="None but after a start; partitions lost again and again mean that batches take too long.",
        unit="none",
        asks={"{{job}} {{kind}}": f"sum by (job, kind) (increase(driftline_rebalances_total{{{WHERE}}}[{RATE}]))"},
        steps={"orange": 3},
    ),
    Panel(
        title="Since the last record",
        says="Seconds while events come; minutes with lag mean that the service stands still.",
        unit="s",
        asks={"{{job}}": f"time() - max by (job) (driftline_last_event_timestamp_seconds{{{WHERE}}})"},
        steps={"orange": 60, "red": 300},
    ),
)  # fmt: skip
COMMITS = (
    Panel(
        title="Transactions",
        says="Committed ones alone; what is aborted is read again.",
        unit="cps",
        asks={"{{job}} {{result}}": rate("driftline_transactions_total", WHERE, "job, result")},
    ),
    Panel(
        title="Commit, p99",
        says="Tens of milliseconds; more is the brokers' disks or replication.",
        unit="s",
        asks={"{{job}}": quantile(0.99, "driftline_stage_seconds", f'{WHERE},stage="commit"', "job")},
        steps={"orange": 0.25, "red": 1},
    ),
    Panel(
        title="Held partitions",
        says="0; above it a schema cannot be asked for, or the store is full, and these partitions wait.",
        unit="none",
        asks={"{{job}}": f"sum by (job) (driftline_held_partitions{{{WHERE}}})"},
        steps={"red": 1},
    ),
)  # fmt: skip
ASIDE = (
    Panel(
        title="Dead letters, by reason",
        says="None; each reason says what a producer does wrong: `driftline dlq list`.",
        unit="cps",
        asks={"{{job}} {{reason}}": f"{rate('driftline_dead_letters_total', WHERE, 'job, reason')} > 0"},
        steps={"orange": 1},
    ),
    Panel(
        title="Misplaced keys",
        says="0; otherwise a producer lacks partitioner=murmur2_random, and its labels miss their predictions.",
        unit="cps",
        asks={"keys": rate("driftline_misplaced_keys_total", 'model=~"$model"', "model")},
        steps={"red": 0.001},
    ),
    Panel(
        title="Unaccounted positions",
        says="0, always; anything else: run `driftline ledger --role all`.",
        unit="none",
        asks={"{{job}} {{topic}}/{{partition}}": f"abs(driftline_ledger_imbalance_messages{{{WHERE}}})"},
        steps={"red": 1},
    ),
)  # fmt: skip
BOARD = Board(
    uid="driftline-kafka",
    title="driftline: Kafka & lag",
    says="Who reads what, how far behind, what is set aside, whether the account adds up.",
    rows={"Lag and assignment": LAG, "Transactions": COMMITS, "Set aside": ASIDE},
    choices=("service",),
)
