"""What a run stood on: machine, versions, settings, so that another can be compared with it."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from load.bench.rig.noise import Noise
from load.bench.rig.processor import cores
from load.bench.rig.stage import HEAP, PARTITIONS


def settings() -> dict[str, str]:
    """In words, by name."""
    return {
        "revision": revision(),
        "machine": f"{processor()}, {cores()} cores for everybody together",
        "broker": f"Apache Kafka 4.4.0, one node, a process of its own, -Xmx{HEAP}, G1, full JIT",
        "topic": f"{PARTITIONS} partitions, 270-byte Avro events (16-byte id as key, time, 30 doubles), uncompressed",
        "Python": platform.python_version(),
        **{name: version(name) for name in ("confluent-kafka", "onnxruntime", "numpy", "fastavro")},
        "Java of the peers": java(),
    }


def conditions(before: Noise, after: Noise) -> dict[str, Any]:
    """What is kept beside the figures of every run: its settings, and how disturbed the machine was around it."""
    return {"settings": settings(), "noise": {"before": before.said(), "after": after.said()}}


def revision() -> str:
    """The commit of the tree."""
    return _said("git", "describe", "--always", "--dirty") or "unknown"


def java() -> str:
    """The version that the peers run on."""
    return (_said("java", "--version") or "none").splitlines()[0]


def processor() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
