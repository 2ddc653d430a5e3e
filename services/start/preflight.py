"""What must be true of the topics before a service starts."""

from collections.abc import Sequence
from pathlib import Path

from stream.faults import Stopped
from stream.kafka.reading import open_reader, partitions_of


def same_partitions(brokers: str, topics: Sequence[str], log: str, *, because: str, file: Path | None = None) -> int:
    """The partition count that all `topics` share, the first of them the one to go by; `log` must have one partition.

    `because` says what unequal counts would break. Raises Stopped when the brokers do not answer, a topic is missing,
    or a count is another.
    """
    reader = open_reader(brokers, file=file)
    try:
        counts = {name: len(partitions_of(reader, name, brokers=brokers)) for name in (*topics, log)}
    finally:
        reader.close()
    profiles = counts.pop(log)
    if profiles != 1:
        raise Stopped(
            f"found {profiles} partitions in {log}, expected 1",
            cause="the profile log is one sequence",
            fix="make the topic again with 1 partition",
            configuration=True,
        )
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{name}: {count}" for name, count in counts.items())
        raise Stopped(
            f"unequal partition counts: {found}",
            cause=because,
            fix=f"give all of them {counts[topics[0]]} partitions",
            configuration=True,
        )
    return counts[topics[0]]
