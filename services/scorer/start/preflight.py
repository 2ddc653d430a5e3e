"""What must be true of the topics before a scorer starts."""

from services.scorer.settings import Settings, Topics
from services.start.preflight import same_partitions

BECAUSE = "a prediction keeps its event's partition number, so that labels can find it"


def partitions_of_model(settings: Settings, topics: Topics) -> int:
    """The partition count that features, predictions and dead letters share. Raises Stopped."""
    names = (topics.features, topics.predictions, topics.dead_letters)
    return same_partitions(settings.brokers, names, topics.profiles, because=BECAUSE, file=settings.kafka_config)
