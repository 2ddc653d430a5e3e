"""Topics and contracts as an AsyncAPI 3.1 document, for whoever reads those: schemas/asyncapi.yaml.

https://www.asyncapi.com/docs/reference/specification/v3.1.0, Kafka bindings 0.5.0.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from schemas.contracts import NAMES, latest, versions
from schemas.durations import micros, parse_duration
from schemas.topics import declared

BINDING = "0.5.0"
ABOUT = (
    "Kafka-native model serving that knows whether it is still right. Every topic is of one model. "
    "Written by `python -m schemas.asyncapi > schemas/asyncapi.yaml`; a test compares."
)
AVRO = "application/vnd.apache.avro;version=1.9.0"
READS: Mapping[str, tuple[str, ...]] = {
    "scorer": ("features",),
    "labeler": ("predictions", "labels"),
    "drift": ("profiles",),
    "notifier": ("alerts",),
}
"""What each service reads; what it writes says topics.yaml."""
OTHERS = {
    "event": "The user's own flat Avro record, or JSON where the contract of the model says so.",
    "deadLetter": "A record that could not be read: its own bytes and headers, with dlq.error.* headers that say why.",
    "snapshot": "Part of the drift sidecar's state, in an encoding of its own with checksums.",
}


def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "driftline",
            "version": "1",
            "description": ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "channels": {kind: _channel(kind, said) for kind, said in declared().items()},
        "operations": dict(_operations()),
        "components": {"messages": {name: _message(name) for name in (*NAMES, *OTHERS)}},
    }


def page() -> str:
    """The document as YAML."""
    return str(yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120))


def message_of(kind: str) -> str:
    """Which message stands on a topic."""
    if kind.endswith(".dlq"):
        return "deadLetter"
    others = {"features": "event", "drift-state": "snapshot"}
    return others.get(kind, kind.removesuffix("s"))


def _channel(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    name = message_of(kind)
    kept = {
        "cleanup.policy": [said["cleanup"]],
        "retention.ms": micros(parse_duration(said["retention"])) // 1000,
        "max.message.bytes": said["max_message_bytes"],
    }
    counted = {} if said["partitions"] == "model" else {"partitions": said["partitions"]}
    return {
        "address": f"{{prefix}}{{model}}.{kind}",
        "description": f"{said['value']}. Written by {said['owner']}; key: {said['key']}; "
        f"compatibility: {said['compatibility']}.",
        "parameters": {
            "prefix": {"description": "Put before every name; nothing unless a setting says so.", "default": ""},
            "model": {"description": "The model's name."},
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"kafka": {**counted, "topicConfiguration": kept, "bindingVersion": BINDING}},
    }


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """What each service receives and sends; a topic may have several writers."""
    for service, reads in READS.items():
        writes = [kind for kind, said in declared().items() if service in str(said["owner"]).split(", ")]
        for action, kinds in (("receive", reads), ("send", writes)):
            for kind in kinds:
                yield f"{service}.{action}.{kind}", _operation(service, action, kind)


def _operation(service: str, action: str, kind: str) -> dict[str, Any]:
    group = {"groupId": {"type": "string", "description": f"{{prefix}}{{model}}.{service}"}}
    binding = {"kafka": {**group, "bindingVersion": BINDING}}
    said = {"action": action, "channel": {"$ref": f"#/channels/{kind}"}, "tags": [{"name": service}]}
    return {**said, **({"bindings": binding} if action == "receive" else {})}


def _message(name: str) -> dict[str, Any]:
    if name in OTHERS:
        return {"name": name, "description": OTHERS[name]}
    number = len(versions(name))
    return {
        "name": str(latest(name)["name"]),
        "description": str(latest(name).get("doc", "")),
        "contentType": "avro/binary",
        "payload": {"schemaFormat": AVRO, "schema": {"$ref": f"./avro/{name}.v{number}.avsc"}},
        "bindings": {
            "kafka": {
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "4",
                "schemaLookupStrategy": "TopicNameStrategy",
                "bindingVersion": BINDING,
            }
        },
    }


if __name__ == "__main__":
    sys.stdout.write(page())
