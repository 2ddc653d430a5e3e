"""What an error that a member of a group is told means for it."""

from typing import Any

from confluent_kafka import KafkaError

from stream.faults import Stopped
from stream.kafka.reading import PASSING

FATAL_CAUSE = "the client cannot go on: often two live processes share one slot"
FATAL_FIX = "give each process its own slot, or none, then start it again"


def is_end(message: Any) -> bool:
    """Whether it is no record but says that everything there was in its place has been read."""
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF


def is_fenced(error: Any) -> bool:
    """Whether it says that another member joined under our slot; a fatal error may tell it in its text only."""
    said = error.code() == KafkaError._FATAL and "group.instance.id" in error.str()
    return said or bool(error.code() == KafkaError.FENCED_INSTANCE_ID)


def stopping(error: Any) -> Stopped | None:
    """Why the process cannot go on after that error; None for one that passes."""
    if error.code() in PASSING and not error.fatal():
        return None
    if error.code() == KafkaError._AUTO_OFFSET_RESET:
        return Stopped(
            f"the next position is no longer on the broker: {error.str()}",
            cause="retention passed the committed offset, or the topic was made anew",
            fix="nothing was skipped; restore the records, or reset the group's offsets on purpose",
        )
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return Stopped(
            f"a topic is missing: {error.str()}",
            cause="it was deleted, or never created",
            fix="create it (`driftline up` does, from schemas/topics.yaml); made anew, it needs a new group too",
            configuration=True,
        )
    fix = FATAL_FIX if error.fatal() else "the broker's log says more; nothing was skipped"
    return Stopped(f"Kafka consumer: {error.name()}: {error.str()}", cause=FATAL_CAUSE, fix=fix)
