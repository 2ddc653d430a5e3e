"""compose.yaml as Compose reads it: every variable in its place, taken from .env."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy" / "compose"
VARIABLE = re.compile(r"\$\{([A-Z_]+)\}")


def variables() -> dict[str, str]:
    """What .env says."""
    lines = (COMPOSE / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def text() -> str:
    """The file as it stands."""
    return (COMPOSE / "compose.yaml").read_text(encoding="utf-8")


@cache
def composed() -> dict[str, Any]:
    """The file with .env's values in it. Raises KeyError for a variable that .env lacks."""
    said = variables()
    return dict(yaml.safe_load(VARIABLE.sub(lambda found: said[found[1]], text())))


SERVICES: dict[str, dict[str, Any]] = composed()["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}
THEIRS = {name: one for name, one in SERVICES.items() if "build" not in one}
STANDING = {name: one for name, one in SERVICES.items() if one["restart"] != "no"}
"""Those that run until they are stopped; the others end by themselves."""
