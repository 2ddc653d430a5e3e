"""Somebody's own model, schema, producer and consumer, with nothing of ours but the command line."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from confluent_kafka import Consumer, Producer

from tests.driftline.processes import are_gone
from tests.models.bundles import START_MICROS, write_inputs
from tests.services.notifier.receiver import receiving
from tests.system.command import driftline, said

PREDICTION = Path(__file__).parents[2] / "schemas" / "avro" / "prediction.v1.avsc"
FEATURES: list[dict[str, Any]] = [
    {"name": "amount", "type": "float", "range": [-100.0, 100.0]},
    {"name": "weekend", "type": "bool"},
    {"name": "carrier", "type": "category", "categories": ["AA", "DL", "UA"]},
]
EVENT: dict[str, Any] = {
    "type": "record",
    "name": "Purchase",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "amount", "type": "double"},
        {"name": "weekend", "type": "boolean"},
        {"name": "carrier", "type": "string"},
        {"name": "shop", "type": ["null", "string"], "default": None},
    ],
}
GOOD, PATIENCE_SECONDS = 60, 30


def bring_files(folder: Path) -> None:
    """What a user has: a model, a contract, reference rows, a schema."""
    write_inputs(folder, FEATURES, onnx="model.onnx", reference="reference.parquet")
    (folder / "purchase.avsc").write_text(json.dumps(EVENT))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A user's folder, in which nothing runs afterwards."""
    bring_files(tmp_path)
    yield tmp_path
    if (tmp_path / "state" / "stack.json").exists():
        driftline("down", "--state", "state", cwd=tmp_path)


def send(brokers: str, prefix: bytes) -> None:
    """A plain producer: good events, one whose amount is out of range, one that is no Avro at all."""
    producer = Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random"})
    schema = fastavro.parse_schema(EVENT)
    for number in range(GOOD + 1):
        body = io.BytesIO()
        amount = 1e6 if number == GOOD else number / 10
        event = {"event_id": f"p{number}", "event_time": START_MICROS + number, "amount": amount}
        fastavro.schemaless_writer(body, schema, {**event, "weekend": number % 2 == 0, "carrier": "UA", "shop": None})
        producer.produce("tiny.features", prefix + body.getvalue(), key=f"p{number}")
    producer.produce("tiny.features", b"no avro", key="x")
    assert producer.flush(PATIENCE_SECONDS) == 0


def receive(brokers: str, count: int) -> list[tuple[bytes, dict[str, Any]]]:
    """A plain read_committed consumer: key and record of so many predictions."""
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "somebody",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe(["tiny.predictions"])
    schema = fastavro.parse_schema(json.loads(PREDICTION.read_text()))
    found: list[tuple[bytes, dict[str, Any]]] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(found) < count and time.monotonic() < deadline:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            body = io.BytesIO(message.value()[5:])
            found.append((message.key(), dict(fastavro.schemaless_reader(body, schema, None))))
            assert body.read() == b""
    consumer.close()
    return found


def test_a_user_s_own_model_is_served(folder: Path) -> None:
    """From four files to predictions in a plain consumer, the proof of them, and a clean end."""
    bring = ["--onnx", "model.onnx", "--contract", "contract.yaml", "--reference", "reference.parquet"]
    built = said("model", "build", *bring, "--labels", "late", "--out", "bundle", cwd=folder)
    assert said("model", "verify", "bundle", cwd=folder)["digest"] == built["digest"]
    with receiving() as receiver:
        alertmanager = ["--alertmanager", receiver.url]
    # Nobody listens there any more: an Alertmanager that is down holds up nobody.
    up = ["up", "--bundle", "bundle", *alertmanager, "--detach", "--partitions", "3", "--state", "state"]
    running = said(*up, cwd=folder)
    assert running["ready"]
    added = said("schema", "add", "purchase.avsc", "--state", "state", cwd=folder)

    send(running["brokers"], bytes.fromhex(added["prefix"]))
    found = receive(running["brokers"], GOOD + 1)
    assert sorted(key.decode() for key, _ in found) == sorted(f"p{number}" for number in range(GOOD + 1))
    assert all(record["event_id"] == key.decode() for key, record in found)
    refused = [record for _, record in found if record["mode"] == "rejected"]
    assert [(record["event_id"], record["reasons"]) for record in refused] == [(f"p{GOOD}", ["out_of_range:amount"])]
    scored = [record for _, record in found if record["mode"] == "scored"]
    assert {record["bundle_digest"] for record in scored} == {built["digest"]}
    assert all(0 < record["score"] < 1 and record["estimate"] is not None for record in scored)

    tailed = said("tail", "predictions", "-n", "1", "--from-beginning", "--state", "state", cwd=folder)
    assert tailed["record"] in [_as_numbers(record) for _, record in found]
    letter = said("tail", "dlq", "-n", "1", "--from-beginning", "--state", "state", cwd=folder)
    assert (letter["key"], letter["note"]["reason"]) == ("x", "bad_magic")

    ledger = said("ledger", "--state", "state", cwd=folder)
    assert (ledger["verdict"], ledger["first_fault"]) == ("balanced", None)
    sums = {name: sum(row[name] for row in ledger["partitions"]) for name in ("scored", "rejected", "dead", "read")}
    assert sums == {"scored": GOOD, "rejected": 1, "dead": 1, "read": GOOD + 2}
    assert len(ledger["partitions"]) == 3
    assert_shown(folder)

    health = said("doctor", "--bundle", "bundle", "--state", "state", cwd=folder)
    others = {check["check"]: check["outcome"] for check in health["checks"] if check["outcome"] != "ok"}
    assert others == dict.fromkeys(("targets", "queries"), "skipped")
    status = said("status", "--state", "state", cwd=folder)
    names = ["broker", "redis", "tiny.scorer-0", "tiny.labeler-0", "tiny.drift-0", "tiny.notifier-0"]
    assert [(one["name"], one["ready"]) for one in status["services"]] == [(name, True) for name in names]
    again = driftline(*up, cwd=folder)
    assert (again.returncode, "already runs" in again.stderr) == (2, True)
    assert driftline("down", "--state", "state", cwd=folder).returncode == 0
    assert are_gone(status["supervisor"]["pid"], *(one["pid"] for one in status["services"]))


def assert_shown(folder: Path) -> None:
    """Report and `top` tell the same of it, of a running stack as it is."""
    report = said("report", "--out", "report.html", "--state", "state", cwd=folder)
    top = said("top", "--once", "--state", "state", cwd=folder)
    events = {"scored": GOOD, "rejected": 1, "dead": 1}
    for shown in (report, top):
        assert {name: count for name, count in shown["flow"]["events"].items() if count} == events
        assert shown["reasons"]["dead letter"] == {"bad_magic": 1}
        assert shown["missing"] == []
    assert report["reasons"]["rejected"] == {"out_of_range:amount": 1}
    assert report["ledgers"]["scorer"] == {"status": "balanced", "detail": ""}
    assert [(one["role"], one["is_ready"]) for one in top["live"]["services"]] == [
        (role, True) for role in ("scorer", "labeler", "drift")
    ]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"<b>{GOOD:,}</b>" in page


def _as_numbers(record: dict[str, Any]) -> dict[str, Any]:
    """Times as whole microseconds, as `tail` shows them."""
    times = {name: value for name, value in record.items() if hasattr(value, "timestamp")}
    return {**record, **{name: round(value.timestamp() * 1e6) for name, value in times.items()}}
