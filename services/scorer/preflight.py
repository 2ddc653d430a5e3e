"""What must be true of the topics before a scorer starts."""

from services.scorer.settings import Settings, Topics
from stream.faults import Stopped
from stream.kafka.reading import open_reader, partitions_of


def partitions_of_model(settings: Settings, topics: Topics) -> int:
    """The partition count that features, predictions and dead letters share.

    Raises Stopped when the brokers do not answer, a topic is missing, or the counts differ.
    """
    reader = open_reader(settings.brokers, file=settings.kafka_config)
    try:
        names = (topics.features, topics.predictions, topics.dead_letters, topics.profiles)
        counts = {name: len(partitions_of(reader, name, brokers=settings.brokers)) for name in names}
    finally:
        reader.close()
    profiles = counts.pop(topics.profiles)
    if profiles != 1:
        raise Stopped(
            f"found {profiles} partitions in {topics.profiles}, expected 1",
            cause="the profile log is one sequence",
            fix="make the topic again with 1 partition",
            configuration=True,
        )
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{name}: {count}" for name, count in counts.items())
        raise Stopped(
            f"unequal partition counts: {found}",
            cause="a prediction keeps its event's partition number, so that labels can find it",
            fix=f"give all of them {counts[topics.features]} partitions",
            configuration=True,
        )
    return counts[topics.features]
