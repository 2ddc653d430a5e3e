"""Whom we are measured beside: programs of load/bench/peers, each in an environment of its own."""

import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from load.bench.players.ours import EVERY_MODEL, OURS, VARIANTS
from load.bench.players.systems import Delivery, Run, System

ROOT = Path(__file__).parents[3]
JAVA_BUILT = ROOT / "out" / "peers-java"
HEAP = "1g"
BOTH: tuple[Delivery, ...] = ("exactly_once", "at_least_once")


def told(run: Run, delivery: Delivery, more: Mapping[str, str]) -> dict[str, str]:
    """What every peer is told."""
    said = {
        "BROKERS": run.stage.brokers,
        "INPUT": run.filled.topic,
        "OUTPUT": run.output,
        "GROUP": run.name,
        "MODEL": str(run.stage.onnx(run.filled.model)),
        "DELIVERY": delivery,
        "STATE": str(run.path / "state"),
        **more,
        **run.more,
    }
    return {f"PEER_{name}": value for name, value in said.items()}


def python(run: Run, *, module: str, venv: str, delivery: Delivery) -> tuple[list[str], Mapping[str, str]]:
    """A peer in Python."""
    command = [str(ROOT / f".venv-{venv}" / "bin" / "python"), "-m", f"load.bench.peers.{module}"]
    return command, told(run, delivery, {}) | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


def java(run: Run, *, name: str, delivery: Delivery, more: Mapping[str, str]) -> tuple[list[str], Mapping[str, str]]:
    """A peer in Java, with the JVM's own choice of collector."""
    path = f"{JAVA_BUILT}/peers-1.jar:{JAVA_BUILT}/jars/*"
    command = ["java", f"-Xmx{HEAP}", "-cp", path, f"peers.{name}"]
    return command, told(run, delivery, {key.upper(): value for key, value in more.items()})


def no_java() -> str:
    """Why the Java peers cannot run; "" when they can."""
    if shutil.which("java") is None:
        return "found no java on PATH"
    return "" if (JAVA_BUILT / "peers-1.jar").exists() else "not built: `make bench-peers` needs a JDK 17 and Maven"


def no_python(venv: str) -> str:
    """Why a Python peer cannot run; "" when it can."""
    there = (ROOT / f".venv-{venv}" / "bin" / "python").exists()
    return "" if there else f"found no .venv-{venv}: `make bench-peers` makes it"


def _python(tag: str, name: str, module: str, deliveries: tuple[Delivery, ...], share: int) -> list[System]:
    venv = "quix" if tag == "quix" else "peers"
    return [
        System(
            tag=tag,
            name=name,
            delivery=one,
            start=partial(python, module=module, venv=venv, delivery=one),
            share=share,
            missing=no_python(venv),
            answers="none" if tag == "pass" else "peer",
        )
        for one in deliveries
    ]


def _java(tag: str, name: str, main: str, share: int, **more: str) -> list[System]:
    return [
        System(
            tag=tag,
            name=name,
            delivery=one,
            start=partial(java, name=main, delivery=one, more=more),
            share=share,
            models=EVERY_MODEL,
            missing=no_java(),
        )
        for one in BOTH
    ]


def lineup() -> list[System]:
    """Everybody, in the order of the table."""
    late: tuple[Delivery, ...] = ("at_least_once",)
    return [
        *OURS,
        *_python("pass", "pass-through: same client, nothing decoded or scored", "pass_through", BOTH, 1),
        *_java("java-tuned", "plain Java loop, tuned by hand with our tricks", "Plain", 1, codec="tuned"),
        *_java("java-generic", "plain Java loop, Avro generic", "Plain", 1),
        *_java("streams-1", "Kafka Streams, 1 thread", "Streams", 2),
        *_java("streams-2", "Kafka Streams, 2 threads", "Streams", 2, threads="2"),
        *_python("micro", "confluent-kafka micro-batches, fastavro", "micro_batch", BOTH, 5),
        *_python("aiokafka", "aiokafka micro-batches, fastavro", "asyncio_batches", late, 10),
        *_python("naive", "confluent-kafka an event at a time, fastavro", "naive", late, 10),
        *_python("quix", "Quix Streams", "quix", BOTH, 10),
        *_python("faust", "faust agent", "faust_agent", late, 100),
        *VARIANTS,
    ]
