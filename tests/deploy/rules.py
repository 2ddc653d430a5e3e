"""The rules of Prometheus as they are committed, with what their metrics are called."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stream.telemetry.catalogue import entries
from stream.telemetry.served import PROCESS

COMPOSE = Path(__file__).parents[2] / "deploy" / "compose"
PROMETHEUS = COMPOSE / "prometheus"
OWN = {"up", "ALERTS"}
"""What Prometheus itself says."""


def read(path: Path) -> Any:
    """A YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def rules() -> tuple[dict[str, Any], ...]:
    """Every rule, recording ones and alerts."""
    groups = [one for path in sorted((PROMETHEUS / "rules").iterdir()) for one in read(path)["groups"]]
    return tuple(rule for group in groups for rule in group["rules"])


def recorded() -> set[str]:
    """What the rules record."""
    return {rule["record"] for rule in rules() if "record" in rule}


@cache
def known() -> frozenset[str]:
    """Every name that an expression may ask for: the catalogue's, what a histogram is made of, what is recorded."""
    names = {*entries(), *PROCESS, *recorded(), *OWN}
    made = {f"{name}_{part}" for name, (kind, _) in entries().items() if kind == "histogram" for part in _PARTS}
    return frozenset(names | made)


_PARTS = ("bucket", "count", "sum")
