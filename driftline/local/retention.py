"""How long predictions, labels and outcomes are kept: a waiting room that was lost is filled again from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from driftline.local.topics import retention_millis
from schemas.topics import Topic, declared, topic_name
from stream.kafka.admin import Admin

if TYPE_CHECKING:
    from models.contract import Contract

JOINED = ("predictions", "labels", "outcomes")
MILLI = timedelta(milliseconds=1)


def windows_of(bundles: Iterable[Path]) -> Mapping[str, timedelta]:
    """The windows of each bundle, by model. Raises ContractRefused, OSError where a contract cannot be read."""
    from models.contract import load_contract  # noqa: PLC0415 - a third of a second

    contracts = [load_contract(bundle / "contract.yaml") for bundle in bundles]
    return {one.model: windows_in(one) for one in contracts}


def windows_in(contract: "Contract") -> timedelta:
    """How long after its event a label may still be heard: horizon, late and revision windows together."""
    label = contract.label
    return label.horizon + label.late_window + label.revision_window


def kept_for(topics: Sequence[Topic], windows: timedelta) -> list[Topic]:
    """`topics` with what the labeler may read again kept for `windows`, and as much longer as events are kept.

    A labeler that stood still for so long finds all it needs when it starts again.
    """
    spare = next(topic.retention for topic in topics if topic.kind == "features")
    return [_kept(topic, windows + spare) if topic.kind in JOINED else topic for topic in topics]


def _kept(topic: Topic, least: timedelta) -> Topic:
    longer = max(topic.retention, least)
    return replace(topic, retention=longer, settings={**topic.settings, "retention.ms": str(longer // MILLI)})


def retention_faults(admin: Admin, model: str, windows: timedelta, *, prefix: str = "") -> list[tuple[str, str]]:
    """Which topics of `model` are kept for less than `windows`: (cause, fix) pairs.

    Raises BrokerUnreachable, TopicRefused.
    """
    names = [topic_name(model, kind, prefix=prefix) for kind in JOINED if kind in declared()]
    settings = admin.settings_of(names)
    return [
        _fault(name, kept, windows) for name in names if (kept := retention_millis(settings[name])) < windows / MILLI
    ]


def _fault(name: str, kept_millis: float, windows: timedelta) -> tuple[str, str]:
    needed = windows // MILLI
    cause = f"{name} is kept {kept_millis:.0f} ms, horizon, late and revision windows together are {needed} ms"
    return cause, f"kafka-configs --alter --topic {name} --add-config retention.ms={needed}"
