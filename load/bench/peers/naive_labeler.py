"""`python -m load.bench.peers.naive_labeler JSON`: a labeler that handles one record at a time.

It is what one writes first, and no straw man: a transactional producer, commits four times a second, one request a
record to Redis (a pipeline of what that record needs), fastavro with its schemas parsed once. It lacks what ours has:
Redis runs ahead of Kafka, so that a crash loses or repeats outcomes; no revisions, late labels, dead letters.
"""

import io
import json
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import fastavro
from confluent_kafka import Consumer, Producer
from redis import Redis

from schemas.contracts import latest
from schemas.framing import frame
from schemas.records import without_logical_types

COMMIT_SECONDS, MOST_DUE = 0.25, 1_000
HEAD = 5
"""Bytes of the schema registry's framing before a record."""
Key = bytes | None


@dataclass
class Labeler:
    """Joins with Redis as its only memory; `told`: brokers, redis, predictions, labels, outcomes, group, horizon."""

    told: dict[str, Any]
    reached: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the clients."""
        told = self.told
        host, port = told["redis"].split(":")
        self.redis: Any = Redis(host=host, port=int(port), protocol=2)
        names = ("prediction", "label", "outcome")
        self.schemas = {name: fastavro.parse_schema(without_logical_types(latest(name))) for name in names}
        self.producer = Producer(
            {
                "bootstrap.servers": told["brokers"], "transactional.id": told["group"], "linger.ms": 5,
                "compression.type": "zstd",
            }
        )  # fmt: skip
        self.consumer = Consumer(
            {
                "bootstrap.servers": told["brokers"], "group.id": told["group"], "auto.offset.reset": "earliest",
                "enable.auto.commit": False, "isolation.level": "read_committed",
                "partition.assignment.strategy": "range",
            }
        )  # fmt: skip

    def run(self) -> None:
        """Until killed."""
        self.producer.init_transactions()
        self.consumer.subscribe([self.told["predictions"], self.told["labels"]])
        while True:
            self.producer.begin_transaction()
            begun, is_worth_it = time.monotonic(), False
            while time.monotonic() - begun < COMMIT_SECONDS:
                message = self.consumer.poll(0.05)
                if message is not None and message.error() is None:
                    self.take(message)
                    is_worth_it = True
            if is_worth_it | self.expire():
                places = self.consumer.position(self.consumer.assignment())
                self.producer.send_offsets_to_transaction(places, self.consumer.consumer_group_metadata())
            self.producer.commit_transaction()

    def take(self, message: Any) -> None:
        """One record of either topic, or a mark of how far time has come."""
        place = message.topic(), message.partition()
        if message.value() is None:
            time_of = int(dict(message.headers())["driftline-watermark"])
        elif place[0] == self.told["predictions"]:
            time_of = self.predicted(message)
        else:
            time_of = self.labelled(message)
        self.reached[place] = max(self.reached.get(place, 0), time_of)

    def predicted(self, message: Any) -> int:
        """A prediction waits, unless its label has come before it."""
        value, partition = message.value(), message.partition()
        one = self.read("prediction", value)
        name, due = one["event_id"], one["event_time"] + self.told["horizon"]
        asking = self.redis.pipeline(transaction=False)
        asking.getdel(f"label:{name}")
        asking.set(f"prediction:{name}", struct.pack(">q", message.offset()) + value)
        asking.zadd(f"due:{partition}", {name: due})
        early = asking.execute()[0]
        if early is not None:
            asking.delete(f"prediction:{name}")
            asking.zrem(f"due:{partition}", name)
            asking.execute()
            label = self.read("label", early[8:])
            position = self.told["labels"], partition, struct.unpack_from(">q", early)[0]
            self.say(one, (partition, message.offset()), message.key(), label=label, position=position)
        return int(one["event_time"])

    def labelled(self, message: Any) -> int:
        """A label answers the prediction that waits for it, or is kept for it."""
        value, partition = message.value(), message.partition()
        label = self.read("label", value)
        name = label["event_id"]
        asking = self.redis.pipeline(transaction=False)
        asking.getdel(f"prediction:{name}")
        asking.zrem(f"due:{partition}", name)
        waiting = asking.execute()[0]
        if waiting is None:
            self.redis.set(f"label:{name}", struct.pack(">q", message.offset()) + value)
        else:
            one, offset = self.read("prediction", waiting[8:]), struct.unpack_from(">q", waiting)[0]
            position = self.told["labels"], partition, message.offset()
            self.say(one, (partition, offset), message.key(), label=label, position=position)
        return int(label["labelled_at"])

    def expire(self) -> bool:
        """Answer who waited in vain; whether there was anybody."""
        found = False
        for partition in {partition for _, partition in self.reached}:
            both = (self.reached.get((self.told[topic], partition), 0) for topic in ("predictions", "labels"))
            for name in self.redis.zrange(f"due:{partition}", 0, min(both) - 1, byscore=True, offset=0, num=MOST_DUE):
                asking = self.redis.pipeline(transaction=False)
                asking.getdel(b"prediction:" + name)
                asking.zrem(f"due:{partition}", name)
                waiting = asking.execute()[0]
                one, offset = self.read("prediction", waiting[8:]), struct.unpack_from(">q", waiting)[0]
                self.say(one, (partition, offset), name)
                found = True
        return found

    def read(self, name: str, value: bytes) -> dict[str, Any]:
        """A record as a dictionary."""
        found: Any = fastavro.schemaless_reader(io.BytesIO(value[HEAD:]), self.schemas[name], None)
        return found  # type: ignore[no-any-return]  # our schemas are records

    def say(
        self, one: dict[str, Any], place: tuple[int, int], key: Key, *, label: Any = None, position: Any = None
    ) -> None:
        """Write one outcome."""
        names = (
            "event_id", "model", "model_version", "bundle_digest", "arm", "mode", "event_time", "bucket", "score",
            "decision", "estimate", "segments", "source",
        )  # fmt: skip
        truth: dict[str, Any] = {"status": "expired", "label": None, "revision": None, "labelled_at": None}
        if label is not None:
            said, at = label["label"], label["labelled_at"]
            truth = {"status": "matched", "label": said, "revision": label["revision"], "labelled_at": at}
            truth |= {"delay_micros": at - one["event_time"], "correct": (one["decision"] == "true") == said}
            truth["label_source"] = dict(zip(("topic", "partition", "offset"), position, strict=True))
        prediction = {"topic": self.told["predictions"], "partition": place[0], "offset": place[1]}
        outcome = {name: one[name] for name in names} | truth | {"seq": 0, "prediction": prediction}
        out = io.BytesIO(frame(self.told["schema"]))
        out.seek(0, io.SEEK_END)
        fastavro.schemaless_writer(out, self.schemas["outcome"], outcome | {"joined_at": time.time_ns() // 1000})
        self.producer.produce(self.told["outcomes"], out.getvalue(), key, place[0])
        self.producer.poll(0)


if __name__ == "__main__":
    Labeler(json.loads(sys.argv[1])).run()
