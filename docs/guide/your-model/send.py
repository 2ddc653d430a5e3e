"""Sends applications, and two weeks later whether each was paid back: python send.py BROKERS EVENT_ID LABEL_ID."""

import csv
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import Producer

HERE = Path(__file__).parent
DATA = HERE / "nannyml" / "datasets" / "data"
KNOWN_AFTER = timedelta(days=14)


def event(row: dict[str, str]) -> dict[str, Any]:
    """An application as event.avsc has it, from a line of the table."""
    return {
        "loan_id": f"loan-{row['id']}",
        "applied_at": datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC),
        "car_value": float(row["car_value"]),
        "salary_range": row["salary_range"] or None,
        "debt_to_income_ratio": float(row["debt_to_income_ratio"]),
        "loan_length": int(float(row["loan_length"])),
        "repaid_before": row["repaid_loan_on_prev_car"] == "True",
        "size_of_downpayment": row["size_of_downpayment"],
        "driver_tenure": float(row["driver_tenure"]) if row["driver_tenure"] else None,
    }


def label(application: dict[str, Any], repaid: str) -> dict[str, Any]:
    """What became of it, as label.avsc has it."""
    known_at = application["applied_at"] + KNOWN_AFTER
    return {"event_id": application["loan_id"], "label": repaid == "1", "labelled_at": known_at, "revision": 0}


def framed(record: dict[str, Any], schema: Any, schema_id: int) -> bytes:
    """The record as Avro behind Confluent's five bytes, which name the schema that wrote it."""
    value = io.BytesIO()
    value.write(b"\x00" + schema_id.to_bytes(4, "big"))
    fastavro.schemaless_writer(value, schema, record)
    return value.getvalue()


def lines(name: str) -> Iterator[dict[str, str]]:
    """A table of the package, line by line."""
    with (DATA / f"synthetic_car_loan_{name}.csv").open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def main(brokers: str, event_id: int, label_id: int) -> None:
    """Send both in the order in which they became known."""
    schemas = [fastavro.schema.load_schema(str(HERE / name)) for name in ("event.avsc", "label.avsc")]
    repaid = {row["id"]: row["repaid"] for row in lines("analysis_target")}
    told = []
    for row in lines("dq_analysis"):
        one, truth = event(row), label(event(row), repaid[row["id"]])
        told.append((one["applied_at"], "loans.features", one["loan_id"], framed(one, schemas[0], event_id)))
        told.append((truth["labelled_at"], "loans.labels", one["loan_id"], framed(truth, schemas[1], label_id)))
    # murmur2_random puts a key where Java clients put it; a label must lie where its event lies.
    producer = Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random"})
    for _, topic, key, value in sorted(told):
        if len(producer) > 50_000:  # the client holds 100,000 records at most
            producer.flush()
        producer.produce(topic, value, key=key)
    producer.flush()
    print(f"sent {len(told) // 2:,} applications and as many labels")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
