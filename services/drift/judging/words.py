"""Causes and actions in words, for whoever reads reports and needs no statistics."""

from collections.abc import Mapping
from typing import Any, NamedTuple

WORDS = {
    "quality": "the data is broken",
    "serving": "answers come from a stand-in of the model",
    "data": "inputs are different, the model still means what it says",
    "label": "the share of outcomes has moved, a score still means what it meant for each of them",
    "concept": "what a score means has changed",
}


class Action(NamedTuple):
    """What to do: none, fix upstream, re-threshold or retrain; the threshold proposed, and what it is to bring."""

    kind: str = "none"
    value: float | None = None
    effect: str = ""

    def record(self) -> dict[str, Any]:
        """As a report holds it."""
        return {"kind": self.kind, "value": self.value, "effect": self.effect}


def in_words(action: Mapping[str, Any]) -> str:
    """An action, as a report holds it, in words."""
    to = "" if action["value"] is None else f" at {action['value']:g}"
    return f"{action['kind']}{to}" + (f": {action['effect']}" if action["effect"] else "")
