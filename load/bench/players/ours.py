"""Our scorer as anybody starts it, and with what can be switched off switched off."""

import sys
from collections.abc import Mapping
from functools import partial

from load.bench.players.systems import Delivery, Run, Start, System

EVERY_MODEL = ("mlp", "lightgbm", "logistic")


def ours(run: Run, *, lacks: str = "", kafka: str = "", **settings: object) -> tuple[list[str], Mapping[str, str]]:
    """The scorer's command and variables; `kafka` are lines for its file of Kafka properties."""
    run.path.mkdir(parents=True, exist_ok=True)
    said: dict[str, object] = {
        "brokers": run.stage.brokers,
        "bundle": run.stage.bundle(run.filled.model, features=run.filled.features, lacks=lacks, shape=run.filled.shape),
        "schemas": run.stage.schemas,
        "prefix": f"{run.name}.",
        "features_topic": run.filled.topic,
        "predictions_topic": run.output,
        "profiles_topic": f"{run.name}.profiles",
        "group": run.name,
        "begin": "earliest",
        "admin_port": 0,
        **settings,
    }
    if kafka:
        said["kafka_config"] = run.path / "kafka.properties"
        (run.path / "kafka.properties").write_text(kafka, encoding="utf-8")
    told = {f"SCORER_{name.upper()}": str(value) for name, value in said.items()}
    return [sys.executable, "-m", "services.scorer"], {**told, **run.more}


def scorer(tag: str, name: str, start: Start, *, delivery: Delivery = "exactly_once") -> System:
    """A row of ours."""
    models = EVERY_MODEL if tag == "ours" else ("mlp",)
    return System(tag=tag, name=name, delivery=delivery, start=start, models=models, answers="ours")


UNPACKED = "compression.type=none\n"
OURS = (
    scorer("ours", "driftline", ours),
    scorer("ours", "driftline", partial(ours, delivery="at_least_once"), delivery="at_least_once"),
)
VARIANTS = (
    scorer("headers", "driftline with CloudEvents headers", partial(ours, cloudevents=True)),
    scorer("no-zstd", "driftline without compression", partial(ours, kafka=UNPACKED)),
    scorer("no-ood", "driftline without the judgement of strange rows", partial(ours, lacks="ood")),
    scorer("no-calibrator", "driftline without estimates", partial(ours, lacks="calibrator")),
    scorer("rows-500", "driftline, batches of 500 rows", partial(ours, batch_rows=500)),
    scorer("commit-1000", "driftline, commits a second apart", partial(ours, commit_millis=1_000)),
    scorer(
        "least",
        "driftline without compression, batches of 10,000 rows, commits a second apart",
        partial(ours, kafka=UNPACKED, batch_rows=10_000, commit_millis=1_000),
    ),
)
ALWAYS_ON = "contract checks, profile, ledger, dead letters, clocks and metrics cannot be switched off"
