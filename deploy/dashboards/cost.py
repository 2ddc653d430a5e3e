"""Cost: CPU-seconds and price of a thousand predictions, by model version and by service."""

from deploy.dashboards.panel import RATE, Board, Panel, of, rate

SCORER = of("scorer")
ANSWERED = of("scorer", 'outcome=~"scored|fallback|prior"')
EVERY = 'job=~"scorer|labeler|drift|notifier",model=~"$model"'
CPU = f"rate(process_cpu_seconds_total{{{EVERY}}}[{RATE}])"
VERSION = f"* on (model, instance) group_left (model_version) driftline_model_info{{{SCORER}}}"
ANSWERS = f"{rate('driftline_events_total', ANSWERED, 'model, instance')} {VERSION}"
BY_VERSION = (
    f"1000 * sum by (model, model_version) (rate(process_cpu_seconds_total{{{SCORER}}}[{RATE}]) {VERSION})"
    f" / (sum by (model, model_version) ({ANSWERS}) > 0)"
)
BY_MODEL = f"({rate('driftline_events_total', ANSWERED, 'model')} > 0)"
HOUR = "$price / 3600"
THOUSAND = (
    Panel(
        title="CPU-seconds of 1,000 predictions, by version",
        says="Level; a new version that costs more should be worth it in quality.",
        unit="s",
        asks={"{{model}} {{model_version}}": BY_VERSION},
        steps={"orange": 1},
    ),
    Panel(
        title="Price of 1,000 predictions, by version",
        says="Level; the price of a CPU hour above times what the scorers used.",
        unit="currencyUSD",
        asks={"{{model}} {{model_version}}": f"{BY_VERSION} * {HOUR}"},
        steps={"orange": 0.001},
    ),
    Panel(
        title="Price of 1,000 predictions with everything around them",
        says="A few times that of scoring alone; joining and watching cost most where there is little traffic.",
        unit="currencyUSD",
        asks={"{{model}}": f"1000 * sum by (model) ({CPU}) / {BY_MODEL} * {HOUR}"},
        steps={"orange": 0.01},
    ),
)  # fmt: skip
SERVICES = (
    Panel(
        title="CPU cores, by service",
        says="The scorer's is the largest while it is busy; a service at rest uses next to nothing.",
        unit="none",
        asks={"{{job}}": f"sum by (job) ({CPU})"},
        shows="stacked", steps={"orange": 4},
    ),
    Panel(
        title="CPU-seconds of 1,000 predictions, by service",
        says="Level for each; one that rises alone does work twice: look at its transactions.",
        unit="s",
        asks={"{{job}}": f"1000 * sum by (model, job) ({CPU}) / on (model) group_left () {BY_MODEL}"},
        steps={"orange": 1},
    ),
    Panel(
        title="Predictions a CPU-second",
        says="The more the better; a burst is cheaper by the row than a trickle.",
        unit="none",
        asks={"{{model}}": f"{BY_MODEL} / {rate('process_cpu_seconds_total', SCORER, 'model')}"},
    ),
    Panel(
        title="Price of a day at this pace",
        says="What all services of a model cost if they go on like this.",
        unit="currencyUSD",
        asks={"{{model}}": f"sum by (model) ({CPU}) * 24 * $price"},
        steps={"orange": 10},
    ),
    Panel(
        title="Memory, by service",
        says="Level after the first minutes; a line that only rises is a leak.",
        unit="bytes",
        asks={"{{job}}": f"sum by (job) (process_resident_memory_bytes{{{EVERY}}})"},
        shows="stacked", steps={"orange": 8e9},
    ),
    Panel(
        title="Files and sockets",
        says="Level and far below the limit; a line that only rises is a leak.",
        unit="none",
        asks={"{{job}} {{instance}}": f"process_open_fds{{{EVERY}}}"},
        steps={"orange": 1000},
    ),
)  # fmt: skip
BOARD = Board(
    uid="driftline-cost",
    title="driftline: cost",
    says="CPU-seconds and price of a thousand predictions, by model version and by service.",
    rows={"A thousand predictions": THOUSAND, "Services": SERVICES},
    choices=("price",),
)
