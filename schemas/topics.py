"""The topics of a model, read from topics.yaml: names, partitions and how each is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from schemas.durations import parse_duration


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One topic as it should stand on the broker."""

    name: str
    kind: str
    owner: str
    value: str
    partitions: int
    retention: timedelta
    settings: Mapping[str, str]


@cache
def declared() -> Mapping[str, Mapping[str, Any]]:
    """The declarations of topics.yaml by kind."""
    loaded = yaml.safe_load((files("schemas") / "topics.yaml").read_text(encoding="utf-8"))
    return dict(loaded)


def topic_name(model: str, kind: str, *, prefix: str = "") -> str:
    """The default name of the `kind` topic of `model`.

    >>> topic_name("flights", "predictions")
    'flights.predictions'
    """
    if kind not in declared():
        raise KeyError(f"found topic kind {kind!r}, expected one of {', '.join(declared())}")
    return f"{prefix}{model}.{kind}"


def topics_of(model: str, *, partitions: int, prefix: str = "") -> list[Topic]:
    """Every topic of `model`; those declared `partitions: model` get `partitions`."""
    return [_topic(kind, said, topic_name(model, kind, prefix=prefix), partitions) for kind, said in declared().items()]


def _topic(kind: str, said: Mapping[str, Any], name: str, partitions: int) -> Topic:
    retention = parse_duration(said["retention"])
    settings = {
        "cleanup.policy": str(said["cleanup"]),
        "retention.ms": str(retention // timedelta(milliseconds=1)),
        "max.message.bytes": str(said["max_message_bytes"]),
        "message.timestamp.type": str(said.get("timestamps", "CreateTime")),
    }
    if said["owner"] == "users":
        settings["compression.type"] = "zstd"
    count = partitions if said["partitions"] == "model" else int(said["partitions"])
    return Topic(
        name=name,
        kind=kind,
        owner=str(said["owner"]),
        value=str(said["value"]),
        partitions=count,
        retention=retention,
        settings=settings,
    )
