"""The door to Kafka for looking: a reader outside of any group, which commits nothing."""

import time
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Message, TopicPartition

from stream.faults import Stopped
from stream.kafka.clients import READING, client_config, made
from stream.records import Batch, Place, no_headers

PATIENCE_SECONDS = 30.0
PASSING = {
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._MAX_POLL_EXCEEDED,
    KafkaError._RESOLVE,
    KafkaError._PARTITION_EOF,
    KafkaError._DESTROY,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.UNSTABLE_OFFSET_COMMIT,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.NETWORK_EXCEPTION,
}


def open_reader(brokers: str, *, file: Path | None = None, **overrides: str | float | bool) -> Any:
    """A consumer outside of any group, for looking: it commits nothing."""
    config = {
        **READING,
        **client_config(brokers, file),
        "group.id": "driftline-reader",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        # What goes wrong is raised, once, in our words; librdkafka would print its own besides.
        "log_level": 0,
        "fetch.queue.backoff.ms": 5,
        # The end of a partition is told by an empty answer, which the broker holds back for this long (default 500).
        "fetch.wait.max.ms": 50,
    }
    config.update({name.replace("_", "."): value for name, value in overrides.items()})
    return made(Consumer, config)


def partitions_of(reader: Any, topic: str, *, brokers: str = "") -> list[Place]:
    """The partitions of `topic`. Raises Stopped when it does not exist or nobody answers (at `brokers`, if given)."""
    try:
        found = reader.list_topics(topic, 10).topics[topic]
    except KafkaException as error:
        raise Stopped(
            f"the brokers{brokers and f' at {brokers}'} do not answer: {error.args[0].str()}",
            cause="wrong address, or they are down",
            fix="`driftline up` starts one here; the setting `brokers` names another",
            configuration=True,
        ) from error
    if found.error is not None:
        raise Stopped(
            f"topic {topic} is missing: {found.error.str()}",
            cause="it was never created, or goes by another name",
            fix="create it (`driftline up` does, from schemas/topics.yaml), or name another",
            configuration=True,
        )
    return [Place(topic, number) for number in sorted(found.partitions)]


def end_of(reader: Any, place: Place) -> tuple[int, int]:
    """First and next offset of a place."""
    try:
        low, high = _patiently(lambda: reader.get_watermark_offsets(TopicPartition(*place), 10))
    except KafkaException as error:
        raise Stopped(f"{place.topic}[{place.partition}]: {error.args[0].str()}") from error
    return int(low), int(high)


def offset_at(reader: Any, place: Place, millis: int) -> int | None:
    """The first offset of a place whose record is as new as `millis` (ms since 1970); None where none is."""
    try:
        asked = [TopicPartition(place.topic, place.partition, millis)]
        (found,) = _patiently(lambda: reader.offsets_for_times(asked, 10))
    except KafkaException as error:
        raise Stopped(f"{place.topic}[{place.partition}]: {error.args[0].str()}") from error
    return int(found.offset) if found.error is None and found.offset >= 0 else None


def committed_of(brokers: str, group: str, places: Sequence[Place], *, file: Path | None = None) -> dict[Place, int]:
    """Where `group` stands, for those of `places` it has an offset for; the group is not joined."""
    reader = open_reader(brokers, file=file, group_id=group)
    try:
        found = _patiently(lambda: reader.committed([TopicPartition(*place) for place in places], 10))
    except KafkaException as error:
        raise Stopped(f"the offsets of group {group} cannot be read: {error.args[0].str()}") from error
    finally:
        reader.close()
    for one in found:
        if one.error is not None:
            raise Stopped(f"the offset of group {group} in {one.topic}[{one.partition}]: {one.error.str()}")
    return {Place(p.topic, p.partition): int(p.offset) for p in found if p.offset != OFFSET_INVALID}


def _patiently(question: Callable[[], Any]) -> Any:
    """Ask again while leaders and coordinators move: a broker just started refuses the first who ask.

    Offsets in a transaction whose writer died are told once that is over: its time-out, then the broker's next look.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return question()
        except KafkaException as error:
            if error.args[0].code() not in PASSING or time.monotonic() >= deadline:
                raise
            time.sleep(0.05)


def assign_reader(reader: Any, places: Mapping[Place, int]) -> None:
    """Read `places` from the given offsets."""
    reader.assign([TopicPartition(place.topic, place.partition, offset) for place, offset in places.items()])


def errors_of(messages: Sequence[Any]) -> tuple[list[Any], set[Place]]:
    """The messages that hold a record, with the places whose end was reached. Raises Stopped for any other error."""
    good, ended = [], set()
    for message in messages:
        error = message.error()
        if error is None:
            good.append(message)
        elif error.code() == KafkaError._PARTITION_EOF:
            ended.add(Place(message.topic(), message.partition()))
        elif error.code() not in PASSING:
            raise Stopped(f"Kafka reader: {error.name()}: {error.str()}")
    return good, ended


def to_batch(messages: Sequence[Any]) -> Batch:
    """Messages without errors as columns."""
    n = len(messages)
    # By the methods themselves: a lookup and a frame a message and column took as long as decoding.
    headers = list(map(Message.headers, messages))
    return Batch(
        topics=list(map(Message.topic, messages)),
        partitions=np.fromiter(map(Message.partition, messages), np.int32, n),
        offsets=np.fromiter(map(Message.offset, messages), np.int64, n),
        timestamps=np.fromiter(map(itemgetter(1), map(Message.timestamp, messages)), np.int64, n),
        keys=list(map(Message.key, messages)),
        values=list(map(Message.value, messages)),
        headers=headers.__getitem__ if any(headers) else no_headers,
    )
